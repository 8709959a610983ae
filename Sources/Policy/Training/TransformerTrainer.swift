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
///
/// With an adapter only its A and B are trained: before each step the weights are formed from them, and
/// the weights' gradients are projected back, so the runner knows nothing of it.
public final class TransformerTrainer {
  /// What a step looked like.
  public struct Report: Hashable, Sendable {
    /// From 1.
    public var step: Int
    /// Global norm of the gradient before clipping.
    public var gradientNorm: Double
    public var learningRate: Double
  }

  /// The model's parameters, an adapter's share included.
  public private(set) var parameters: TransformerParameters
  /// What is trained instead of the parameters; nil when they all are.
  public private(set) var adapter: LoRAAdapter?
  public let schedule: LearningRateSchedule
  public let maximumGradientNorm: Double
  public let runner: TransformerRunner
  private var gradients: TransformerParameters
  /// The parameters beside an adapter, which stay.
  private let base: TransformerParameters?
  private let adapterGradients: FloatStorage?
  fileprivate let optimiser: FusedAdamW

  /// - Parameters:
  ///   - adapter: for the parameters' shape; then only it is trained.
  ///   - runner: one for the parameters' shape; nil for a new one.
  public init(
    _ parameters: TransformerParameters, schedule: LearningRateSchedule,
    maximumGradientNorm: Double = 1, optimiser: AdamW.Settings = .init(),
    adapter: LoRAAdapter? = nil, runner: TransformerRunner? = nil
  ) {
    self.parameters = parameters
    self.adapter = adapter
    base = adapter == nil ? nil : parameters
    adapterGradients = adapter.map { FloatStorage(count: $0.bufferCount) }
    self.schedule = schedule
    self.maximumGradientNorm = maximumGradientNorm
    self.runner = runner ?? TransformerRunner(parameters.configuration)
    gradients = TransformerParameters(layout: parameters.layout)
    self.optimiser = FusedAdamW(
      tensors: adapter?.tensors ?? parameters.layout.tensors,
      bufferCount: adapter?.bufferCount ?? parameters.layout.bufferCount, settings: optimiser)
    mergeAdapter()
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

  /// Looks at what the last step made of the parameters: to be called when training is over.
  ///
  /// Within a training a bad parameter shows in the numbers of the next step.
  ///
  /// - Throws: `diverged(step)` with the name of a tensor that has a NaN or an infinity.
  public func requireFiniteParameters() throws(LossFailure) {
    let norms = parameters.withUnsafeBuffer {
      GradientNorms($0.baseAddress!, of: parameters.layout.tensors, on: runner)
    }
    try norms.requireFinite("the parameter", step: step)
  }

  private func clearGradients() {
    gradients.withUnsafeMutableBuffer { $0.update(repeating: 0) }
  }

  private func descend(step number: Int) throws(LossFailure) -> Report {
    if let adapter, let adapterGradients {
      let own = adapterGradients.elements.baseAddress!
      gradients.withUnsafeBuffer { adapter.project($0.baseAddress!, into: own) }
      let report = try descend(step: number, against: own, of: adapter.tensors)
      mergeAdapter()
      return report
    }
    let pointer = gradients.withUnsafeMutableBuffer { $0.baseAddress! }
    return try descend(step: number, against: pointer, of: parameters.layout.tensors)
  }

  private func descend(
    step number: Int, against gradients: UnsafePointer<Float>,
    of tensors: [TransformerLayout.Tensor]
  ) throws(LossFailure) -> Report {
    let norms = GradientNorms(gradients, of: tensors, on: runner)
    try norms.requireFinite(step: number)
    let norm = norms.global
    let rate = schedule.rate(at: number)
    let scale = norm > maximumGradientNorm ? maximumGradientNorm / norm : 1
    withTrained { trained in
      optimiser.update(
        trained.baseAddress!, gradients: gradients, learningRate: rate, gradientScale: scale,
        on: runner)
    }
    return Report(step: number, gradientNorm: norm, learningRate: rate)
  }

  /// The numbers that the optimiser moves.
  fileprivate func withTrained<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) -> Result
  ) -> Result {
    adapter == nil
      ? parameters.withUnsafeMutableBuffer { body($0) }
      : adapter!.withUnsafeMutableBuffer { body($0) }
  }

  fileprivate func mergeAdapter() {
    if let adapter, let base { adapter.merge(base, into: &parameters) }
  }

  private static func requireFinite(
    _ values: [Double], _ name: String, step: Int
  ) throws(LossFailure) {
    guard let row = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw LossStep.diverged("\(name) of row \(row)", value: values[row], step: step)
  }
}

// MARK: - State

extension TransformerTrainer {
  /// Everything but data and settings that the next step depends on: what is trained and both moments,
  /// by name, and ``step``.
  func withState<Result, Failure: Error>(
    _ body: ([(name: String, elements: UnsafeBufferPointer<Float>)]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let trained = withTrained { UnsafeBufferPointer($0) }
    defer { withExtendedLifetime((parameters, adapter)) {} }
    let moments = optimiser.moments.map { UnsafeBufferPointer($0) }
    return try body([
      ("trained", trained), ("first_moment", moments[0]), ("second_moment", moments[1]),
    ])
  }

  /// Goes on behind a step.
  ///
  /// - Parameter fill: puts a part of the state, as ``withState(_:)`` gave it, into its place.
  func restore(
    step: Int, fill: (_ name: String, _ target: UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    withTrained { fill("trained", $0) }
    fill("first_moment", optimiser.moments[0])
    fill("second_moment", optimiser.moments[1])
    optimiser.restore(step: step)
    mergeAdapter()
  }
}
