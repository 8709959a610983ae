import Losses

/// Next-token training on given texts: how a reference policy comes about.
///
/// The loss is the mean cross-entropy of the scored tokens of a batch, in nats. Rows are visited in
/// a fresh order every epoch; what is left of an epoch and fills no batch is dropped.
public struct SupervisedFineTuning: Sendable {
  /// How it is done.
  public struct Settings: Hashable, Sendable, Codable {
    /// Passes over the training rows; may be a fraction.
    public var epochs: Double
    /// Rows a step.
    public var batch: Int
    /// The peak of the schedule: warm-up over a tenth of the steps, then half a cosine to 0.
    public var learningRate: Double
    public var weightDecay: Double
    /// Draws the order of the rows.
    public var seed: UInt64
    /// What is trained instead of all parameters; nil when they all are.
    public var lora: LoRASettings?
    /// The most rows whose activations are in memory at once; nil for as many as fit.
    public var microBatch: Int?
    /// Whether the backward pass computes activations again instead of saving them.
    public var recomputes = false

    public init(
      epochs: Double = 1, batch: Int = 32, learningRate: Double = 1e-3, weightDecay: Double = 0.01,
      seed: UInt64 = 0
    ) {
      self.epochs = epochs
      self.batch = batch
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.seed = seed
    }

    /// - Throws: `LossmithError(.usage)` naming the setting that makes no sense.
    public func validate() throws(LossmithError) {
      func require(_ holds: Bool, _ message: String) throws(LossmithError) {
        if !holds { throw LossmithError(.usage, message) }
      }
      try require(
        epochs > 0 && epochs <= 1e6, "the epochs must be a number above 0 and at most 1000000")
      try require((1...65_536).contains(batch), "a batch has 1 to 65536 rows")
      try require(
        learningRate > 0 && learningRate <= 1e6,
        "the learning rate must be a number above 0 and at most 1000000")
      try require(weightDecay >= 0, "the weight decay must not be negative")
    }
  }

  /// A step as it is told while training goes on.
  public struct Step: Hashable, Sendable {
    /// From 1.
    public var step: Int
    public var steps: Int
    /// Mean cross-entropy of the batch before the step, in nats.
    public var loss: Double
    public var gradientNorm: Double
  }

  public let settings: Settings

  public init(_ settings: Settings) { self.settings = settings }

  /// Steps that a number of rows makes.
  public func steps(rows: Int) -> Int {
    max(1, Int((settings.epochs * Double(rows / min(settings.batch, max(rows, 1)))).rounded()))
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - rows: at least one, each no longer than the context.
  ///   - checkpointing: where the training's state is kept; nil for nowhere.
  ///   - observe: called after every step; throws to stop.
  /// - Returns: the trained parameters, and the adapter whose share is in them, if there is one.
  /// - Throws: `LossmithError`: `usage` for settings that make no sense, `malformedInput` for no
  ///   rows or rows that do not fit the model; `LossFailure` (`diverged(step)`); what `observe` and
  ///   ``Checkpointing`` throw.
  public func train(
    _ parameters: TransformerParameters, rows: [TokenRow], checkpointing: Checkpointing? = nil,
    observe: (Step) throws -> Void = { _ in }
  ) throws -> (parameters: TransformerParameters, adapter: LoRAAdapter?) {
    try settings.validate()
    guard !rows.isEmpty else {
      throw LossmithError(.malformedInput, "there is no text to train on")
    }
    let batch = min(settings.batch, rows.count)
    let steps = steps(rows: rows.count)
    var optimiser = AdamW.Settings()
    optimiser.weightDecay = settings.weightDecay
    let trainer = TransformerTrainer(
      parameters,
      schedule: LearningRateSchedule(
        peak: settings.learningRate, steps: steps, warmUpSteps: max(1, steps / 10)),
      optimiser: optimiser,
      adapter: try settings.lora.map {
        try LoRAAdapter($0, for: parameters.layout, seed: settings.seed)
      },
      runner: TransformerRunner(
        parameters.configuration, recomputes: settings.recomputes,
        rowLimit: settings.microBatch ?? .max))
    let facts = facts(parameters, rows: rows, batch: batch, steps: steps, runner: trainer.runner)
    let begun = try checkpointing?.start(trainer, facts: facts).step ?? 0
    var order = BatchOrder(count: rows.count, batch: batch, seed: settings.seed, task: "sft")
    checkpointing?.listen(true)
    do {
      for step in 1...steps {
        let members = order.next()
        if step <= begun { continue }
        let packed = try PackedBatch(members.map { rows[$0] }, for: parameters.configuration)
        let (loss, report) = try trainer.crossEntropyStep(packed)
        try observe(Step(step: step, steps: steps, loss: loss, gradientNorm: report.gradientNorm))
        try checkpointing?.afterStep(trainer, of: steps, curve: [], facts: facts)
      }
      try trainer.requireFiniteParameters()
    } catch let failure as LossFailure {
      throw Self.advised(failure)
    }
    checkpointing?.listen(false)
    return (trainer.parameters, trainer.adapter)
  }

  /// What the bits of a training depend on.
  private func facts(
    _ parameters: TransformerParameters, rows: [TokenRow], batch: Int, steps: Int,
    runner: TransformerRunner
  ) -> [TrainingFact] {
    var start = ContentDigest("parameters/1")
    start.add(parameters)
    var data = ContentDigest("rows/1")
    for row in rows {
      data.add(row.tokens)
      data.add("\(row.scored)")
    }
    return [
      TrainingFact("seed", "\(settings.seed)"), TrainingFact("steps", "\(steps)"),
      TrainingFact("batch", "\(batch)"),
      TrainingFact("learning rate", "\(settings.learningRate)"),
      TrainingFact("weight decay", "\(settings.weightDecay)"),
    ]
      + .options(
        settings.lora, microBatch: settings.microBatch, recomputes: settings.recomputes)
      + .machine(runner)
      + [
        TrainingFact("policy", start.hexadecimal), TrainingFact("training rows", data.hexadecimal),
      ]
  }

  /// No loss is to blame here.
  private static func advised(_ failure: LossFailure) -> LossFailure {
    LossFailure(
      failure.finding.verdict, failure.finding.message, remedy: "Lower the learning rate.")
  }

  /// Refuses a cross-entropy that no text can be scored with.
  ///
  /// - Throws: `LossFailure` (`diverged(step)`).
  public static func requireFinite(
    _ crossEntropy: Double?, _ name: String, step: Int
  ) throws(LossFailure) {
    guard let crossEntropy, !crossEntropy.isFinite else { return }
    throw advised(LossStep.diverged(name, value: crossEntropy, step: step))
  }

  /// Mean cross-entropy of the scored tokens of rows, in nats.
  ///
  /// - Throws: `LossmithError(.malformedInput)` for no rows, or rows that do not fit the model.
  public static func crossEntropy(
    _ parameters: TransformerParameters, rows: [TokenRow], batch: Int = 64
  ) throws -> Double {
    guard !rows.isEmpty else { throw LossmithError(.malformedInput, "there is no text to score") }
    let runner = TransformerRunner(parameters.configuration)
    var sum = 0.0
    var count = 0
    for start in stride(from: 0, to: rows.count, by: batch) {
      let part = Array(rows[start..<min(start + batch, rows.count)])
      let packed = try PackedBatch(part, for: parameters.configuration)
      sum -= runner.logProbabilities(parameters, packed, willGoBackward: false).reduce(0, +)
      count += packed.scoredCount
    }
    return sum / Double(count)
  }
}
