/// Reads one JSON object from bytes, more tolerant than the standard.
///
/// No step recurses: nested values that a proposal has no use for are skipped with a counter,
/// so that no reply can exhaust the stack.
struct ReplyReader {
  enum Style {
    /// JSON, with raw control characters in strings, unknown escapes and trailing commas allowed.
    case strict
    /// Also single quotes, bare keys, missing commas, quotes that were not escaped, `"""` and
    /// back-tick strings: what can only be guessed.
    case lenient
  }

  /// Deeper nesting is refused.
  static let maximumDepth = 256
  /// Members beyond this number are refused.
  static let maximumMembers = 256

  let bytes: [UInt8]
  let style: Style
  var position: Int
  private var object = ReplyObject()
  /// The key whose value is being read.
  private var key: String?

  init(_ bytes: [UInt8], style: Style, at position: Int) {
    self.bytes = bytes
    self.style = style
    self.position = position
    object.range = position..<position
  }

  /// The object that opens at the current position.
  ///
  /// An object whose text ends early is good enough once its code is complete.
  mutating func readObject() throws(ReplyProblem) -> ReplyObject {
    let start = position
    do {
      try readMembers()
    } catch {
      guard case .cutOff = error.kind, object.code != nil else {
        var problem = error
        problem.start = start
        problem.hasKnownKey = object.hasKnownKey || key.map(ReplyObject.isKnown) == true
        throw problem
      }
    }
    object.range = start..<position
    return object
  }

  private mutating func readMembers() throws(ReplyProblem) {
    position += 1
    var count = 0
    while true {
      key = nil
      skipSpace()
      switch try byte() {
      case UInt8(ascii: "}"):
        position += 1
        return
      case UInt8(ascii: ","):
        position += 1
        continue
      default: break
      }
      count += 1
      guard count <= Self.maximumMembers else { throw problem(.tooMany) }
      let name = try readKey()
      key = name
      skipSpace()
      guard try byte() == UInt8(ascii: ":") else { throw problem(.expected("a colon")) }
      position += 1
      skipSpace()
      object.set(name, try readValue())
      skipSpace()
      switch try byte() {
      case UInt8(ascii: "}"), UInt8(ascii: ","): break
      default:
        guard style == .lenient else { throw problem(.expected("a comma or a closing brace")) }
      }
    }
  }

  private mutating func readKey() throws(ReplyProblem) -> String {
    let first = try byte()
    if first == UInt8(ascii: "\"") || (style == .lenient && first == UInt8(ascii: "'")) {
      return try readString(quote: first, isKey: true)
    }
    guard style == .lenient else { throw problem(.expected("a key in double quotes")) }
    let start = position
    while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
    guard position > start else { throw problem(.expected("a key")) }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func readValue() throws(ReplyProblem) -> ReplyObject.Value {
    switch try byte() {
    case UInt8(ascii: "\""):
      return .string(try readString(quote: UInt8(ascii: "\""), isKey: false))
    case UInt8(ascii: "'") where style == .lenient:
      return .string(try readString(quote: UInt8(ascii: "'"), isKey: false))
    case UInt8(ascii: "`") where style == .lenient:
      return .string(try readRun(of: UInt8(ascii: "`")))
    case UInt8(ascii: "["):
      return try readArray()
    case UInt8(ascii: "{"):
      try skipNested()
      return .other("an object")
    case UInt8(ascii: "}"), UInt8(ascii: ","):
      throw problem(.expected("a value"))
    default:
      return .other(try skipWord())
    }
  }

  /// An array of strings is a text given line by line; any other array is skipped.
  private mutating func readArray() throws(ReplyProblem) -> ReplyObject.Value {
    let start = position
    position += 1
    var lines: [String] = []
    while true {
      skipSpace()
      switch try byte() {
      case UInt8(ascii: "]"):
        position += 1
        return .string(lines.joined(separator: "\n"))
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "\""):
        lines.append(try readString(quote: UInt8(ascii: "\""), isKey: false, inArray: true))
      default:
        position = start
        try skipNested()
        return .other("an array")
      }
    }
  }

  private mutating func skipNested() throws(ReplyProblem) {
    var depth = 0
    repeat {
      switch try byte() {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        guard depth <= Self.maximumDepth else { throw problem(.tooDeep) }
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
      case UInt8(ascii: "\""):
        _ = try readString(quote: UInt8(ascii: "\""), isKey: true)
      default: position += 1
      }
    } while depth > 0
  }

  /// A number or a bare word; says what it was.
  private mutating func skipWord() throws(ReplyProblem) -> String {
    let start = position
    while position < bytes.count,
      Self.isWord(bytes[position]) || "+-.".utf8.contains(bytes[position])
    {
      position += 1
    }
    guard position > start else { throw problem(.expected("a value")) }
    let word = String(decoding: bytes[start..<min(position, start + 20)], as: UTF8.self)
    return word.first.map { $0.isNumber || "+-.".contains($0) } == true ? "a number" : word
  }

  // MARK: - Strings

  private mutating func readString(
    quote: UInt8, isKey: Bool, inArray: Bool = false
  ) throws(ReplyProblem) -> String {
    if style == .lenient, !isKey, starts(with: [quote, quote, quote]) {
      return try readRun(of: quote)
    }
    var out: [UInt8] = []
    position += 1
    while true {
      let next = try byte()
      position += 1
      if next == quote {
        if style == .strict || isKey || closes(after: position, inArray: inArray) { break }
        out.append(next)
      } else if next == UInt8(ascii: "\\") {
        try readEscape(into: &out)
      } else {
        out.append(next)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A raw text between runs of one quote: `"""…"""` or three back-ticks.
  private mutating func readRun(of quote: UInt8) throws(ReplyProblem) -> String {
    let start = position
    while position < bytes.count, bytes[position] == quote { position += 1 }
    let length = position - start
    let begin = position
    var run = 0
    while run < length {
      run = try byte() == quote ? run + 1 : 0
      position += 1
    }
    let text = String(decoding: bytes[begin..<(position - length)], as: UTF8.self)
    // A fence keeps its marks; whoever strips fences from code strips these.
    let isFence = quote == UInt8(ascii: "`") && length >= 3
    return isFence ? "```" + text + "\n```" : text
  }

  private mutating func readEscape(into out: inout [UInt8]) throws(ReplyProblem) {
    let letter = try byte()
    position += 1
    switch letter {
    case UInt8(ascii: "n"), 0x0A: out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"):
      out.append(letter)
    case UInt8(ascii: "u"):
      guard let unit = hexadecimal(at: position) else {
        // Swift's own \u{…} or a slip: the text is left as it stands.
        out += [UInt8(ascii: "\\"), letter]
        return
      }
      position += 4
      out += Array(String(scalar(from: unit)).utf8)
    default: out += [UInt8(ascii: "\\"), letter]  // \( … ) of Swift, \d of an expression
    }
  }

  /// The scalar of a UTF-16 unit, with the second unit of a pair where one follows.
  private mutating func scalar(from unit: UInt32) -> Unicode.Scalar {
    if (0xD800..<0xDC00).contains(unit), starts(with: Array("\\u".utf8)),
      let low = hexadecimal(at: position + 2), (0xDC00..<0xE000).contains(low)
    {
      position += 6
      return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private func hexadecimal(at index: Int) -> UInt32? {
    guard index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index..<(index + 4)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 + UInt32(digit)
    }
    return value
  }

  /// Whether a quote ends its string, judged by what comes after it.
  private func closes(after index: Int, inArray: Bool) -> Bool {
    let next = firstNonSpace(from: index)
    guard next < bytes.count else { return true }
    switch bytes[next] {
    case UInt8(ascii: "}"):
      let follower = firstNonSpace(from: next + 1)
      guard follower < bytes.count else { return true }
      return "`,}]".utf8.contains(bytes[follower])
        || bytes[(next + 1)..<follower].contains(0x0A)
    case UInt8(ascii: "]"): return inArray
    case UInt8(ascii: ","):
      let follower = firstNonSpace(from: next + 1)
      guard follower < bytes.count else { return true }
      if inArray { return bytes[follower] == UInt8(ascii: "\"") }
      return bytes[follower] == UInt8(ascii: "}") || knownKey(at: follower)
    default: return knownKey(at: next)
    }
  }

  /// Whether `"thought" :` or another key that a proposal has stands here, quoted or bare.
  private func knownKey(at index: Int) -> Bool {
    var cursor = index
    let isQuoted = cursor < bytes.count && "\"'".utf8.contains(bytes[cursor])
    if isQuoted { cursor += 1 }
    let start = cursor
    while cursor < bytes.count, cursor < start + 12, Self.isWord(bytes[cursor]) { cursor += 1 }
    guard ReplyObject.isKnown(String(decoding: bytes[start..<cursor], as: UTF8.self)) else {
      return false
    }
    if isQuoted {
      guard cursor < bytes.count, bytes[cursor] == bytes[index] else { return false }
      cursor += 1
    }
    cursor = firstNonSpace(from: cursor)
    return cursor < bytes.count && bytes[cursor] == UInt8(ascii: ":")
  }

  // MARK: - Bytes

  private func byte() throws(ReplyProblem) -> UInt8 {
    guard position < bytes.count else { throw problem(.cutOff) }
    return bytes[position]
  }

  private func problem(_ kind: ReplyProblem.Kind) -> ReplyProblem {
    ReplyProblem(kind: kind, key: key, position: position)
  }

  private mutating func skipSpace() { position = firstNonSpace(from: position) }

  private func firstNonSpace(from index: Int) -> Int {
    var index = index
    while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    return index
  }

  private func starts(with prefix: [UInt8]) -> Bool {
    position + prefix.count <= bytes.count
      && bytes[position..<(position + prefix.count)].elementsEqual(prefix)
  }

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
