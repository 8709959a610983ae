/// Judges completions: the reward that a preference training is meant to raise.
public protocol CompletionReward: Sendable {
  /// SHA-256, or any text that changes whenever a score could change.
  var digest: String { get }

  /// One score for each completion, finite, the higher the better.
  ///
  /// - Parameters:
  ///   - prompts: in token ids, the start token included.
  ///   - completions: in token ids, the end token included where there is one.
  func scores(prompts: [[Int32]], completions: [[Int32]]) throws -> [Double]
}

/// Where a task's training pairs come from.
public protocol PairSource: Sendable {
  /// Changes whenever the pairs of some seed could change.
  var digest: String { get }
  /// Which of the columns `chosenScore`, `rejectedScore` and `scoreMargin` the pairs can fill.
  var hasScores: Bool { get }

  /// The training pairs of a seed; equal seeds give equal pairs.
  func pairs(seed: UInt64) throws -> [PreferencePair]
}

/// Pairs that are the same for every seed, as those of a file are.
public struct FixedPairs: PairSource {
  public let digest: String
  public let hasScores: Bool
  private let all: [PreferencePair]

  public init(_ pairs: [PreferencePair]) {
    all = pairs
    hasScores =
      !pairs.isEmpty && pairs.allSatisfy { $0.chosenScore != nil && $0.rejectedScore != nil }
    var digest = ContentDigest("fixed pairs/1")
    for pair in pairs { digest.add(pair) }
    self.digest = digest.hexadecimal
  }

  public func pairs(seed: UInt64) -> [PreferencePair] { all }
}

extension ContentDigest {
  mutating func add(_ tokens: [Int32]) { add(tokens.map(Double.init)) }

  mutating func add(_ pair: PreferencePair) {
    add(pair.promptIds)
    add(pair.chosenIds)
    add(pair.rejectedIds)
    add([pair.chosenScore ?? .nan, pair.rejectedScore ?? .nan])
  }

  mutating func add(_ parameters: TransformerParameters) {
    let bytes = parameters.withUnsafeBuffer { Array(UnsafeRawBufferPointer($0)) }
    add(SHA256.hexadecimal(SHA256.digest(of: bytes)))
  }
}
