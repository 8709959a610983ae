/// A word of Swift source with its place.
struct SourceToken: Hashable {
  enum Kind: Hashable {
    case identifier
    /// An identifier in backticks: never a keyword.
    case quotedIdentifier
    /// The name after `@`, without it.
    case attribute
    /// The name after `#`, without it.
    case directive
    case number
    /// A string literal; interpolated code follows as tokens of its own.
    case string
    /// One character of anything else.
    case punctuation
  }

  var kind: Kind
  var text: String
  /// From 1.
  var line: Int
  /// In UTF-8 bytes, from 1, as the compiler counts.
  var column: Int
  /// Braces around the token.
  var depth: Int
}

/// What a lexer found in a file.
struct LexedSource {
  var tokens: [SourceToken] = []
  /// Documentation comments, each line on its own without its marker.
  var documentation: [(line: Int, text: String)] = []
  /// Constructs that never end, and characters that have no place in source.
  var faults: [(line: Int, column: Int, message: String)] = []
}
