import Foundation
import Losses

/// Preference training of a language model, and what the trained model is worth.
///
/// A step takes the log-probabilities of all rows of the batch, calls the loss once, and goes
/// backward with its gradients. The reference's log-probabilities come from the same code in the same
/// shapes and are computed once a seed; so every margin of an untouched policy is exactly 0.
public struct LanguageTask: TrainingTask {
  public private(set) var definition: LanguageTaskDefinition
  public let reference: ReferenceSummary
  public private(set) var configurationDigest: String
  let records: ReferenceRecords

  public var name: String { definition.name }
  public var summary: String { definition.summary }
  public var etaDescription: String { definition.etaDescription }
  public var etaMetric: String { definition.etaMetric }
  public var recipe: Recipe { definition.recipe }
  public var data: PreferenceReport? { definition.data }
  /// The four log-probabilities and the lengths; scores when the pairs have them.
  public var columns: Set<LossColumn> {
    let core: Set<LossColumn> = [
      .policyChosen, .policyRejected, .referenceChosen, .referenceRejected, .chosenTokens,
      .rejectedTokens,
    ]
    return definition.pairs.hasScores
      ? core.union([.chosenScore, .rejectedScore, .scoreMargin]) : core
  }

  /// Measures the reference, unless the context's cache knows it.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a prompt that does not fit the model, and what
  ///   the reward throws.
  public init(_ definition: LanguageTaskDefinition, context: TaskContext = TaskContext()) throws {
    self.definition = definition
    let digest = definition.referenceDigest
    configurationDigest = definition.configurationDigest(reference: digest)
    records = ReferenceRecords(folder: context.cacheDirectory)
    reference = ReferenceSummary(
      hash: digest,
      metrics: try LanguageEvaluation.referenceMetrics(
        definition, digest: digest, seed: Self.constantSeed, records: records))
  }

  /// Of the completions that stand for the reference; no one counts as far.
  static let constantSeed: UInt64 = 0x5265_6665_7265_6E63

  public func measuring(_ metric: String) throws(LossmithError) -> any TrainingTask {
    var task = self
    task.definition = try definition.measuring(metric)
    task.configurationDigest = task.definition.configurationDigest(reference: reference.hash)
    return task
  }

  public func referenceMetrics(seed: UInt64) throws -> [String: Double] {
    try LanguageEvaluation.referenceMetrics(
      definition, digest: reference.hash, seed: seed, records: records)
  }

  public func train(
    loss: any Loss, tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)? = nil
  ) throws -> TrainingOutcome {
    try trainPolicy(loss: loss, tunables: tunables, seed: seed, observe: observe).outcome
  }

  public func with(learningRateTimes factor: Double) -> any TrainingTask {
    var task = self
    task.definition.recipe.learningRate *= factor
    return task
  }

  /// The same task with another recipe.
  public func with(_ options: RecipeOptions) throws(LossmithError) -> LanguageTask {
    var task = self
    try options.apply(to: &task.definition.recipe)
    task.configurationDigest = task.definition.configurationDigest(reference: reference.hash)
    return task
  }

  /// A runner that computes as the recipe says.
  func makeRunner() -> TransformerRunner {
    TransformerRunner(
      definition.policy.configuration, recomputes: recipe.recomputes,
      rowLimit: recipe.microBatch.map { 2 * $0 } ?? .max)
  }

  /// As ``train(loss:tunables:seed:observe:)``, with the trained policy, ready to be saved, and the
  /// adapter whose share is in it, if the recipe has one.
  ///
  /// - Parameter checkpointing: where the training's state is kept; nil for nowhere.
  /// - Throws: besides what training throws, what ``Checkpointing`` throws.
  public func trainPolicy(
    loss: any Loss, tunables: [Double], seed: UInt64, checkpointing: Checkpointing? = nil,
    observe: ((TrainingStep) -> Void)? = nil
  ) throws -> (outcome: TrainingOutcome, policy: ModelFolder, adapter: LoRAAdapter?) {
    try requireColumns(of: loss.descriptor)
    let runner = makeRunner()
    let reference = definition.policy.parameters
    let trainer = TransformerTrainer(
      reference, schedule: recipe.schedule, maximumGradientNorm: recipe.maximumGradientNorm,
      optimiser: recipe.optimiser,
      adapter: try recipe.lora.map {
        try LoRAAdapter($0, for: reference.layout, seed: seed)
      }, runner: runner)
    let facts = facts(tunables: tunables, seed: seed, runner: runner)
    let begun = try checkpointing?.start(trainer, facts: facts)
    let training = try LanguageTrainingData(self, seed: seed, runner: runner)
    let steps = training.batches.count
    var curve = CurveSampler(steps: steps, samples: begun?.curve ?? [])
    checkpointing?.listen(true)
    for (index, batch) in training.batches.enumerated().dropFirst(begun?.step ?? 0) {
      var seen: TrainingStep?
      let report = try trainer.step(batch.packed) { scores throws(LossFailure) in
        let rows = batch.columns(policy: scores, reference: training.references[index])
        let call = try LossStep(loss: loss, batch: rows, tunables: tunables, step: index + 1)
        seen = batch.report(rows, loss: call.meanLoss, step: index + 1)
        return call.chosenGradient + call.rejectedGradient
      }
      seen!.gradientNorm = report.gradientNorm
      seen!.learningRate = report.learningRate
      curve.add(seen!)
      observe?(seen!)
      try checkpointing?.afterStep(trainer, of: steps, curve: curve.samples, facts: facts)
    }
    checkpointing?.listen(false)
    try trainer.requireFiniteParameters()
    var policy = definition.policy
    policy.parameters = trainer.parameters
    let metrics = try LanguageEvaluation(self, runner: runner).metrics(
      of: trainer.parameters, seed: seed, step: training.batches.count)
    var digest = ContentDigest("parameters/1")
    digest.add(trainer.parameters)
    return (
      TrainingOutcome(
        metrics: metrics, finalParametersHash: digest.hexadecimal, curve: curve.samples), policy,
      trainer.adapter
    )
  }

  /// What the bits of a training depend on, but for the loss.
  private func facts(
    tunables: [Double], seed: UInt64, runner: TransformerRunner
  ) -> [TrainingFact] {
    [
      TrainingFact("task", name), TrainingFact("seed", "\(seed)"),
      TrainingFact("tunables", tunables.map { "\($0)" }.joined(separator: ",")),
    ] + .recipe(recipe) + .machine(runner)
      + definition.facts
  }

  /// Computes and keeps what every training of a seed needs, so that later ones, in other processes
  /// too, find it in the cache.
  public func prepare(seed: UInt64) throws {
    let runner = makeRunner()
    _ = try LanguageTrainingData(self, seed: seed, runner: runner)
    try LanguageEvaluation(self, runner: runner).prepare(seed: seed)
  }
}
