/// SentencePiece's way with blanks, as Hugging Face's `Metaspace` has it.
struct Metaspace: Sendable {
  /// Where a blank is put in front of a stretch that does not begin with one.
  enum Prepending: String, Sendable {
    case always
    /// At the beginning of the text only, not behind an added token.
    case first
    case never
  }

  /// What is written for a blank, U+2581 as a rule.
  var replacement: [UInt8]
  var prepending: Prepending
  /// Whether every blank begins a new piece.
  var splits: Bool

  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: TextPlace,
    _ piece: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var text = ByteText.replacing([UInt8(ascii: " ")], by: replacement, in: Array(bytes))
    let isPrepending =
      switch prepending {
      case .always: place != .continuation
      case .first: place == .beginning
      case .never: false
      }
    if isPrepending, !text.starts(with: replacement) { text = replacement + text }
    text.withUnsafeBufferPointer { text in
      guard splits else { return piece(text) }
      var start = 0
      for index in text.indices.dropFirst()
      where text[index] == replacement[0] && text[index...].starts(with: replacement) {
        piece(UnsafeBufferPointer(rebasing: text[start..<index]))
        start = index
      }
      piece(UnsafeBufferPointer(rebasing: text[start...]))
    }
  }
}
