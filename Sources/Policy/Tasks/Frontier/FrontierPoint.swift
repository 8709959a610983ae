/// What one β of a grid gave: a point in the plane of KL and reward.
public struct FrontierPoint: Hashable, Sendable, Codable {
  /// In 1/nat; nil (JSON null) for a loss without a tunable of that name.
  public var beta: Double?
  /// Mean reward on held-out prompts.
  public var reward: Double
  /// KL(policy ‖ reference) of a sequence, in nats.
  public var kl: Double

  public init(beta: Double?, reward: Double, kl: Double) {
    self.beta = beta
    self.reward = reward
    self.kl = kl
  }

  enum CodingKeys: String, CodingKey { case beta, reward, kl }

  // The synthesized coding leaves a nil out where the document has null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(beta, forKey: .beta)
    try container.encode(reward, forKey: .reward)
    try container.encode(kl, forKey: .kl)
  }
}
