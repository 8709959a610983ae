import Policy

/// How a training went: at most 64 of its steps, evenly spaced, the first and the last among them.
///
/// One array for each quantity, all of one length. The rewards are implicit ones without their β: means
/// over the batch of log π − log π_ref of a whole completion, in nats.
public struct LearningCurve: Hashable, Sendable, Codable {
  /// Numbers of the steps, from 1.
  public var step: [Int] = []
  /// Mean of the loss over the batch.
  public var loss: [Double] = []
  /// Reward of the chosen completions, in nats.
  public var chosen: [Double] = []
  /// Reward of the rejected completions, in nats.
  public var rejected: [Double] = []
  /// Mean margin ρ, chosen minus rejected, in nats.
  public var margin: [Double] = []
  /// Share of the batch with a margin above 0, ties ½.
  public var accuracy: [Double] = []
  /// Global norm of the gradient of the mean loss, before clipping.
  public var gradientNorm: [Double] = []
  public var learningRate: [Double] = []

  public init() {}

  public init(_ steps: [TrainingStep]) {
    step = steps.map(\.step)
    loss = steps.map(\.loss)
    chosen = steps.map(\.chosenLogRatio)
    rejected = steps.map(\.rejectedLogRatio)
    margin = steps.map(\.margin)
    accuracy = steps.map(\.accuracy)
    gradientNorm = steps.map(\.gradientNorm)
    learningRate = steps.map(\.learningRate)
  }

  enum CodingKeys: String, CodingKey {
    case step, loss, chosen, rejected, margin, accuracy
    case gradientNorm = "gradient_norm"
    case learningRate = "learning_rate"
  }
}
