/// The knobs of a ``BanditTask``.
///
/// Why an episode has several choices: log-probabilities one choice deep are small (ln 16 ≈ 2.8
/// nats), so β-scaled margins stay near 0, where most losses look alike. Eight choices give
/// completions of −10 to −60 nats and margins of tens, as a language model has, and everything
/// remains in closed form because no choice changes the next one's context.
///
/// Why the standard is hard: the reward bends with the features in a way that the linear policy
/// cannot follow, labels are noisy and one in five is turned round, and the pairs are few enough to
/// fit by heart. A loss that trusts them too much, or moves too little, shows it.
public struct BanditConfiguration: Hashable, Sendable, Codable {
  /// Choices an episode, T.
  public var slots: Int
  /// Actions of a choice, K.
  public var actions: Int
  /// Features of a choice, d, the constant one included.
  public var features: Int
  /// Episodes on which the policy is measured.
  public var heldOut: Int
  /// Preference pairs that a seed draws.
  public var pairs: Int
  /// How far the reference's logits are spread.
  public var referenceSpread: Double
  /// Correlation of the reference's weights with the linear part of the reward.
  public var referenceSkill: Double
  /// Slope of the reward's sigmoid.
  public var rewardSharpness: Double
  /// Added inside the reward's sigmoid; below 0 makes good actions rare.
  public var rewardOffset: Double
  /// Weight of the part of the reward that is not linear in the features.
  public var rewardBend: Double
  /// Bradley-Terry's inverse temperature on the mean reward of an episode.
  public var labelSharpness: Double
  /// Share of the labels that are turned round after Bradley-Terry.
  public var flipped: Double
  public var recipe: Recipe

  /// The task `bandit`.
  public static let standard = BanditConfiguration(
    slots: 8, actions: 16, features: 16, heldOut: 256, pairs: 1024, referenceSpread: 1.5,
    referenceSkill: 0.1, rewardSharpness: 2, rewardOffset: -0.6, rewardBend: 0.5,
    labelSharpness: 10, flipped: 0.2,
    recipe: Recipe(steps: 160, batch: 64, learningRate: 0.1))

  public init(
    slots: Int, actions: Int, features: Int, heldOut: Int, pairs: Int, referenceSpread: Double,
    referenceSkill: Double, rewardSharpness: Double, rewardOffset: Double, rewardBend: Double,
    labelSharpness: Double, flipped: Double, recipe: Recipe
  ) {
    self.slots = slots
    self.actions = actions
    self.features = features
    self.heldOut = heldOut
    self.pairs = pairs
    self.referenceSpread = referenceSpread
    self.referenceSkill = referenceSkill
    self.rewardSharpness = rewardSharpness
    self.rewardOffset = rewardOffset
    self.rewardBend = rewardBend
    self.labelSharpness = labelSharpness
    self.flipped = flipped
    self.recipe = recipe
  }
}
