/// What the splitting patterns of tokenizers ask of a Unicode scalar.
enum ScalarClass: UInt8 {
  /// \p{L}
  case letter
  /// \p{N}
  case number
  /// \s: the property White_Space
  case space
  case other

  /// Scalars of a later version of Unicode count as unassigned, as they do for Hugging Face's
  /// `tokenizers`, whose regular expressions know Unicode 16. Token ids must not change with the
  /// version of the Swift runtime.
  static let newestUnicode = (major: 16, minor: 0)

  @inline(__always)
  init(_ scalar: UnicodeScalar) {
    self = scalar.value < 0x80 ? Self.ascii[Int(scalar.value)] : Self(beyondASCII: scalar)
  }

  private static let ascii: [ScalarClass] = (0..<0x80).map { byte in
    switch UInt8(byte) {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
    case UInt8(ascii: "0")...UInt8(ascii: "9"): .number
    case 0x09...0x0D, 0x20: .space
    default: .other
    }
  }

  private init(beyondASCII scalar: UnicodeScalar) {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = Self.isKnown(scalar) ? .letter : .other
    case .decimalNumber, .letterNumber, .otherNumber:
      self = Self.isKnown(scalar) ? .number : .other
    default: self = properties.isWhitespace ? .space : .other
    }
  }

  private static func isKnown(_ scalar: UnicodeScalar) -> Bool {
    // Asking for the age is slow, and no old block has gained letters that need the question.
    if scalar.value < 0x250 { return true }
    guard let age = scalar.properties.age else { return false }
    return (age.major, age.minor) <= newestUnicode
  }

  /// \w of the `regex` crate: letters, marks, decimal digits, connectors and join controls.
  static func isWord(_ scalar: UnicodeScalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}

/// Scalars of valid UTF-8.
struct ScalarView {
  let bytes: UnsafeBufferPointer<UInt8>

  /// The scalar that starts at an index, and the index after it.
  ///
  /// - Precondition: the bytes are valid UTF-8 and a scalar starts there.
  @inline(__always)
  func scalar(at index: Int) -> (scalar: UnicodeScalar, next: Int) {
    let first = UInt32(bytes[index])
    func tail(_ offset: Int) -> UInt32 { UInt32(bytes[index + offset]) & 0x3F }
    var value = first
    var length = 1
    switch first {
    case ..<0x80: break
    case ..<0xE0:
      value = (first & 0x1F) << 6 | tail(1)
      length = 2
    case ..<0xF0:
      value = (first & 0x0F) << 12 | tail(1) << 6 | tail(2)
      length = 3
    default:
      value = (first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)
      length = 4
    }
    return (UnicodeScalar(value) ?? "\u{FFFD}", index + length)
  }

  /// The scalar that ends before an index.
  func scalar(before index: Int) -> (scalar: UnicodeScalar, start: Int) {
    var start = index - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return (scalar(at: start).scalar, start)
  }
}
