import Losses

/// A sequence and the part of it whose log-probability is asked for.
public struct TokenRow: Hashable, Sendable {
  public var tokens: [Int32]
  /// The scored tokens, as indices into ``tokens``; never 0, which nothing predicts.
  public var scored: Range<Int>

  /// - Precondition: `scored` lies in `tokens`.
  public init(tokens: [Int32], scored: Range<Int>) {
    precondition(scored.lowerBound >= 0 && scored.upperBound <= tokens.count)
    self.tokens = tokens
    self.scored = scored
  }

  /// A prompt and a completion, of which the completion is scored.
  public init(prompt: [Int32], completion: [Int32]) {
    self.init(
      tokens: prompt + completion, scored: prompt.count..<(prompt.count + completion.count))
  }

  /// A text of which every token but the first is scored.
  public init(text: [Int32]) {
    self.init(tokens: text, scored: min(1, text.count)..<text.count)
  }
}

/// Sequences of unequal length, one behind the other, without padding.
///
/// Tokens form segments, and attention is causal within a segment. A segment may follow another one,
/// its prefix, whose tokens it sees in full: that is how a prompt's computation is shared by its
/// completions. Only tokens that predict something are there: the last one of a row is a target only.
///
/// Masks follow from these lengths alone; no token has a special meaning.
public struct PackedBatch: Sendable {
  struct Segment: Sendable {
    /// Its tokens, as indices into the packed ones.
    var tokens: Range<Int>
    /// The index of an earlier segment of the same group.
    var prefix: Int?
    /// Whether a later segment has this one as its prefix.
    var isPrefix = false
  }

  /// A place where the model predicts a token.
  struct Output: Sendable {
    /// Index of the packed token that predicts.
    var position: Int
    /// The token predicted; −1 when only the distribution is wanted.
    var target: Int32
    /// The row that it belongs to.
    var row: Int
  }

  /// Segments that belong together, and so do their tokens and outputs.
  struct Group: Sendable {
    var segments: Range<Int>
    var tokens: Range<Int>
    var outputs: Range<Int>
    /// How many rows they are.
    var rows = 1
  }

  /// Packed input tokens, of shape `[tokens]`.
  public private(set) var tokens: [Int32] = []
  /// The position of each in its sequence.
  private(set) var positions: [Int32] = []
  private(set) var segments: [Segment] = []
  private(set) var groups: [Group] = []
  private(set) var outputs: [Output] = []
  public let rowCount: Int

  /// Scored tokens of all rows.
  public var scoredCount: Int { outputs.count }

  /// Packs rows for a model.
  ///
  /// - Parameter sharingPrompts: whether rows with equal tokens before the scored part compute them
  ///   once. The log-probabilities are the same up to rounding.
  /// - Throws: `LossmithError` (`malformed-input`) naming the row that is empty, has nothing scored,
  ///   is longer than the context or holds a token outside the vocabulary.
  public init(
    _ rows: [TokenRow], for configuration: TransformerConfiguration, sharingPrompts: Bool = false
  ) throws(LossmithError) {
    rowCount = rows.count
    for (index, row) in rows.enumerated() {
      try Self.validate(row, index: index, configuration)
    }
    for members in Self.group(rows, sharingPrompts: sharingPrompts) {
      addGroup(members.map { ($0, rows[$0]) })
    }
  }

  /// One sequence, with an output at each of its tokens.
  ///
  /// - Throws: as the other initialiser.
  init(
    everyPositionOf tokens: [Int32], for configuration: TransformerConfiguration
  ) throws(LossmithError) {
    rowCount = 1
    try Self.validate(
      TokenRow(tokens: tokens + [0], scored: tokens.count..<(tokens.count + 1)), index: 0,
      configuration)
    self.tokens = tokens
    positions = tokens.indices.map { Int32($0) }
    segments = [Segment(tokens: tokens.indices)]
    outputs = tokens.indices.map {
      Output(position: $0, target: $0 + 1 < tokens.count ? tokens[$0 + 1] : -1, row: 0)
    }
    groups = [Group(segments: 0..<1, tokens: tokens.indices, outputs: outputs.indices)]
  }

  private static func validate(
    _ row: TokenRow, index: Int, _ configuration: TransformerConfiguration
  ) throws(LossmithError) {
    func refuse(_ message: String, _ remedy: String) throws(LossmithError) {
      throw LossmithError(.malformedInput, message, at: "row \(index)", remedy: remedy)
    }
    if row.scored.isEmpty {
      try refuse("The completion is empty.", "Leave the row out, or end it with an end token.")
    }
    if row.scored.lowerBound == 0 {
      try refuse(
        "The first token of a sequence has no prediction to score.",
        "Put the end-of-text token before it.")
    }
    let inputs = row.scored.upperBound - 1
    if inputs > configuration.contextLength {
      try refuse(
        "The sequence has \(inputs) tokens before its last; the model's context is"
          + " \(configuration.contextLength).", "Shorten the prompt or the completion.")
    }
    let limit = Int32(clamping: configuration.vocabularySize)
    if let token = row.tokens.first(where: { !(0..<limit).contains($0) }) {
      try refuse(
        "Token \(token) is outside the vocabulary of \(limit).",
        "Use the tokenizer that belongs to the model.")
    }
  }

  /// Which rows go together: those of one prompt, in the order of their first one.
  private static func group(_ rows: [TokenRow], sharingPrompts: Bool) -> [[Int]] {
    guard sharingPrompts else { return rows.indices.map { [$0] } }
    var places: [ArraySlice<Int32>: Int] = [:]
    var groups: [[Int]] = []
    for (index, row) in rows.enumerated() {
      let prompt = row.tokens[..<row.scored.lowerBound]
      if let place = places[prompt] {
        groups[place].append(index)
      } else {
        places[prompt] = groups.count
        groups.append([index])
      }
    }
    return groups
  }

  private mutating func addGroup(_ rows: [(index: Int, row: TokenRow)]) {
    let firstSegment = segments.count
    let firstToken = tokens.count
    let firstOutput = outputs.count
    if rows.count == 1 {
      let (index, row) = rows[0]
      let start = addSegment(row.tokens[..<(row.scored.upperBound - 1)], prefix: nil)
      addOutputs(of: row, index: index) { start + $0 }
    } else {
      let promptCount = rows[0].row.scored.lowerBound
      let promptStart = addSegment(rows[0].row.tokens[..<promptCount], prefix: nil)
      for (index, row) in rows {
        let own = row.tokens[promptCount..<(row.scored.upperBound - 1)]
        let start = own.isEmpty ? tokens.count : addSegment(own, prefix: firstSegment)
        addOutputs(of: row, index: index) {
          $0 < promptCount ? promptStart + $0 : start + $0 - promptCount
        }
      }
    }
    groups.append(
      Group(
        segments: firstSegment..<segments.count, tokens: firstToken..<tokens.count,
        outputs: firstOutput..<outputs.count, rows: rows.count))
  }

  private mutating func addSegment(_ slice: ArraySlice<Int32>, prefix: Int?) -> Int {
    let start = tokens.count
    tokens.append(contentsOf: slice)
    positions.append(contentsOf: slice.indices.map { Int32($0) })
    segments.append(Segment(tokens: start..<tokens.count, prefix: prefix))
    if let prefix { segments[prefix].isPrefix = true }
    return start
  }

  private mutating func addOutputs(of row: TokenRow, index: Int, place: (Int) -> Int) {
    for scored in row.scored {
      outputs.append(Output(position: place(scored - 1), target: row.tokens[scored], row: index))
    }
  }
}
