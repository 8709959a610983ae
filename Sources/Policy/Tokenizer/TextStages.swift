/// Where a stretch of text stands.
enum TextPlace: Sendable {
  /// At the beginning of a text.
  case beginning
  /// Behind an added token.
  case inside
  /// Behind a text that was encoded before: nothing is put in front.
  case continuation
}

/// A rewriting of text before it is cut into pieces.
enum TextNormalizer: Sendable {
  /// Puts a text in front of every text that is not empty.
  case prepend([UInt8])
  case replace([UInt8], by: [UInt8])
  indirect case sequence([TextNormalizer])

  func apply(_ text: [UInt8], at place: TextPlace) -> [UInt8] {
    switch self {
    case .prepend(let front): text.isEmpty || place == .continuation ? text : front + text
    case .replace(let pattern, let replacement):
      ByteText.replacing(pattern, by: replacement, in: text)
    case .sequence(let steps): steps.reduce(text) { $1.apply($0, at: place) }
    }
  }
}

/// How a stretch of text is cut into the pieces that the model encodes one by one.
enum TextSplitter: Sendable {
  /// One piece.
  case none
  /// ``GPT2Splitter``; the flags are those of Hugging Face's `ByteLevel`.
  case gpt2(addsPrefixSpace: Bool, splits: Bool)
  /// Runs of word characters and runs of others, white space dropped: `\w+|[^\w\s]+`.
  case words
  /// Whatever is between white space.
  case blanks
  /// Blanks written as a visible scalar, as in SentencePiece, and one put in front.
  case metaspace(Metaspace)

  /// - Precondition: the bytes are valid UTF-8 and not empty.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: TextPlace = .beginning,
    _ piece: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    switch self {
    case .none: piece(bytes)
    case .metaspace(let metaspace): metaspace.split(bytes, at: place, piece)
    case .gpt2(let addsPrefixSpace, let splits):
      if addsPrefixSpace, bytes[0] != UInt8(ascii: " ") {
        let prefixed = [UInt8(ascii: " ")] + Array(bytes)
        let splitter = Self.gpt2(addsPrefixSpace: false, splits: splits)
        prefixed.withUnsafeBufferPointer { splitter.split($0, at: place, piece) }
      } else if splits {
        GPT2Splitter.split(bytes) { piece(UnsafeBufferPointer(rebasing: bytes[$0])) }
      } else {
        piece(bytes)
      }
    case .words: Self.runs(bytes, piece) { ScalarClass.isWord($0) ? 1 : 2 }
    case .blanks: Self.runs(bytes, piece) { _ in 1 }
    }
  }

  /// Runs of scalars of one kind; white space only separates.
  private static func runs(
    _ bytes: UnsafeBufferPointer<UInt8>, _ piece: (UnsafeBufferPointer<UInt8>) -> Void,
    kind: (UnicodeScalar) -> Int
  ) {
    let text = ScalarView(bytes: bytes)
    var start = 0
    var current = 0
    var index = 0
    while index < bytes.count {
      let (scalar, next) = text.scalar(at: index)
      let new = scalar.properties.isWhitespace ? 0 : kind(scalar)
      if new != current {
        if current != 0 { piece(UnsafeBufferPointer(rebasing: bytes[start..<index])) }
        start = index
        current = new
      }
      index = next
    }
    if current != 0 { piece(UnsafeBufferPointer(rebasing: bytes[start...])) }
  }
}

/// Byte strings.
enum ByteText {
  /// Every occurrence from the left replaced; an empty pattern replaces nothing.
  static func replacing(_ pattern: [UInt8], by new: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard !pattern.isEmpty, text.count >= pattern.count else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == pattern[0], text[index...].starts(with: pattern) {
        result.append(contentsOf: new)
        index += pattern.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}
