import Discovery
import Foundation
import Host
import Losses
import Policy

/// What a worker said of a task.
struct TaskPreparation {
  var environment: [String: String]
  var facts: TaskFacts
}

/// Trains what a transfer still needs, task by task.
struct TransferTrainer {
  private let folder: TransferFolder
  private let losses: [String: SweepRun.Loss]
  private let bench: Workbench
  private let cache: URL
  private let workers: WorkerOptions
  private let console: Console

  /// - Throws: `LossFailure` for a loss that cannot be described any more.
  init(
    folder: TransferFolder, losses: TransferLosses, bench: Workbench, cache: URL,
    workers: WorkerOptions,
    console: Console
  ) throws {
    self.folder = folder
    self.bench = bench
    self.cache = cache
    self.workers = workers
    self.console = console
    var described: [String: SweepRun.Loss] = [:]
    for (loss, spec) in losses.found {
      let reply = try bench.describe(spec)
      guard let descriptor = reply.descriptor else { throw LossFailure(reply.finding) }
      described[loss.name] = SweepRun.Loss(plugin: spec, descriptor: descriptor)
    }
    self.losses = described
  }

  /// Trainings of each task.
  var totals: [Int] {
    folder.plan.tasks.map { task in
      (try? folder.plan.sweep(of: task).units { losses[$0]?.range }.count) ?? 0
    }
  }

  /// - Parameter prepared: of each task; empty for a transfer that is resumed.
  /// - Throws: `LossmithError`: `run-directory` for a task that is not what it was, `interrupted`.
  func run(prepared: [TaskPreparation]) throws {
    for (index, task) in folder.plan.tasks.enumerated() {
      let url = folder.folder(of: task)
      let isThere = FileManager.default.fileExists(
        atPath: url.appending(path: SweepFile.name).path)
      let stored = isThere ? try SweepFile.open(url) : nil
      if let stored, SweepRun(stored, losses: losses).isDone { continue }
      let preparation =
        prepared.isEmpty ? try prepare(task) : prepared[index]
      let file = try stored ?? begin(task, preparation, in: url)
      guard file.header.taskDigest == preparation.facts.digest else {
        throw LossmithError(
          .runDirectory,
          "The task \(task.name) of this program differs from the one of the transfer.",
          at: url.path, remedy: "Begin a new transfer with --out.")
      }
      try train(task, file)
    }
  }

  private func prepare(_ task: TransferPlan.Task) throws -> TaskPreparation {
    let stages = StagePrinter(console: console)
    let facts = try bench.taskFacts(task.task) { update in
      stages.show("\(task.name): \(update.detail)", fraction: update.fraction)
    }
    return TaskPreparation(environment: facts.environment, facts: facts.task)
  }

  private func begin(
    _ task: TransferPlan.Task, _ preparation: TaskPreparation, in url: URL
  ) throws -> SweepFile {
    try SweepFile.create(
      in: url,
      header: SweepHeader(
        plan: try folder.plan.sweep(of: task), taskDigest: preparation.facts.digest,
        metric: preparation.facts.metric, referenceHash: preparation.facts.referenceHash,
        settings: bench.recordedSettings, environment: preparation.environment))
  }

  private func train(_ task: TransferPlan.Task, _ file: SweepFile) throws {
    let run = SweepRun(file, losses: losses)
    let count = workers.count(for: run.units.count, threads: bench.threads)
    let benches = (0..<count).map { _ in Workbench(cache: cache, settings: file.header.settings) }
    console.note("train      \(task.name): \(run.units.count) trainings")
    do {
      var pace = Pace()
      try run.run(workbenches: benches) { progress in
        let fraction = Double(progress.done) / Double(max(1, progress.total))
        guard let entry = progress.entry else {
          pace = Pace(at: fraction)
          return
        }
        console.note(
          "\(task.name): " + SweepCommand.line(entry, metric: task.metric)
            + " [\(progress.done)/\(progress.total),"
            + " \(pace.text(fraction, of: progress.total, "training"))]")
      }
    } catch var error as LossmithError where error.code == .interrupted {
      error.message = "Interrupted; what had ended is recorded."
      error.remedy = "Go on with `lossmith transfer --resume \(folder.url.path)`."
      throw error
    }
  }
}
