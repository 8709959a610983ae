import Foundation
import Host
import Losses
import Policy

/// One policy, trained with a plug-in and written as a Hugging Face folder.
public struct TrainJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var environment: [String: String]
    public var referenceHash: String
    /// The reference's metrics with the same seed.
    public var reference: [String: Double]
    public var etaMetric: String
    public var tunables: [String: Double]
    public var warnings: [String]
    public var metrics: [String: Double]
    public var curve: LearningCurve
    /// SHA-256 of the parameters.
    public var parameters: String
    public var seconds: Double
  }
  public var plugin: PluginSpec
  public var task: String
  public var tunables: [String: Double]
  public var seed: UInt64
  /// Where fitted references are kept.
  public var cache: String
  /// The folder to write; made if it is not there.
  public var folder: String
}

extension WorkerJobs {
  /// The task that trains a language model, a frontier's base included; nil for a bandit.
  static func languageTask(in task: any TrainingTask) -> LanguageTask? {
    (task as? LanguageTask) ?? (task as? FrontierTask).flatMap { languageTask(in: $0.base) }
  }

  static func train(_ job: TrainJob, _ context: WorkerContext) throws -> TrainJob.Reply {
    let clock = ContinuousClock()
    let started = clock.now
    let task = try task(job.task, metric: nil, cache: job.cache, context)
    guard let task = languageTask(in: task) else {
      throw LossmithError(
        .usage, "The policy of \(task.name) is no language model, so no folder can hold it.",
        remedy: "Train on reviews or on a task file with a language model.")
    }
    let plugin = OpenedPlugin(job.plugin, context)
    let tunables = try tunables(job.tunables, of: plugin, for: task)
    let warnings = try requireChecks(plugin, tunables, context)
    let steps = task.recipe.steps
    var first: ContinuousClock.Instant?
    let loss = try plugin.openForTraining(seed: job.seed)
    let (outcome, policy) = try task.trainPolicy(
      loss: loss, tunables: tunables.map(\.value), seed: job.seed
    ) { step in
      let now = clock.now
      tell(
        context, "train", progress(step, of: steps, since: first.map { now - $0 }),
        Double(step.step) / Double(steps))
      if first == nil { first = now }
    }
    try plugin.finishTraining()
    try policy.save(to: URL(fileURLWithPath: job.folder))
    return .init(
      environment: try MachineFacts.current(isolation: job.plugin.isolation, context),
      referenceHash: task.reference.hash, reference: try task.referenceMetrics(seed: job.seed),
      etaMetric: task.etaMetric,
      tunables: Dictionary(uniqueKeysWithValues: tunables.map { ($0.name, $0.value) }),
      warnings: warnings, metrics: outcome.metrics, curve: LearningCurve(outcome.curve),
      parameters: outcome.finalParametersHash, seconds: (clock.now - started) / .seconds(1))
  }

  /// - Parameter elapsed: since the end of the first step; nil at that step.
  private static func progress(
    _ step: TrainingStep, of steps: Int, since elapsed: Duration?
  ) -> String {
    var text = String(
      format: "step %d of %d, loss %.4f, margin %+.3f", step.step, steps, step.loss, step.margin)
    if step.step == steps {
      text += ", measuring"
    } else if let elapsed, elapsed > .zero {
      let speed = Double(step.step - 1) / (elapsed / .seconds(1))
      text += String(
        format: ", %.1f steps/s, %.0f s left", speed, Double(steps - step.step) / speed)
    }
    return text
  }
}
