/// Splits a text as GPT-2 does before byte-pair encoding.
///
/// The pattern, of which this is a hand-written form over Unicode scalars:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// Every byte of the text ends up in exactly one piece. Only the plain apostrophe makes
/// contractions, and only in lower case.
enum GPT2Splitter {
  /// Calls `piece` with the range of each piece, in order.
  ///
  /// - Precondition: the bytes are valid UTF-8.
  static func split(_ bytes: UnsafeBufferPointer<UInt8>, _ piece: (Range<Int>) -> Void) {
    let text = ScalarView(bytes: bytes)
    var start = 0
    while start < bytes.count {
      let end = self.end(of: start, in: text)
      piece(start..<end)
      start = end
    }
  }

  private static func end(of start: Int, in text: ScalarView) -> Int {
    let bytes = text.bytes
    if bytes[start] == UInt8(ascii: "'"), let end = contraction(at: start, in: bytes) { return end }
    // " ?" and a run of one class.
    var first = start
    if bytes[start] == UInt8(ascii: " "), start + 1 < bytes.count { first += 1 }
    let (scalar, next) = text.scalar(at: first)
    let kind = ScalarClass(scalar)
    if kind != .space { return run(of: kind, from: next, in: text) }
    // \s+(?!\S): all of the white space at the end of the text; elsewhere all but its last scalar,
    // which goes with the next piece. \s+ is left for a single one that nothing can take along.
    let end = run(of: .space, from: text.scalar(at: start).next, in: text)
    if end == bytes.count { return end }
    let last = text.scalar(before: end).start
    return last > start ? last : end
  }

  private static func run(of kind: ScalarClass, from start: Int, in text: ScalarView) -> Int {
    var end = start
    while end < text.bytes.count {
      let (scalar, next) = text.scalar(at: end)
      guard ScalarClass(scalar) == kind else { break }
      end = next
    }
    return end
  }

  /// The end of 's, 't, 're, 've, 'm, 'll or 'd.
  private static func contraction(at start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard start + 1 < bytes.count else { return nil }
    switch UnicodeScalar(bytes[start + 1]) {
    case "s", "t", "m", "d": return start + 2
    case "r", "v":
      return start + 2 < bytes.count && bytes[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case "l":
      return start + 2 < bytes.count && bytes[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default: return nil
    }
  }
}
