/// How a policy is trained, whatever the loss.
public struct Recipe: Hashable, Sendable, Codable {
  public var steps: Int
  /// Pairs a step, B; the loss sees them all at once.
  public var batch: Int
  /// The peak of the schedule.
  public var learningRate: Double
  /// Share of the steps that warm up.
  public var warmUp: Double
  /// The limit of the gradient's global norm.
  public var maximumGradientNorm: Double
  /// The default of a tunable named `beta`.
  public var beta: Double
  public var optimiser: AdamW.Settings
  /// What is trained instead of all parameters; nil when they all are.
  public var lora: LoRASettings?
  /// The most pairs whose activations are in memory at once; nil for as many as fit the memory budget.
  ///
  /// The loss sees the whole batch all the same, so the step is the same up to rounding.
  public var microBatch: Int?
  /// Whether the backward pass computes activations again instead of saving them.
  public var recomputes = false

  public init(
    steps: Int, batch: Int, learningRate: Double, warmUp: Double = 0.1,
    maximumGradientNorm: Double = 1, beta: Double = 0.1, optimiser: AdamW.Settings = .init()
  ) {
    self.steps = steps
    self.batch = batch
    self.learningRate = learningRate
    self.warmUp = warmUp
    self.maximumGradientNorm = maximumGradientNorm
    self.beta = beta
    self.optimiser = optimiser
  }

  public var schedule: LearningRateSchedule {
    LearningRateSchedule(
      peak: learningRate, steps: steps, warmUpSteps: Int((warmUp * Double(steps)).rounded()))
  }
}
