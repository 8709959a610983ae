/// How token texts become one text.
enum TokenDecoder: Sendable {
  /// Token texts with blanks between them: what a tokenizer without a decoder does.
  case blanks
  /// Letters of ``ByteAlphabet`` back to bytes.
  case byteLevel
  indirect case sequence([Step])

  /// A step over the list of token texts.
  enum Step: Sendable {
    case replace([UInt8], by: [UInt8])
    /// `<0xE2>` back to bytes; a stretch of them that is not UTF-8 gives one U+FFFD a byte.
    case byteFallback
    /// All texts in one.
    case fuse
    /// Takes a scalar off the ends of each text, so many times at most.
    case strip([UInt8], start: Int, end: Int)
    case byteLevel
    /// The scalar that stands for a blank back to one; nothing in the first text, if the flag says so.
    case metaspace([UInt8], dropsFirst: Bool)
  }

  func decode(_ tokens: [String]) -> String {
    switch self {
    case .blanks: return tokens.joined(separator: " ")
    case .byteLevel:
      return String(decoding: tokens.flatMap(ByteAlphabet.bytes(of:)), as: UTF8.self)
    case .sequence(let steps):
      let pieces = steps.reduce(tokens.map { Array($0.utf8) }) { Self.apply($1, to: $0) }
      return String(decoding: pieces.flatMap(\.self), as: UTF8.self)
    }
  }

  private static func apply(_ step: Step, to tokens: [[UInt8]]) -> [[UInt8]] {
    switch step {
    case .replace(let pattern, let new):
      tokens.map { ByteText.replacing(pattern, by: new, in: $0) }
    case .metaspace(let blank, let dropsFirst):
      tokens.enumerated().map { index, token in
        let isDropped = index == 0 && dropsFirst
        return ByteText.replacing(blank, by: isDropped ? [] : [UInt8(ascii: " ")], in: token)
      }
    case .byteFallback: joinBytes(tokens)
    case .fuse: [tokens.flatMap(\.self)]
    case .strip(let scalar, let start, let end):
      tokens.map { strip($0, scalar, start: start, end: end) }
    case .byteLevel:
      [
        Array(
          String(
            decoding: tokens.flatMap {
              ByteAlphabet.bytes(of: String(decoding: $0, as: UTF8.self))
            },
            as: UTF8.self
          ).utf8)
      ]
    }
  }

  private static func joinBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      guard !run.isEmpty else { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        for _ in run { result.append([0xEF, 0xBF, 0xBD]) }
      }
      run = []
    }
    for token in tokens {
      if let byte = fallbackByte(token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  /// The byte that `<0xE2>` names.
  private static func fallbackByte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">")
    else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private static func strip(
    _ token: [UInt8], _ scalar: [UInt8], start: Int, end: Int
  ) -> [UInt8] {
    guard !scalar.isEmpty else { return token }
    var rest = token[...]
    for _ in 0..<start where rest.starts(with: scalar) { rest = rest.dropFirst(scalar.count) }
    for _ in 0..<end where rest.count >= scalar.count && rest.suffix(scalar.count) == scalar[...] {
      rest = rest.dropLast(scalar.count)
    }
    return Array(rest)
  }
}
