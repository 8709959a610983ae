import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Trains a policy with each loss and prints η ± s.e., KL and Δ to DPO, side by side.")

  @Argument(help: "Catalogue names, .so, source files or folders.") var plugins: [String]
  @Option(
    help: "The task: \(TaskCatalogue.entries.map(\.name).joined(separator: ", ")), or FILE.yaml.")
  var task = "bandit"
  @Option(help: "What η is: \(Self.metrics.joined(separator: ", ")) (default: the task's).")
  var metric: String?
  @Option(help: "Seeds, 0 to N − 1; each draws pairs, labels and order, the same for every loss.")
  var seeds = 5
  @Flag(help: "Train losses that fail their checks too (with --isolation inline only).")
  var unchecked = false
  @OptionGroup var tunables: TunableOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  /// What differences are taken to: the catalogue's own loss, never a file of that name.
  private static let baseline = "dpo"
  private static let metrics = ["reward", "winrate", "accuracy", "frontier"]

  func validate() throws {
    if let metric, !Self.metrics.contains(metric) {
      throw ValidationError(
        "There is no metric \(metric). Metrics: \(Self.metrics.joined(separator: ", ")).")
    }
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    guard !plugins.isEmpty else { throw ValidationError("Name at least one loss.") }
    if unchecked, isolation.isolation != .inline {
      throw ValidationError(
        "--unchecked needs --isolation inline: only trusted losses skip the checks.")
    }
  }

  func run() throws {
    let console = output.console()
    let task = TaskName.resolve(task)
    let values = try tunables.values()
    let library = try PluginLibrary(console: console)
    let benches = (0..<workers.count(for: seeds)).map { _ in
      library.workbench(threads: workers.threads ?? 1)
    }
    let team = WorkbenchTeam(benches)
    for plugin in plugins { try library.resolver.requireReadable(plugin) }
    // An unknown task is refused before anything is built; a fitted reference is made once.
    let preparation = StagePrinter(console: console)
    let facts = try benches[0].taskFacts(task, metric: metric) { progress in
      preparation.show(progress.detail, fraction: progress.fraction)
    }
    let chosen = facts.task
    for note in chosen.data?.notes ?? [] { console.note("note: data: \(note)") }
    if chosen.metric == "frontier", values["beta"] != nil {
      throw LossmithError(
        .usage, "a frontier trains with every β of the task's grid", at: "--beta",
        remedy: "Leave beta out, or set evaluation.betas in a task file.")
    }
    let named = try NamedPlugins(
      plugins, library: library, isolation: isolation.isolation, baseline: Self.baseline)
    // A loss that this process would have to load itself tells its ranges when it is trained.
    try DeclaredTunables.require(
      values.keys, allowing: isolation.isolation == .process ? values : [:],
      in: values.isEmpty ? [] : named.specs, console)
    var reference: [SeedOutcome] = []
    var environment = facts.environment

    func evaluate(_ plugin: NamedPlugins.Plugin) throws -> EvaluationRecord {
      do {
        let label = plugin.label
        let stages = StagePrinter(console: console, head: "\(label):")
        let reply = try team.evaluate(
          try plugin.spec.get(), task: task, metric: metric, tunables: values,
          seeds: (0..<UInt64(seeds)).map { $0 }, unchecked: unchecked
        ) { progress in
          guard progress.stage == "train" else {
            return console.live("\(label): \(progress.stage) \(progress.detail)")
          }
          stages.show("training", progress.detail, fraction: progress.fraction)
        }
        if reply.record.finding.verdict.isOK {
          (reference, environment) = (reply.reference, reply.environment)
        }
        console.note(Self.line(reply.record, metric: chosen.metric))
        return reply.record
      } catch let failure as LossFailure {
        let record = EvaluationRecord(
          plugin: plugin.label, finding: failure.finding, referenceHash: "", seeds: [], seconds: 0)
        console.note(Self.line(record, metric: chosen.metric))
        return record
      }
    }

    var records: [EvaluationRecord] = []
    var compared: [EvaluationRecord] = []
    // What ends the command once a loss has its numbers, told after the table.
    var fault: LossmithError?
    do {
      for plugin in named.all { records.append(try evaluate(plugin)) }
      compared = records
      if !records.contains(where: { $0.plugin == Self.baseline }) {
        // Differences are to DPO of the catalogue, measured in the same run.
        let dpo = try NamedPlugins(
          [Self.baseline], library: library, isolation: isolation.isolation)
        for plugin in dpo.all { compared.append(try evaluate(plugin)) }
      }
    } catch let error as LossmithError
      where error.code != .interrupted && records.contains(where: { $0.finding.verdict.isOK })
    {
      compared = records
      fault = error
    }
    let summary = try EvaluationSummary(
      task: chosen.name, metric: chosen.metric, environment: environment,
      referenceHash: chosen.referenceHash,
      referenceSeeds: reference, records: compared,
      baseline: Self.baseline, data: chosen.data)
    if output.json {
      var document = summary.document
      document.results = Array(document.results.prefix(records.count))
      console.print(document: try JSON.text(document))
    } else {
      console.print(summary.table)
    }
    if let fault { throw fault }
    let failed = records.filter { !$0.finding.verdict.isOK }
    if let fault = failed.first(where: { $0.finding.verdict.isHostFault }) {
      throw LossmithError(.hostFault, "\(fault.plugin): \(fault.finding.message)")
    }
    if !failed.isEmpty { throw ExitStatus.candidate }
  }

  /// One plain line for the log.
  private static func line(_ record: EvaluationRecord, metric: String) -> String {
    let seconds = String(format: "%.1f s", record.seconds)
    guard let eta = record.estimate(metric) else {
      return "\(record.plugin): \(record.finding.verdict) \(record.finding.message) (\(seconds))"
    }
    let error = eta.se.map { String(format: " ± %.4f", $0) } ?? ""
    return "\(record.plugin): η \(String(format: "%.4f", eta.mean))\(error) (\(seconds))"
  }
}
