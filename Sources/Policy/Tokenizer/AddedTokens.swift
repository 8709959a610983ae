/// A token that is looked for in the text itself, before any splitting.
struct AddedToken: Sendable {
  var id: Int32
  var content: String
  /// Only between characters that are not part of a word.
  var singleWord = false
  /// Takes the white space before it along.
  var stripsLeft = false
  /// Takes the white space after it along.
  var stripsRight = false
  /// Looked for in the normalised text, in its own normalised form.
  var normalized = false
  /// Left out of decoded text.
  var special = false
}

/// Finds added tokens: the leftmost match, and of those the longest.
struct AddedTokenMatcher: Sendable {
  private var tokens: [(pattern: [UInt8], token: AddedToken)] = []
  /// Indices of the tokens that start with a byte, longest first.
  private var byFirstByte: [[Int]] = Array(repeating: [], count: 256)

  var isEmpty: Bool { tokens.isEmpty }

  /// - Parameter pattern: what to look for when a token is meant.
  init(_ tokens: [AddedToken], pattern: (AddedToken) -> [UInt8]) {
    for token in tokens {
      let bytes = pattern(token)
      guard let first = bytes.first else { continue }
      byFirstByte[Int(first)].append(self.tokens.count)
      self.tokens.append((bytes, token))
    }
    for byte in 0..<256 {
      byFirstByte[byte].sort { self.tokens[$0].pattern.count > self.tokens[$1].pattern.count }
    }
  }

  /// Cuts a text into tokens and what is between them; stretches of nothing are left out.
  ///
  /// - Precondition: the bytes are valid UTF-8.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ visit: (Range<Int>, AddedToken?) -> Void
  ) {
    var done = 0
    var index = 0
    while !tokens.isEmpty, index < bytes.count {
      guard let (token, length) = match(at: index, in: bytes) else {
        index += 1
        continue
      }
      var range = index..<(index + length)
      index = range.upperBound
      if token.singleWord, touchesWord(range, in: bytes) { continue }
      if token.stripsLeft { range = extendedLeft(range, in: bytes, limit: done) }
      if token.stripsRight { range = extendedRight(range, in: bytes) }
      // The white space that a token took along may reach beyond the start of the next match.
      let start = max(range.lowerBound, done)
      if done < start { visit(done..<start, nil) }
      visit(start..<max(range.upperBound, start), token)
      done = max(range.upperBound, done)
    }
    if done < bytes.count { visit(done..<bytes.count, nil) }
  }

  private func match(
    at index: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> (AddedToken, length: Int)? {
    for candidate in byFirstByte[Int(bytes[index])] {
      let pattern = tokens[candidate].pattern
      guard pattern.count <= bytes.count - index else { continue }
      if bytes[index..<(index + pattern.count)].elementsEqual(pattern) {
        return (tokens[candidate].token, pattern.count)
      }
    }
    return nil
  }

  private func touchesWord(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let text = ScalarView(bytes: bytes)
    if range.lowerBound > 0, ScalarClass.isWord(text.scalar(before: range.lowerBound).scalar) {
      return true
    }
    return range.upperBound < bytes.count
      && ScalarClass.isWord(text.scalar(at: range.upperBound).scalar)
  }

  private func extendedLeft(
    _ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, limit: Int
  ) -> Range<Int> {
    var start = range.lowerBound
    while start > limit {
      let (scalar, before) = ScalarView(bytes: bytes).scalar(before: start)
      guard scalar.properties.isWhitespace else { break }
      start = before
    }
    return start..<range.upperBound
  }

  private func extendedRight(
    _ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Range<Int> {
    var end = range.upperBound
    while end < bytes.count {
      let (scalar, next) = ScalarView(bytes: bytes).scalar(at: end)
      guard scalar.properties.isWhitespace else { break }
      end = next
    }
    return range.lowerBound..<end
  }
}
