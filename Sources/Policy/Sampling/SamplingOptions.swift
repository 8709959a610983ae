import Losses

/// How completions are drawn from a model.
///
/// Applied in this order: temperature, top-k, top-p.
public struct SamplingOptions: Hashable, Sendable, Codable {
  /// Logits are divided by it; 0 takes the likeliest token, the lowest of equals.
  public var temperature: Double
  /// Only the k likeliest tokens; nil for all.
  public var topK: Int?
  /// Only the fewest likeliest tokens whose probabilities reach this sum; nil for all.
  public var topP: Double?
  /// The most new tokens, the end token counted.
  public var maximumTokens: Int
  /// Ends a completion, of which it is the last token; nil when only the length ends it.
  public var endToken: Int32?

  public init(
    temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, maximumTokens: Int,
    endToken: Int32? = nil
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.maximumTokens = maximumTokens
    self.endToken = endToken
  }

  /// Beside 0. Single precision has no room for the logits of a smaller one, and below this one the
  /// likeliest token is as good as certain.
  public static let temperatures = 1e-4...1e4
  /// The limit of ``maximumTokens``: more than any context has.
  public static let mostTokens = 1 << 20

  /// - Throws: `LossmithError` (`usage`) naming the option that is out of range.
  public func validate() throws(LossmithError) {
    func refuse(_ message: String) throws(LossmithError) {
      throw LossmithError(.usage, message, remedy: "Give a value in that range.")
    }
    if temperature != 0, !Self.temperatures.contains(temperature) {
      try refuse("The temperature is \(temperature); it must be 0, or from 0.0001 to 10000.")
    }
    if let topK, topK < 1 { try refuse("top-k is \(topK); it must be 1 or more.") }
    if let topP, !(topP > 0 && topP <= 1) {
      try refuse("top-p is \(topP); it must be above 0 and at most 1.")
    }
    if !(1...Self.mostTokens).contains(maximumTokens) {
      try refuse(
        "The most new tokens are \(maximumTokens); they must be from 1 to \(Self.mostTokens).")
    }
  }
}

/// A prompt, and the number that its random choices hang on.
public struct SamplingPrompt: Hashable, Sendable {
  public var tokens: [Int32]
  /// Together with the seed and the place of a token it decides that token's random number, whatever
  /// else is in the batch. Give several completions of one prompt different numbers.
  public var index: UInt64

  public init(tokens: [Int32], index: UInt64) {
    self.tokens = tokens
    self.index = index
  }
}

/// What was drawn for one prompt.
public struct SampledCompletion: Hashable, Sendable {
  /// New tokens, the end token last if there is one.
  public var tokens: [Int32]
  /// Whether the end token ended it; else it reached the limit or the end of the context.
  public var isEnded: Bool
}
