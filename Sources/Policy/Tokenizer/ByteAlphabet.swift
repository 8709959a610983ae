/// GPT-2's visible letter for each byte, in which byte-level vocabularies are written.
///
/// Printable Latin-1 bytes stand for themselves; the other 68 are U+0100 and on, in their order.
enum ByteAlphabet {
  /// The letter of each byte.
  static let letters: [UnicodeScalar] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UnicodeScalar(byte)!
      default:
        defer { next += 1 }
        return UnicodeScalar(next)!
      }
    }
  }()

  /// The byte of each letter.
  static let bytes: [UnicodeScalar: UInt8] = Dictionary(
    uniqueKeysWithValues: letters.enumerated().map { ($1, UInt8($0)) })

  /// The bytes that a token of letters means. A token with another scalar means its own UTF-8, as
  /// an added token does.
  static func bytes(of token: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = bytes[scalar] else { return Array(token.utf8) }
      result.append(byte)
    }
    return result
  }

  /// The letters of bytes, as a token's text.
  static func token(of bytes: some Sequence<UInt8>) -> String {
    var view = String.UnicodeScalarView()
    for byte in bytes { view.append(letters[Int(byte)]) }
    return String(view)
  }
}
