/// What a source says of itself, as far as words tell.
public struct SourceFacts: Hashable, Sendable {
  /// The first line of the first documentation comment; empty without one.
  public var summary = ""
  /// Whether a function `loss` stands at the top level.
  public var definesLoss = false
  /// Every identifier in the source.
  public var identifiers: Set<String> = []
  /// Identifiers after a dot.
  ///
  /// A column of the batch that is not among them is certainly not read; one that is may be.
  public var members: Set<String> = []
  /// The type of the batch that `loss` takes, for example `PairwiseBatch`; nil without one.
  public var batchType: String?

  public init() {}

  init(_ lexed: LexedSource) {
    summary = lexed.documentation.first { !$0.text.isEmpty }?.text ?? ""
    let tokens = lexed.tokens
    var afterDot = false
    for token in tokens {
      if token.kind == .identifier || token.kind == .quotedIdentifier {
        identifiers.insert(token.text)
        if afterDot { members.insert(token.text) }
      }
      afterDot = token.kind == .punctuation && token.text == "."
    }
    for index in tokens.indices.dropLast(2) where Self.beginsLoss(tokens[index...]) {
      definesLoss = true
      // func loss ( _ batch : PairwiseBatch
      let type = tokens[index...].prefix(12).first {
        $0.kind == .identifier && $0.text.hasSuffix("Batch")
      }
      batchType = type?.text
      break
    }
  }

  private static func beginsLoss(_ tokens: ArraySlice<SourceToken>) -> Bool {
    let (name, open) = (tokens[tokens.startIndex + 1], tokens[tokens.startIndex + 2])
    return tokens.first?.text == "func" && tokens.first?.kind == .identifier
      && tokens.first?.depth == 0 && name.text == "loss" && (open.text == "(" || open.text == "<")
  }
}
