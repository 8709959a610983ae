/// Why bytes are not the JSON that was expected.
struct JSONFault: Error, Sendable, CustomStringConvertible {
  /// Where in the text, in bytes from 0.
  var offset: Int
  /// What is wrong, half a sentence: `the string does not end`.
  var reason: String

  var description: String { "\(reason) (byte \(offset))" }
}

/// A strict reader of JSON (RFC 8259) over bytes that nobody vouches for.
///
/// Pull style: the caller says what must come next, and the first disagreement ends the reading. So
/// a hostile text costs time and memory linear in its length at most, and nesting is bounded.
/// Strictness that Foundation's reader lacks: a key that occurs twice is an error, as is invalid
/// UTF-8 anywhere.
struct JSONReader {
  /// What a `\u` escape that is half of a surrogate pair becomes.
  enum LoneSurrogates { case refuse, replace }

  /// Deeper nesting is refused: real documents have less than 10 levels.
  static let maximumDepth = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private let loneSurrogates: LoneSurrogates
  private(set) var position = 0

  /// - Parameter bytes: must outlive the reader.
  init(_ bytes: UnsafeBufferPointer<UInt8>, loneSurrogates: LoneSurrogates = .refuse) {
    self.bytes = bytes
    self.loneSurrogates = loneSurrogates
  }

  /// The tree of a whole document, with nothing but white space after it.
  static func parse(
    _ bytes: [UInt8], loneSurrogates: LoneSurrogates = .refuse
  ) throws(JSONFault) -> JSONValue {
    do {
      return try bytes.withUnsafeBufferPointer { buffer in
        var reader = JSONReader(buffer, loneSurrogates: loneSurrogates)
        let value = try reader.readValue()
        try reader.finish()
        return value
      }
    } catch let fault as JSONFault {
      throw fault
    } catch {
      throw JSONFault(offset: 0, reason: "\(error)")
    }
  }

  func fault(_ reason: String, at offset: Int? = nil) -> JSONFault {
    JSONFault(offset: offset ?? position, reason: reason)
  }

  /// The next byte that is not white space, left where it is; nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  /// Takes one punctuation byte after optional white space.
  mutating func expect(_ byte: UInt8) throws(JSONFault) {
    guard try take(byte) else {
      throw fault("expected \"\(Character(UnicodeScalar(byte)))\"")
    }
  }

  /// Takes the byte if it comes next.
  ///
  /// - Throws: at the end of the text only.
  mutating func take(_ byte: UInt8) throws(JSONFault) -> Bool {
    guard let next = peek() else { throw fault("the text ends too early") }
    if next == byte { position += 1 }
    return next == byte
  }

  /// Checks that only white space is left.
  mutating func finish() throws(JSONFault) {
    if peek() != nil { throw fault("there is text after the end of the document") }
  }

  /// Reads the members of an object, one call a member, with the reader at the value.
  mutating func readMembers(
    _ member: (inout JSONReader, String) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try expect(UInt8(ascii: "{"))
    if try take(UInt8(ascii: "}")) { return }
    var seen = Set<ExactText>()
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw fault("expected a key") }
      let start = position
      let key = try readString()
      guard seen.insert(ExactText(key)).inserted else {
        throw fault("the key \"\(Self.shortened(key))\" occurs twice", at: start)
      }
      try expect(UInt8(ascii: ":"))
      try member(&self, key)
    } while try take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Reads the elements of a list, one call an element.
  mutating func readElements(
    _ element: (inout JSONReader) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try expect(UInt8(ascii: "["))
    if try take(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while try take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
  }

  /// Reads any value.
  mutating func readValue(depth: Int = 0) throws(JSONFault) -> JSONValue {
    guard depth < Self.maximumDepth else { throw fault("the nesting is too deep") }
    guard let next = peek() else { throw fault("the text ends too early") }
    switch next {
    case UInt8(ascii: "{"):
      var object = JSONObject()
      try readMembers { (reader, key) throws(JSONFault) in
        object.members.append((key, try reader.readValue(depth: depth + 1)))
      }
      return .object(object)
    case UInt8(ascii: "["):
      var list: [JSONValue] = []
      try readElements { (reader) throws(JSONFault) in
        list.append(try reader.readValue(depth: depth + 1))
      }
      return .array(list)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    default: return try readNumber()
    }
  }

  private mutating func readWord(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONFault) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard position + index < bytes.count, bytes[position + index] == word.utf8Start[index] else {
        throw fault("this is not a JSON value")
      }
    }
    position += word.utf8CodeUnitCount
    return value
  }

  /// At most 60 scalars of a text, for messages.
  static func shortened(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 60 else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(60))) + "…"
  }
}

// MARK: - Numbers and strings

extension JSONReader {
  /// Reads a whole number that fits an `Int`.
  mutating func readInteger() throws(JSONFault) -> Int {
    _ = peek()
    let start = position
    guard case .integer(let value) = try readNumber() else {
      throw fault("expected a whole number", at: start)
    }
    return value
  }

  private func isDigit(_ index: Int) -> Bool {
    index < bytes.count && bytes[index] >= 0x30 && bytes[index] <= 0x39
  }

  private mutating func skipDigits() throws(JSONFault) {
    guard isDigit(position) else { throw fault("expected a digit") }
    while isDigit(position) { position += 1 }
  }

  fileprivate mutating func readNumber() throws(JSONFault) -> JSONValue {
    let start = position
    func nextIs(_ byte: Character, or other: Character? = nil) -> Bool {
      guard position < bytes.count else { return false }
      return bytes[position] == byte.asciiValue || bytes[position] == other?.asciiValue
    }
    if nextIs("-") { position += 1 }
    guard isDigit(position) else { throw fault("this is not a JSON value", at: start) }
    if nextIs("0") {
      position += 1
      if isDigit(position) { throw fault("a number starts with 0", at: start) }
    } else {
      try skipDigits()
    }
    var whole = true
    if nextIs(".") {
      whole = false
      position += 1
      try skipDigits()
    }
    if nextIs("e", or: "E") {
      whole = false
      position += 1
      if nextIs("+", or: "-") { position += 1 }
      try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if whole, let integer = Int(text) { return .integer(integer) }
    guard let double = Double(text), double.isFinite else {
      throw fault("the number is too large", at: start)
    }
    return .number(double)
  }

  /// Reads a string with its quotes and escapes.
  mutating func readString() throws(JSONFault) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return try text(UnsafeBufferPointer(rebasing: bytes[start..<position]), from: start)
      case UInt8(ascii: "\\"): return try readEscapedString(from: start)
      case 0..<0x20: throw fault("a control character in a string must be escaped")
      default: position += 1
      }
    }
    throw fault("the string does not end", at: start - 1)
  }

  private func text(
    _ code: UnsafeBufferPointer<UInt8>, from start: Int
  ) throws(JSONFault) -> String {
    guard let text = String(validating: code, as: UTF8.self) else {
      throw fault("the string is not valid UTF-8", at: start)
    }
    return text
  }

  /// The rest of a string that has escapes, from the first of them.
  private mutating func readEscapedString(from start: Int) throws(JSONFault) -> String {
    var code = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: code, as: UTF8.self) else {
          throw fault("the string is not valid UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): try readEscape(into: &code)
      case 0..<0x20:
        throw fault("a control character in a string must be escaped", at: position - 1)
      default: code.append(byte)
      }
    }
    throw fault("the string does not end", at: start - 1)
  }

  private mutating func readEscape(into code: inout [UInt8]) throws(JSONFault) {
    let start = position - 1
    guard position < bytes.count else { throw fault("the string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): code.append(byte)
    case UInt8(ascii: "b"): code.append(0x08)
    case UInt8(ascii: "f"): code.append(0x0C)
    case UInt8(ascii: "n"): code.append(0x0A)
    case UInt8(ascii: "r"): code.append(0x0D)
    case UInt8(ascii: "t"): code.append(0x09)
    case UInt8(ascii: "u"):
      var value = try readHexadecimal()
      if (0xD800..<0xDC00).contains(value), position + 1 < bytes.count,
        bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      {
        let after = position
        position += 2
        let low = try readHexadecimal()
        if (0xDC00..<0xE000).contains(low) {
          value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        } else {
          position = after
        }
      }
      if let scalar = UnicodeScalar(value) {
        code.append(contentsOf: UTF8.encode(scalar)!)
      } else if loneSurrogates == .replace {
        code.append(contentsOf: [0xEF, 0xBF, 0xBD])
      } else {
        throw fault("half of a surrogate pair stands alone", at: start)
      }
    default: throw fault("there is no such escape", at: start)
    }
  }

  private mutating func readHexadecimal() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = UnicodeScalar(bytes[position]).properties.isASCIIHexDigit
        ? Character(UnicodeScalar(bytes[position])).hexDigitValue : nil
      else { throw fault("expected four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
