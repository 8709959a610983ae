/// A name of a loss in catalogue, cache and reports: `[a-z0-9-]{1,31}`.
///
/// A model may name its loss anything; no such text ever becomes part of a path. Different texts
/// may give one name: a name labels, a digest identifies.
public struct PluginName: Hashable, Sendable, CustomStringConvertible {
  public let text: String
  public var description: String { text }

  /// A NUL-terminated name fits the 32 bytes of the ABI.
  public static let lengthLimit = 31

  /// A name that is already in form; nil for any other text.
  public init?(exactly text: String) {
    guard (1...Self.lengthLimit).contains(text.utf8.count),
      text.utf8.allSatisfy({ Self.isAllowed($0) })
    else { return nil }
    self.text = text
  }

  /// The name nearest to any text.
  ///
  /// Capital letters become small, a capital after a small letter begins a new word, every run of
  /// other characters becomes one hyphen, the end is cut. A text without a single usable
  /// character is `loss`.
  public init(from text: String) {
    var bytes: [UInt8] = []
    var wasLower = false
    for byte in text.utf8 {
      let isUpper = (0x41...0x5a).contains(byte)
      let small = isUpper ? byte + 0x20 : byte
      if Self.isAllowed(small), small != UInt8(ascii: "-") {
        if isUpper, wasLower { bytes.append(UInt8(ascii: "-")) }
        bytes.append(small)
      } else if let last = bytes.last, last != UInt8(ascii: "-") {
        bytes.append(UInt8(ascii: "-"))
      }
      wasLower = !isUpper && Self.isAllowed(byte) && byte != UInt8(ascii: "-")
    }
    bytes = Array(bytes.prefix(Self.lengthLimit))
    while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
    self.text = bytes.isEmpty ? "loss" : String(decoding: bytes, as: UTF8.self)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "-"): true
    default: false
    }
  }
}
