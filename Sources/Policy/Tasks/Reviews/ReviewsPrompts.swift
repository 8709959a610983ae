import Losses

/// The prompts of the reviews task: the first tokens of a sentence, on one of two sides.
///
/// A hash of the tokens says which side a prompt is on, so no held-out prompt is ever trained on,
/// however often the grammar writes it. The held-out side has two parts: prompts that η is measured on,
/// and prompts that nothing is measured on before the end of a search.
enum ReviewsPrompts {
  /// Share of all different prompts that are held out.
  static let heldOutShare = 0.5

  static func isHeldOut(_ prompt: [Int32]) -> Bool {
    PreferencePair.position(of: hash(prompt)) < heldOutShare
  }

  static func hash(_ prompt: [Int32]) -> UInt64 {
    PreferencePair.hash(prompt: prompt.map(String.init).joined(separator: " "))
  }

  /// Prompts of training pairs, as often as the grammar writes them: some come many times.
  static func training(_ configuration: ReviewsConfiguration) throws(LossmithError) -> [[Int32]] {
    try draw(
      configuration, count: configuration.poolPrompts, purpose: "reviews.training",
      known: { _ in false }, isHeldOut: false)
  }

  /// Held-out prompts, each once.
  static func heldOut(
    _ configuration: ReviewsConfiguration, count: Int, purpose: String
  ) throws(LossmithError) -> [[Int32]] {
    var known: Set<[Int32]> = []
    return try draw(
      configuration, count: count, purpose: purpose,
      known: { !known.insert($0).inserted }, isHeldOut: true)
  }

  /// Held-out prompts, each once, that are not among others: as many as those, or all that there are.
  static func untold(
    _ configuration: ReviewsConfiguration, besides told: [[Int32]]
  ) throws(LossmithError) -> [[Int32]] {
    var known = Set(told)
    return try draw(
      configuration, count: configuration.heldOutPrompts, purpose: "reviews.untold",
      known: { !known.insert($0).inserted }, isHeldOut: true, takesFewer: true)
  }

  /// Draws in a row that bring nothing new, after which there is nothing new.
  static let barrenDraws = 20_000

  private static func draw(
    _ configuration: ReviewsConfiguration, count: Int, purpose: String,
    known: ([Int32]) -> Bool, isHeldOut: Bool, takesFewer: Bool = false
  ) throws(LossmithError) -> [[Int32]] {
    let grammar = ReviewsGrammar()
    var stream = RandomStream(seed: configuration.fittingSeed, purpose: purpose)
    var prompts: [[Int32]] = []
    var barren = 0
    while prompts.count < count {
      let prompt = grammar.opening(length: configuration.promptTokens, &stream)
      guard self.isHeldOut(prompt) == isHeldOut, !known(prompt) else {
        barren += 1
        if takesFewer, barren == barrenDraws { return prompts }
        guard barren < barrenDraws else {
          throw LossmithError(
            .malformedInput,
            "The grammar writes about \(prompts.count) different held-out prompts of"
              + " \(configuration.promptTokens) tokens; \(count) are wanted.",
            at: "the reviews task", remedy: "Lower evaluation.prompts.")
        }
        continue
      }
      barren = 0
      prompts.append(prompt)
    }
    return prompts
  }
}
