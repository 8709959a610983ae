import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

struct AgreementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement",
    abstract: "Tells what a ranking by η is worth: Spearman's ρ between two disjoint seed sets.",
    discussion: """
      Losses with equal gradients count once; one that does not train to the end is left out. The \
      same command with the same --out goes on where it was stopped.
      """)

  @Option(
    help: "The task: \(TaskCatalogue.entries.map(\.name).joined(separator: ", ")), or FILE.yaml.")
  var task = "reviews"
  @Option(parsing: .upToNextOption, help: "Catalogue names (default: the whole catalogue).")
  var losses: [String] = []
  @Option(help: "Seeds of each of the two sets.") var seeds = 5
  @Option(help: "Stop after M minutes; what is there is reported.") var minutes: Double?
  @Option(help: "The study's directory (default: agreement-<task>).") var out: String?
  @Option(help: "Workers that share seeds and losses (default: one a core).")
  var workers: Int?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    if let minutes, !(minutes > 0 && minutes.isFinite) {
      throw ValidationError("--minutes takes a number above 0, not \(minutes).")
    }
    if let workers, !(1...64).contains(workers) {
      throw ValidationError("--workers takes a number from 1 to 64, not \(workers).")
    }
  }

  /// The document of `--json`.
  private struct Document: Encodable {
    var task: String
    var metric: String
    var goal = Agreement.goal
    /// Whether all seeds that were asked for are in it.
    var isComplete: Bool
    var agreement: Agreement
    var environment: [String: String]
  }

  func run() throws {
    let started = ContinuousClock.now
    let console = output.console()
    try OutputPlace.require(folder: out)
    let name = TaskName.resolve(task)
    let library = try PluginLibrary(console: console)
    let bench = library.workbench()
    let preparation = StagePrinter(console: console)
    let facts = try bench.taskFacts(name) { preparation.show($0.detail, fraction: $0.fraction) }

    func evaluator(_ bench: Workbench) -> WorkerEvaluator {
      let lock = NSLock()
      return WorkerEvaluator(
        task: name, tunables: [:], environment: facts.environment, workbench: bench,
        builder: library.builder, beta: facts.task.beta,
        catalogue: { name in try lock.withLock { try library.catalogueLoss(name) } })
    }
    let first = evaluator(bench)
    for loss in losses where library.catalogue.entry(named: loss) == nil {
      throw LossmithError(
        .unknownName, "There is no loss named \(loss) in the catalogue.", at: "--losses",
        remedy: library.catalogue.nearest(to: loss).map { "Did you mean \($0)?" }
          ?? "See lossmith list.")
    }
    var named = losses.compactMap { library.catalogue.entry(named: $0)?.name.text }
    if named.isEmpty { named = library.catalogue.entries.map(\.name.text) }
    var seen: Set<String> = []
    named.removeAll { !seen.insert($0).inserted }
    console.note("Taking the fingerprints of \(named.count) losses.")
    let (distinct, dropped) = AgreementStudy.distinct(
      try first.probe(named.map { (.baseline, $0) }))
    let folder = URL(
      fileURLWithPath: out ?? "agreement-\(CandidateName.slug(facts.task.name))")
    let study = try AgreementStudy(
      in: folder,
      plan: .init(
        task: name, taskDigest: facts.task.digest, metric: facts.task.metric, losses: distinct,
        settings: bench.recordedSettings))
    let count = workers ?? Processors.usable
    let pool = WorkerPool(
      (0..<max(1, count)).map { _ in .init(evaluator: evaluator(library.workbench())) })
    defer { pool.close() }
    var told = ""
    // The rate is of this session: what is there already took no time of it.
    var begun: (time: ContinuousClock.Instant, done: Int)?
    do {
      _ = try study.run(
        seeds: seeds, with: PooledEvaluator(pool, desk: first), pool: pool,
        isOver: { minutes.map { (ContinuousClock.now - started) / .seconds(60) >= $0 } ?? false }
      ) { what, extent in
        try Interruption.check()
        if begun == nil { begun = (.now, extent.done) }
        var line = "\(what); \(extent.done) of \(extent.all) pairs"
        if let begun, extent.done > begun.done {
          let each =
            (ContinuousClock.now - begun.time) / .seconds(1) / Double(extent.done - begun.done)
          line +=
            String(format: ", %.1f s a pair", each)
            + ", about \(Pace.duration(each * Double(extent.all - extent.done))) left"
        }
        let head = String(what.prefix { $0 != ":" })
        if head != told {
          told = head
          console.note("train      \(line)")
        } else {
          console.live(line)
        }
      }
    } catch let error as LossmithError where error.code == .interrupted {
      throw LossmithError(
        .interrupted, "The study was interrupted; what had ended is recorded.",
        at: study.folder.path,
        remedy: "Give the same command again to go on, or with fewer --seeds to see what is there.")
    }
    let agreement = study.agreement(seeds: seeds, dropped: dropped)
    if output.json {
      console.print(
        document: try JSON.text(
          Document(
            task: name, metric: facts.task.metric, isComplete: agreement.seeds == seeds,
            agreement: agreement, environment: facts.environment)))
    } else {
      console.print(agreement.text)
      if agreement.seeds < seeds {
        console.print(
          "\(agreement.seeds) of \(seeds) seeds a side; give the same command again to go on.")
      }
    }
  }
}
