import Foundation
import Host
import Losses
import Policy

/// Does jobs in workers: the supervisor's side of ``WorkerJobs``.
///
/// Every job has a fresh worker process. An instance belongs to one thread at a time.
public final class Workbench {
  private var settings: WorkerSession.Settings
  private let limits: CellLimits
  /// Where workers keep fitted references.
  private let cache: URL

  /// - Parameters:
  ///   - program: the worker's program; nil for the running one.
  ///   - threads: BLAS threads of a worker; decides the bits.
  ///   - limits: of the plug-ins.
  ///   - cache: where fitted references are kept.
  public init(
    cache: URL, program: URL? = nil, threads: Int = 1, limits: CellLimits = CellLimits()
  ) {
    // Apart from the libraries that are built: a worker may write here.
    self.cache = cache.appendingPathComponent("tasks")
    var settings = WorkerSession.Settings()
    settings.program = program
    settings.threads = threads
    self.settings = settings
    self.limits = limits
  }

  /// A workbench with the settings of an earlier one, so that a resumed run gives the same bits.
  ///
  /// - Parameter settings: as ``recordedSettings`` gave them; what is missing is chosen anew.
  public convenience init(cache: URL, settings: [String: String]) {
    self.init(cache: cache, threads: settings["threads"].flatMap(Int.init) ?? 1)
    if let core = settings["core_type"] { self.settings.coreType = core.isEmpty ? nil : core }
  }

  /// What decides the bits of a worker's numbers: BLAS threads and kernels.
  public var recordedSettings: [String: String] {
    ["threads": String(settings.threads), "core_type": settings.coreType ?? ""]
  }

  /// BLAS threads of a worker.
  public var threads: Int { settings.threads }

  /// What the plug-in says of itself.
  ///
  /// - Throws: `LossmithError` for faults of ours or of the machine; a refusal is in the reply.
  public func describe(_ plugin: PluginSpec) throws -> DescribeJob.Reply {
    try run(.describe, DescribeJob(plugin: plugin), plugin)
  }

  /// The gradients of plug-ins on the probes, in the order given.
  ///
  /// - Parameter tunables: where a plug-in declares and allows them; defaults elsewhere.
  /// - Throws: `LossmithError` for faults of ours or of the machine.
  public func probe(_ plugins: [PluginSpec], tunables: [String: Double]) throws
    -> [JournalEvent.Probed]
  {
    let reply: ProbeJob.Reply = try run(
      .probe, ProbeJob(plugins: plugins, tunables: tunables), nil)
    return reply.losses
  }

  /// - Parameters:
  ///   - document: the text of a batch document.
  ///   - source: how errors name it.
  /// - Throws: `LossmithError(.malformedInput)`, `.missingColumn`.
  public func call(
    _ plugin: PluginSpec, document: Data, source: String
  ) throws -> CallJob.Reply {
    try run(.call, CallJob(plugin: plugin, document: document, source: source), plugin)
  }

  /// - Throws: `LossmithError(.usage)` for a tunable outside its range.
  public func check(
    _ plugin: PluginSpec, tunables: [String: Double] = [:],
    progress: (EvaluateJob.Progress) -> Void = { _ in }
  ) throws -> CheckJob.Reply {
    try run(.check, CheckJob(plugin: plugin, tunables: tunables), plugin, progress: progress)
  }

  /// Checks a plug-in and trains with it what η needs, seed by seed.
  ///
  /// - Parameters:
  ///   - metric: replaces the task's η when given.
  ///   - rates: with metric `frontier`, see `FrontierTask.continued(atRates:)`.
  ///   - measuresUntold: whether policies are measured on untold prompts too.
  /// - Throws: `LossmithError`: `unknownName` for the task, `malformedInput` for a metric that it does
  ///   not measure, `usage` for a tunable outside its range.
  public func evaluate(
    _ plugin: PluginSpec, task: String, metric: String? = nil, tunables: [String: Double] = [:],
    seeds: [UInt64], unchecked: Bool = false, rates: [Double] = [], measuresUntold: Bool = false,
    progress: (EvaluateJob.Progress) throws -> Void = { _ in }
  ) throws -> EvaluateJob.Reply {
    let job = EvaluateJob(
      plugin: plugin, task: task, metric: metric, tunables: tunables, seeds: seeds,
      cache: cache.path, unchecked: unchecked, rates: rates, measuresUntold: measuresUntold)
    do {
      return try run(.evaluate, job, plugin, progress: progress)
    } catch let failure as LossFailure {
      // An inline plug-in that took its worker with it.
      let record = EvaluationRecord(
        plugin: plugin.name, finding: failure.finding, referenceHash: "", seeds: [], seconds: 0)
      return .init(record: record, reference: [], environment: [:])
    }
  }

  /// Checks a plug-in, trains one policy with it and writes the policy's folder.
  ///
  /// - Throws: `LossmithError`: as ``evaluate(_:task:metric:tunables:seeds:unchecked:progress:)``,
  ///   `missingColumn`, `storage`; `LossFailure` for a plug-in that falls short or diverges.
  public func train(
    _ plugin: PluginSpec, task: String, tunables: [String: Double] = [:], seed: UInt64,
    folder: URL, options: RecipeOptions = RecipeOptions(), checkpoint: CheckpointPlan? = nil,
    progress: (EvaluateJob.Progress) throws -> Void = { _ in }
  ) throws -> TrainJob.Reply {
    let job = TrainJob(
      plugin: plugin, task: task, tunables: tunables, seed: seed, cache: cache.path,
      folder: folder.path, options: options, checkpoint: checkpoint)
    return try run(
      .train, job, plugin, grace: checkpoint == nil ? nil : CheckpointPlan.grace,
      progress: progress)
  }

  /// Draws completions from a policy.
  ///
  /// - Throws: `LossmithError`: `missingFile`, `malformedInput` for the folder, `usage` for options.
  public func sample(_ job: SampleJob) throws -> SampleJob.Reply { try run(.sample, job, nil) }

  /// Fits a policy to texts and writes its folder.
  ///
  /// - Throws: `LossmithError`: `missingFile`, `malformedInput`, `usage`, `storage`; `LossFailure`
  ///   (`diverged(step)`).
  public func fit(
    _ job: SFTJob, progress: (EvaluateJob.Progress) -> Void = { _ in }
  ) throws -> SFTJob.Reply {
    try run(
      .sft, job, nil, grace: job.checkpoint == nil ? nil : CheckpointPlan.grace,
      progress: progress)
  }

  /// Facts of the machine, and of a task when one is named, as a worker sees them.
  ///
  /// - Throws: `LossmithError`, `unknownName` for the task.
  public func facts(
    isolation: Isolation = .process, task: String? = nil, metric: String? = nil,
    progress: (EvaluateJob.Progress) -> Void = { _ in }
  ) throws -> FactsJob.Reply {
    try run(
      .facts, FactsJob(isolation: isolation, task: task, metric: metric, cache: cache.path), nil,
      progress: progress)
  }

  /// The facts of a task, which is prepared if it must be.
  ///
  /// - Parameter metric: replaces the task's η when given.
  /// - Throws: `LossmithError`: `unknownName` for the task, `malformedInput` for a metric that it does
  ///   not measure.
  public func taskFacts(
    _ task: String, metric: String? = nil,
    progress: (EvaluateJob.Progress) -> Void = { _ in }
  ) throws -> (environment: [String: String], task: TaskFacts) {
    let reply = try facts(task: task, metric: metric, progress: progress)
    guard let facts = reply.task else {
      throw LossmithError(.hostFault, "a worker gave no facts of the task \(task)")
    }
    return (reply.environment, facts)
  }

  private func run<Job: WorkerJob, Reply: Decodable>(
    _ kind: JobKind, _ job: Job, _ plugin: PluginSpec?, grace: Double? = nil,
    progress: (EvaluateJob.Progress) throws -> Void = { _ in }
  ) throws -> Reply {
    var settings = settings
    settings.files = ChildJail(readable: try job.reads, writable: [cache.path] + job.writes)
    for folder in [cache.path] + job.writes {
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    }
    // Only an empty folder can be removed like this.
    defer { for folder in job.writes { rmdir(folder) } }
    let session = try WorkerSession(settings)
    var stopped: (any Error)?
    do {
      let answer = try session.run(
        kind.rawValue, try JSON.encode(job, pretty: false), limits: limits, grace: grace
      ) { data in
        guard stopped == nil,
          let update = try? JSON.decode(EvaluateJob.Progress.self, from: data)
        else { return }
        do { try progress(update) } catch {
          stopped = error
          session.abandon()
        }
      }
      if let stopped { throw stopped }
      return try JSON.decode(Reply.self, from: answer)
    } catch let error as LossmithError {
      if let stopped { throw stopped }
      throw Self.blame(error, plugin)
    }
  }

  /// A worker that dies of a signal with a plug-in loaded into it died of the plug-in.
  private static func blame(_ error: LossmithError, _ plugin: PluginSpec?) -> any Error {
    guard plugin?.isolation == .inline, let death = error.underlying as? WorkerSession.Death,
      case .signalled(let signal) = death.reason
    else { return error }
    return LossFailure(
      .crashed(signal: signal),
      "the plug-in crashed the worker with \(SignalName.name(of: signal))",
      remedy: "Run it with --isolation process to see what it does without harm.")
  }
}
