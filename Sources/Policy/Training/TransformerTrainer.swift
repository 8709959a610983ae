import Losses

/// Trains a transformer: one call a step, every number looked at.
///
/// ```swift
/// let trainer = TransformerTrainer(reference, recipe: recipe)
/// for batch in batches {
///   try trainer.step(batch) { logProbabilities in
///     // one loss call for all rows; d(mean loss)/d(log π) of each row
///   }
/// }
/// ```
///
/// Log-probabilities of all rows come first, then the one call, then the backward pass; so a loss that
/// couples the rows of a batch sees the whole batch, however little of it fits into memory.
public final class TransformerTrainer {
  /// What a step looked like.
  public struct Report: Hashable, Sendable {
    /// From 1.
    public var step: Int
    /// Global norm of the gradient before clipping.
    public var gradientNorm: Double
    public var learningRate: Double
  }

  public private(set) var parameters: TransformerParameters
  public let schedule: LearningRateSchedule
  public let maximumGradientNorm: Double
  public let runner: TransformerRunner
  private var gradients: TransformerParameters
  private var optimiser: FusedAdamW

  /// - Parameter runner: one for the parameters' shape; nil for a new one.
  public init(
    _ parameters: TransformerParameters, schedule: LearningRateSchedule,
    maximumGradientNorm: Double = 1, optimiser: AdamW.Settings = .init(),
    runner: TransformerRunner? = nil
  ) {
    self.parameters = parameters
    self.schedule = schedule
    self.maximumGradientNorm = maximumGradientNorm
    self.runner = runner ?? TransformerRunner(parameters.configuration)
    gradients = TransformerParameters(layout: parameters.layout)
    self.optimiser = FusedAdamW(layout: parameters.layout, settings: optimiser)
  }

  /// Steps taken.
  public var step: Int { optimiser.step }

  /// One preference step.
  ///
  /// - Parameter rowGradients: gets log π of every row and gives d(loss to go down)/d(log π), one a
  ///   row. Called once.
  /// - Throws: what the closure threw; `diverged(step)` when a log-probability, one of the closure's
  ///   gradients or a tensor's gradient is NaN or infinite. The parameters are then as before.
  @discardableResult
  public func step(
    _ batch: PackedBatch, rowGradients: ([Double]) throws(LossFailure) -> [Double]
  ) throws(LossFailure) -> Report {
    let number = step + 1
    let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
    try Self.requireFinite(scores, "the log-probability", step: number)
    let slopes = try rowGradients(scores)
    try Self.requireFinite(slopes, "the gradient of the log-probability", step: number)
    clearGradients()
    runner.backward(parameters, batch, rowGradients: slopes, into: &gradients)
    return try descend(step: number)
  }

  /// One step of next-token training.
  ///
  /// - Returns: the mean cross-entropy of the scored tokens before the step, in nats.
  /// - Throws: `diverged(step)` when it or a tensor's gradient is NaN or infinite.
  @discardableResult
  public func crossEntropyStep(_ batch: PackedBatch) throws(LossFailure) -> (Double, Report) {
    let number = step + 1
    clearGradients()
    let loss = runner.crossEntropy(parameters, batch, into: &gradients)
    if !loss.isFinite {
      throw LossStep.diverged("the mean cross-entropy", value: loss, step: number)
    }
    return (loss, try descend(step: number))
  }

  private func clearGradients() {
    gradients.withUnsafeMutableBuffer { $0.update(repeating: 0) }
  }

  private func descend(step number: Int) throws(LossFailure) -> Report {
    let norms = GradientNorms(gradients, on: runner)
    try norms.requireFinite(step: number)
    let norm = norms.global
    let rate = schedule.rate(at: number)
    optimiser.update(
      &parameters, gradients: gradients, learningRate: rate,
      gradientScale: norm > maximumGradientNorm ? maximumGradientNorm / norm : 1, on: runner)
    return Report(step: number, gradientNorm: norm, learningRate: rate)
  }

  private static func requireFinite(
    _ values: [Double], _ name: String, step: Int
  ) throws(LossFailure) {
    guard let row = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw LossStep.diverged("\(name) of row \(row)", value: values[row], step: step)
  }
}
