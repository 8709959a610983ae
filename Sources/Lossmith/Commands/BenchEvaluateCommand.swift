import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

/// `lossmith bench evaluate`: how many candidates an hour, for several ways to share the cores.
struct BenchEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures candidates an hour for choices of workers and threads.",
    discussion: """
      A candidate is checked and trained with every seed, as evaluate --workers and discover do it. What \
      is computed once for a seed (pairs, reference log-probabilities) is there before the clock starts. \
      The default of evaluate, sweep and discover is the first choice: a worker of one thread on each \
      core.
      """)

  @Argument(
    help: "Tasks, as evaluate has them (default: bandit, reviews, and imdb where its files are).")
  var tasks: [String] = []
  @Option(help: "The loss that is trained.") var loss = "dpo"
  @Option(help: "Seeds of a candidate.") var seeds = 5
  @Option(
    help: ArgumentHelp(
      "WORKERSxTHREADS with commas (default: Nx1, 1xN and 1x1 on N cores).", valueName: "choices"))
  var choices: String?
  @OptionGroup var output: OutputOptions

  struct Choice: Hashable {
    var workers: Int
    var threads: Int

    /// - Parameter text: `2x1`.
    init?(_ text: String) {
      let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let workers = parts[0], let threads = parts[1],
        FlagRange.threads.contains(workers), FlagRange.threads.contains(threads)
      else { return nil }
      (self.workers, self.threads) = (workers, threads)
    }

    init(workers: Int, threads: Int) { (self.workers, self.threads) = (workers, threads) }

    static var usual: [Choice] {
      let cores = min(FlagRange.threads.upperBound, Processors.usable)
      return [Choice(workers: cores, threads: 1)]
        + (cores > 1 ? [Choice(workers: 1, threads: cores), Choice(workers: 1, threads: 1)] : [])
    }
  }

  struct Row: Encodable {
    var task: String
    var workers: Int
    var threads: Int
    var seeds: Int
    /// Wall time of a candidate, median over rounds.
    var candidateSeconds: Double
    var rounds: Int
    var candidatesPerHour: Double
    /// The same for the same threads, whatever the workers.
    var eta: Double
    var environment: [String: String]
  }

  struct Document: Encodable {
    var loss: String
    var seeds: Int
    var rows: [Row]
  }

  func validate() throws {
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    _ = try chosen()
  }

  private func chosen() throws -> [Choice] {
    guard let choices else { return Choice.usual }
    return try choices.split(separator: ",", omittingEmptySubsequences: false).map { text in
      guard let choice = Choice(String(text)) else {
        throw ValidationError(
          "\"\(text)\" is no choice: write --choices 2x1,1x2, each number from 1 to 64.")
      }
      return choice
    }
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let spec = try library.spec(loss, isolation: .process)
    let stages = StagePrinter(console: console, head: "bench")
    var rows: [Row] = []
    for task in tasks.isEmpty ? TaskCatalogue.entries.map(\.name) : tasks {
      do {
        for choice in try chosen() {
          rows.append(try measure(task, choice, spec, library, stages))
        }
      } catch let error as LossmithError where tasks.isEmpty && error.code == .missingFile {
        console.note("note: \(task) is left out: \(error.message)")
      }
    }
    if output.json {
      return console.print(
        document: try JSON.text(Document(loss: spec.name, seeds: seeds, rows: rows)))
    }
    var table = TextTable(columns: [
      .left("task"), .right("workers × threads"), .right("a candidate, s"),
      .right("candidates/h"), .right("η"),
    ])
    for row in rows {
      table.add([
        row.task, "\(row.workers) × \(row.threads)", String(format: "%.3g", row.candidateSeconds),
        String(Int(row.candidatesPerHour.rounded())), String(format: "%.4f", row.eta),
      ])
    }
    console.print(table.text)
    console.print(
      "\(spec.name), \(seeds) seeds a candidate; \(rows.first?.environment["cpu"] ?? "")")
  }

  private func measure(
    _ task: String, _ choice: Choice, _ spec: PluginSpec, _ library: PluginLibrary,
    _ stages: StagePrinter
  ) throws -> Row {
    let benches = (0..<choice.workers).map { _ in library.workbench(threads: choice.threads) }
    let team = WorkbenchTeam(benches)
    let name = TaskName.resolve(task)
    let label = "\(task), \(choice.workers) × \(choice.threads)"
    let facts = try benches[0].taskFacts(name) { stages.show($0.detail, fraction: $0.fraction) }
    func evaluate(_ round: String) throws -> (reply: EvaluateJob.Reply, seconds: Double) {
      let clock = ContinuousClock()
      let began = clock.now
      let reply = try team.evaluate(
        spec, task: name, seeds: (0..<UInt64(seeds)).map { $0 }
      ) { progress in
        try Interruption.check()
        guard progress.stage == "train" else { return }
        stages.show("\(label): \(round)", "\(label): \(round)", fraction: progress.fraction)
      }
      guard reply.record.finding.verdict.isOK else { throw LossFailure(reply.record.finding) }
      return (reply, (clock.now - began) / .seconds(1))
    }
    var reply = try evaluate("warming up").reply
    var times: [Double] = []
    repeat {
      let round = try evaluate("measuring")
      reply = round.reply
      times.append(round.seconds)
    } while times.reduce(0, +) < 2 && times.count < 50
    let seconds = times.sorted()[times.count / 2]
    return Row(
      task: facts.task.name, workers: choice.workers, threads: choice.threads, seeds: seeds,
      candidateSeconds: seconds, rounds: times.count, candidatesPerHour: 3600 / seconds,
      eta: reply.record.estimate(facts.task.metric)?.mean ?? .nan, environment: reply.environment)
  }
}
