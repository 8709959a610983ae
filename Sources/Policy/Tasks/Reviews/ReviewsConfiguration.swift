import Losses

/// What the reviews task is made of.
public struct ReviewsConfiguration: Hashable, Sendable, Codable {
  /// Width, layers and heads of the policy, and the longest text that it reads, in tokens.
  public var width = 128
  public var layers = 4
  public var heads = 4
  public var contextLength = 48
  /// Fitting the reference: parts of reviews, each of the context's length, visited once.
  public var fittingTexts = 12_000
  public var fittingBatch = 16
  public var fittingRate = 2e-3
  /// Tokens of a prompt, and the most tokens of a completion.
  public var promptTokens = 4
  public var newTokens = 12
  /// Prompts that training pairs may have, and completions that the reference wrote for each.
  public var poolPrompts = 2048
  public var poolCompletions = 4
  /// Pairs that a seed draws.
  public var pairs = 2048
  /// s in P(a is chosen over b) = 1/(1 + exp(−s·(score a − score b))).
  public var labelSharpness = 20.0
  /// Share of the labels that are turned round.
  public var flipped = 0.2
  public var heldOutPrompts = 512
  public var heldOutPairs = 256
  public var measuresForwardKL = false
  public var recipe = Recipe(steps: 64, batch: 32, learningRate: 1e-4)
  /// Draws reviews, first parameters and the pool.
  public var fittingSeed: UInt64 = 1

  public init() {}

  /// The task as it is meant to be run.
  public static let standard = ReviewsConfiguration()

  /// - Throws: `LossmithError` (`malformed-input`) naming what does not fit.
  public func validate() throws(LossmithError) {
    func require(_ holds: Bool, _ message: String) throws(LossmithError) {
      if holds { return }
      throw LossmithError(
        .malformedInput, message, at: "the reviews task", remedy: "Change the task's numbers.")
    }
    try require(
      min(width, layers, heads, fittingTexts, fittingBatch, promptTokens, newTokens, poolPrompts)
        > 0 && width % max(heads, 1) == 0,
      "Counts must be above 0, and the width a multiple of the heads.")
    try require(
      promptTokens + newTokens <= contextLength && (2...256).contains(contextLength),
      "Prompt and completion, \(promptTokens + newTokens) tokens, must fit the context of"
        + " \(contextLength), which is at most 256.")
    try require(poolCompletions > 1, "A prompt needs two completions for a pair.")
    try require(
      recipe.batch > 0 && recipe.batch <= pairs,
      "A batch of \(recipe.batch) does not fit \(pairs) pairs.")
    try require(
      (0...1).contains(flipped) && labelSharpness > 0, "Flips are a share, sharpness is above 0.")
    try require(heldOutPrompts > 0, "There must be held-out prompts.")
  }

  var model: TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: ReviewsVocabulary.words.count + 2, contextLength: contextLength,
      width: width, layers: layers, heads: heads)
  }
}
