/// Numbers and strings.
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

  mutating func readNumber() throws(JSONFault) -> JSONValue {
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
      guard position < bytes.count,
        let digit = UnicodeScalar(bytes[position]).properties.isASCIIHexDigit
          ? Character(UnicodeScalar(bytes[position])).hexDigitValue : nil
      else { throw fault("expected four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
