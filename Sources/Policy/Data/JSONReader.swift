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

  let bytes: UnsafeBufferPointer<UInt8>
  let loneSurrogates: LoneSurrogates
  var position = 0

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
