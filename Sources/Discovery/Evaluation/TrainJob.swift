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
    /// Numbers that were trained: the adapter's, else all of the policy's.
    public var trained: Int
    public var lora: LoRASettings?
    /// Of a training that was resumed, the earlier sessions' steps up to the state are counted too.
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
  /// What changes in the task's recipe.
  public var options: RecipeOptions
  /// Where the training's state is kept; nil for nowhere.
  public var checkpoint: CheckpointPlan?
}

extension WorkerJobs {
  /// The task that trains a language model, a frontier's base included; nil for a bandit.
  static func languageTask(in task: any TrainingTask) -> LanguageTask? {
    (task as? LanguageTask) ?? (task as? FrontierTask).flatMap { languageTask(in: $0.base) }
  }

  static func train(_ job: TrainJob, _ context: WorkerContext) throws -> TrainJob.Reply {
    let clock = ContinuousClock()
    let started = clock.now
    let before = job.checkpoint?.secondsBefore ?? 0
    let task = try task(job.task, metric: nil, cache: job.cache, context)
    guard var task = languageTask(in: task) else {
      throw LossmithError(
        .usage, "The policy of \(task.name) is no language model, so no folder can hold it.",
        remedy: "Train on reviews or on a task file with a language model.")
    }
    task = try task.with(job.options)
    let plugin = OpenedPlugin(job.plugin, context)
    let tunables = try tunables(job.tunables, of: plugin, for: task)
    let warnings = try requireChecks(plugin, tunables, context)
    let steps = task.recipe.steps
    var first: (step: Int, time: ContinuousClock.Instant)?
    let loss = try plugin.openForTraining(seed: job.seed)
    let facts = try job.plugin.facts()
    let (outcome, policy, adapter) = try task.trainPolicy(
      loss: loss, tunables: tunables.map(\.value), seed: job.seed,
      checkpointing: job.checkpoint?.checkpointing(facts: facts)
    ) { step in
      let now = clock.now
      tell(
        context, "train",
        progress(step, of: steps, since: first.map { (step.step - $0.step, now - $0.time) }),
        Double(step.step) / Double(steps))
      if first == nil { first = (step.step, now) }
    }
    try plugin.finishTraining()
    let folder = URL(fileURLWithPath: job.folder)
    try policy.save(to: folder)
    if let adapter {
      try LoRAFolder.save(
        adapter, base: policy.source, to: folder.appending(path: "adapter"))
    }
    return .init(
      environment: try MachineFacts.current(isolation: job.plugin.isolation, context),
      referenceHash: task.reference.hash, reference: try task.referenceMetrics(seed: job.seed),
      etaMetric: task.etaMetric,
      tunables: Dictionary(uniqueKeysWithValues: tunables.map { ($0.name, $0.value) }),
      warnings: warnings, metrics: outcome.metrics, curve: LearningCurve(outcome.curve),
      parameters: outcome.finalParametersHash,
      trained: adapter?.parameterCount ?? policy.parameters.layout.parameterCount,
      lora: task.recipe.lora, seconds: before + (clock.now - started) / .seconds(1))
  }

  /// - Parameter start: steps and time since the end of the first step; nil at that step.
  private static func progress(
    _ step: TrainingStep, of steps: Int, since start: (steps: Int, elapsed: Duration)?
  ) -> String {
    var text = String(
      format: "step %d of %d, loss %.4f, margin %+.3f", step.step, steps, step.loss, step.margin)
    if step.step == steps {
      text += ", measuring"
    } else if let start, start.elapsed > .zero {
      let speed = Double(start.steps) / (start.elapsed / .seconds(1))
      text += String(
        format: ", %.1f steps/s, %.0f s left", speed, Double(steps - step.step) / speed)
    }
    return text
  }
}
