import Losses

/// What a command line changes in a recipe of a language model.
public struct RecipeOptions: Hashable, Sendable, Codable {
  public var loraRank: Int?
  public var loraAlpha: Double?
  public var loraTargets: [String]?
  public var microBatch: Int?
  public var recomputes: Bool

  public init(
    loraRank: Int? = nil, loraAlpha: Double? = nil, loraTargets: [String]? = nil,
    microBatch: Int? = nil, recomputes: Bool = false
  ) {
    self.loraRank = loraRank
    self.loraAlpha = loraAlpha
    self.loraTargets = loraTargets
    self.microBatch = microBatch
    self.recomputes = recomputes
  }

  /// What is left out stays as the recipe has it.
  ///
  /// - Throws: `LossmithError` (`usage`) for an α or targets without a rank, and for numbers that make no
  ///   sense.
  public func apply(to recipe: inout Recipe) throws(LossmithError) {
    recipe.lora = try lora(recipe.lora)
    if let microBatch { recipe.microBatch = microBatch }
    if recomputes { recipe.recomputes = true }
  }

  /// The settings of LoRA, from those that a recipe has.
  ///
  /// - Throws: as ``apply(to:)``.
  public func lora(_ known: LoRASettings? = nil) throws(LossmithError) -> LoRASettings? {
    if let microBatch, microBatch < 1 {
      throw LossmithError(
        .usage, "A micro-batch takes a number from 1, not \(microBatch).", at: "--micro-batch")
    }
    guard loraRank != nil || known != nil else {
      if loraAlpha != nil || loraTargets != nil {
        throw LossmithError(
          .usage, "An alpha or targets of LoRA need a rank.", at: "--lora-rank",
          remedy: "Give --lora-rank, or recipe.lora_rank in the task file.")
      }
      return nil
    }
    var settings = known ?? LoRASettings(rank: loraRank!)
    if let loraRank, known != nil {
      settings = LoRASettings(
        rank: loraRank, alpha: settings.scale * Double(loraRank), targets: settings.targets)
    }
    if let loraAlpha { settings.alpha = loraAlpha }
    if let loraTargets { settings.targets = loraTargets }
    try settings.validate()
    return settings
  }
}
