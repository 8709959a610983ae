import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

/// Reward against KL over a grid of β.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Trains every loss at every β and shows reward against KL, loss by loss.",
    discussion: """
      Without --beta the grid is that of the paper's study on film reviews: 0.025, 0.05, 0.1, 0.25, 0.5 \
      and 1 with three seeds, 0.01, 2.5 and 5 with one. With dpo among the losses, differences to it \
      are taken at equal KL. Every training that ends is recorded; --resume goes on after a stop, and of a \
      sweep that has ended writes table, page (sweep.html) and picture (sweep.svg) anew.
      """)

  @Argument(help: "Catalogue names, .so, source files or folders.") var plugins: [String] = []
  @Option(help: "The task: reviews, imdb, bandit, or FILE.yaml (default: reviews).")
  var task: String?
  @Option(help: "Values of β in 1/nat, with commas: 0.05,0.1,0.5.") var beta: String?
  @Option(help: "Seeds of every β given with --beta (default: 3).") var seeds: Int?
  @Option(help: "A YAML file with task, losses and points, instead of naming them.")
  var plan: String?
  @Option(help: "The folder of the sweep (default: runs/sweep-<time>-<task>).") var out: String?
  @Option(help: "Go on with the sweep in this folder.") var resume: String?
  @OptionGroup var workers: WorkerOptions
  @Option(help: "Where the hypervolume ends, in nats (default: 20).") var klCap: Double = 20
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    guard klCap > 0, klCap.isFinite else {
      throw ValidationError("--kl-cap takes a number above 0, not \(klCap).")
    }
    let isNamed = !plugins.isEmpty || task != nil || beta != nil || seeds != nil
    if plan != nil || resume != nil {
      if isNamed || (plan != nil && resume != nil) {
        throw ValidationError(
          "A plan or a sweep to resume says losses, task and β: name them there, not here as well.")
      }
      if resume != nil, out != nil {
        throw ValidationError("--resume goes on in its own folder: leave --out out.")
      }
      if resume != nil, workers.threads != nil {
        throw ValidationError("--resume keeps the threads of its sweep: leave --threads out.")
      }
    } else if plugins.isEmpty {
      throw ValidationError("Name at least one loss, or give --plan FILE or --resume FOLDER.")
    }
    if seeds != nil, beta == nil {
      throw ValidationError("--seeds goes with --beta.")
    }
  }

  func run() throws {
    let console = output.console()
    try OutputPlace.require(folder: out)
    let library = try PluginLibrary(console: console)
    let cache = library.installation.cacheDirectory
    let stored = try resume.map { try SweepFile.open(URL(fileURLWithPath: $0)) }
    let plan = try stored?.header.plan ?? newPlan()
    let bench =
      stored.map { Workbench(cache: cache, settings: $0.header.settings) }
      ?? library.workbench(threads: workers.threads ?? 1)
    let (losses, refused) = try describe(plan, library, bench, console)
    let file: SweepFile
    if let stored, SweepRun(stored, losses: losses).isDone {
      // Table, page and picture need nothing of the task.
      file = stored
    } else {
      let facts = try prepare(plan.task, bench, console)
      file = try stored ?? create(plan, facts, bench)
      guard facts.task.digest == file.header.taskDigest else {
        throw LossmithError(
          .runDirectory,
          "The task \(plan.task) of this program differs from the one of the sweep.",
          at: file.folder.path, remedy: "Begin a new sweep with --out.")
      }
    }
    let run = SweepRun(file, losses: losses)
    let count = workers.count(for: run.units.count, threads: bench.threads)
    let benches = (0..<count).map { _ in Workbench(cache: cache, settings: file.header.settings) }
    let resumption = "lossmith sweep --resume \(file.folder.path)"
    console.note("sweep      \(run.units.count) trainings on \(plan.task) in \(file.folder.path)")
    do {
      var pace = Pace()
      try run.run(workbenches: benches) { progress in
        let fraction = Double(progress.done) / Double(max(1, progress.total))
        guard let entry = progress.entry else {
          pace = Pace(at: fraction)
          return
        }
        console.note(
          Self.line(entry)
            + " [\(progress.done)/\(progress.total),"
            + " \(pace.text(fraction, of: progress.total, "training"))]")
      }
    } catch var error as LossmithError where error.code == .interrupted {
      error.message = "Interrupted; what had ended is recorded."
      error.remedy = "Go on with `\(resumption)`."
      throw error
    }
    let summary = SweepSummary(
      header: file.header, entries: file.entries, total: run.units.count, klCap: klCap,
      refused: refused)
    try write(summary, file.folder)
    try SweepPages.write(summary, to: file.folder, installation: library.installation)
    if output.json {
      console.print(document: try JSON.text(summary))
    } else {
      console.print(summary.table)
      let place = file.folder.path.shownOnOneLine
      console.print("Numbers: \(place)/sweep.csv")
      console.print("Page: \(place)/\(SweepPages.pageName)")
    }
    if file.entries.contains(where: { !$0.finding.verdict.isOK })
      || losses.count < plan.losses.count
    {
      throw ExitStatus.candidate
    }
  }

  private func newPlan() throws -> SweepPlan {
    if let plan {
      var read = try SweepPlanFile.load(plan)
      read.task = TaskName.resolve(read.task)
      return read
    }
    let points = try beta.map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let value = Double(part.trimmingCharacters(in: .whitespaces)) else {
          throw LossmithError(
            .usage, "\"\(part)\" is no number.", at: "--beta", remedy: "Write --beta 0.05,0.1,0.5.")
        }
        return SweepPlan.Point(beta: value, seeds: seeds ?? 3)
      }
    }
    return try SweepPlan(
      task: TaskName.resolve(task ?? "reviews"), losses: plugins,
      points: points ?? SweepPlan.paperPoints)
  }

  /// The losses of the plan, built. One that does not build or is refused is told and left out.
  private func describe(
    _ plan: SweepPlan, _ library: PluginLibrary, _ bench: Workbench, _ console: Console
  ) throws -> (losses: [String: SweepRun.Loss], refused: [String: Verdict]) {
    var losses: [String: SweepRun.Loss] = [:]
    var refused: [String: Verdict] = [:]
    for name in plan.losses {
      do {
        let spec = try library.spec(name, isolation: plan.unchecked == true ? .inline : .process)
        let reply = try bench.describe(spec)
        guard let descriptor = reply.descriptor else { throw LossFailure(reply.finding) }
        losses[name] = SweepRun.Loss(plugin: spec, descriptor: descriptor)
      } catch let failure as LossFailure {
        console.alert("\(name): \(failure.finding.verdict): \(failure.finding.message)")
        refused[name] = failure.finding.verdict
      }
    }
    guard !losses.isEmpty else { throw ExitStatus.candidate }
    return (losses, refused)
  }

  private func prepare(
    _ task: String, _ bench: Workbench, _ console: Console
  ) throws -> (environment: [String: String], task: TaskFacts) {
    let progress = StagePrinter(console: console)
    return try bench.taskFacts(task) { progress.show($0.detail, fraction: $0.fraction) }
  }

  private func create(
    _ plan: SweepPlan, _ facts: (environment: [String: String], task: TaskFacts),
    _ bench: Workbench
  ) throws -> SweepFile {
    let folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let url =
      out.map { URL(fileURLWithPath: $0) }
      ?? RunDirectory.defaultURL(task: "sweep-\(facts.task.name)", under: folder)
    var environment = facts.environment
    if plan.unchecked == true { environment["isolation"] = Isolation.inline.rawValue }
    return try SweepFile.create(
      in: url,
      header: SweepHeader(
        plan: plan, taskDigest: facts.task.digest, metric: facts.task.metric,
        referenceHash: facts.task.referenceHash, settings: bench.recordedSettings,
        environment: environment))
  }

  private func write(_ summary: SweepSummary, _ folder: URL) throws {
    for (name, text) in [("sweep.csv", summary.csv), ("summary.json", try JSON.text(summary))] {
      try OutputFiles.write(text, to: folder.appending(path: name))
    }
  }

  /// One plain line for the log.
  ///
  /// - Parameter metric: told first where there is no reward.
  static func line(_ entry: SweepEntry, metric: String = "accuracy") -> String {
    let beta = entry.unit.beta.map { " β \($0)" } ?? ""
    let head = "\(entry.unit.loss)\(beta) seed \(entry.unit.seed): "
    guard let reward = entry.metrics["reward"] ?? entry.metrics[metric] else {
      return head + "\(entry.finding.verdict) \(entry.finding.message)"
    }
    let kl = entry.metrics["kl"].map { String(format: ", KL %.3f", $0) } ?? ""
    return head + String(format: "%.4f", reward) + kl + String(format: " (%.1f s)", entry.seconds)
  }
}
