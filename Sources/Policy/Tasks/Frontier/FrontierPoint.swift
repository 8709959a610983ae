/// What one β of a grid, or one learning rate, gave: a point in the plane of KL and reward.
public struct FrontierPoint: Hashable, Sendable, Codable {
  /// In 1/nat; nil (JSON null) for a loss without a tunable of that name.
  public var beta: Double?
  /// How many times the recipe's learning rate it was trained with; nil for once.
  public var rate: Double?
  /// Mean reward on held-out prompts.
  public var reward: Double
  /// KL(policy ‖ reference) of a sequence, in nats.
  public var kl: Double

  public init(beta: Double?, rate: Double? = nil, reward: Double, kl: Double) {
    self.beta = beta
    self.rate = rate
    self.reward = reward
    self.kl = kl
  }

  enum CodingKeys: String, CodingKey { case beta, rate, reward, kl }

  // The synthesized coding leaves a nil out where the document has null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(beta, forKey: .beta)
    try container.encodeIfPresent(rate, forKey: .rate)
    try container.encode(reward, forKey: .reward)
    try container.encode(kl, forKey: .kl)
  }
}
