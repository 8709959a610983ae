/// What one β of a grid gave: a point of the curve of reward over KL.
public struct FrontierPoint: Hashable, Sendable, Codable {
  /// In 1/nat.
  public var beta: Double
  /// Mean reward on held-out prompts.
  public var reward: Double
  /// KL(policy ‖ reference) of a sequence, in nats.
  public var kl: Double

  public init(beta: Double, reward: Double, kl: Double) {
    self.beta = beta
    self.reward = reward
    self.kl = kl
  }
}
