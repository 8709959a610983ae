/// What one step of a training looked like.
public struct TrainingStep: Hashable, Sendable, Codable {
  /// From 1.
  public var step: Int
  /// Mean of the loss over the batch.
  public var loss: Double
  /// Means of log π − log π_ref of the chosen and of the rejected completions, in nats.
  public var chosenLogRatio: Double
  public var rejectedLogRatio: Double
  /// Share of the batch with a margin above 0, ties counting ½.
  public var accuracy: Double
  /// Global norm of the gradient of the mean loss, before clipping.
  public var gradientNorm: Double
  /// The rate that the optimiser used in this step.
  public var learningRate: Double

  public init(
    step: Int, loss: Double, chosenLogRatio: Double, rejectedLogRatio: Double, accuracy: Double,
    gradientNorm: Double, learningRate: Double
  ) {
    self.step = step
    self.loss = loss
    self.chosenLogRatio = chosenLogRatio
    self.rejectedLogRatio = rejectedLogRatio
    self.accuracy = accuracy
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
  }

  /// Mean of ρ = (π_c − π_r) − (ref_c − ref_r), in nats.
  public var margin: Double { chosenLogRatio - rejectedLogRatio }
}

/// What a training gave.
public struct TrainingOutcome: Hashable, Sendable, Codable {
  /// On held-out data, by name: `reward`, `kl`, `kl_paper`, `accuracy` … (docs/tasks.md).
  public var metrics: [String: Double]
  /// SHA-256 of the trained parameters; equal hashes mean equal bits.
  public var finalParametersHash: String
  /// All steps of a short training, about fifty of one with more than 64; evenly spaced, the first
  /// and the last among them.
  public var curve: [TrainingStep]
  /// One point for each β that was trained with; nil when η is no frontier.
  public var frontier: [FrontierPoint]?

  public init(
    metrics: [String: Double], finalParametersHash: String, curve: [TrainingStep],
    frontier: [FrontierPoint]? = nil
  ) {
    self.metrics = metrics
    self.finalParametersHash = finalParametersHash
    self.curve = curve
    self.frontier = frontier
  }
}

/// Keeps at most 64 of a training's steps.
struct CurveSampler {
  private let last: Int
  private let stride: Int
  private(set) var samples: [TrainingStep] = []

  /// - Parameter samples: of the steps that were taken before.
  init(steps: Int, samples: [TrainingStep] = []) {
    self.samples = samples
    last = steps
    stride = steps <= 64 ? 1 : (steps + 49) / 50
  }

  mutating func add(_ step: TrainingStep) {
    if (step.step - 1) % stride == 0 || step.step == last { samples.append(step) }
  }
}
