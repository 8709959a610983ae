/// The features of a text: which words and which pairs of neighbouring words it has.
///
/// A word is a run of letters, digits, apostrophes and bytes beyond ASCII, in lower case; each `!`
/// and `?` is one as well. A feature is a 32-bit hash of one word or of two in a row, cut to a
/// number of bits: its bucket. How often a feature occurs does not count, only that it does (Wang
/// and Manning, "Baselines and Bigrams", ACL 2012, find presence better than counts for sentiment).
struct SentimentFeatures: Sendable {
  /// Buckets are numbered below 2^bits.
  let bits: Int

  var buckets: Int { 1 << bits }

  /// Calls `body` with the bucket of every feature, in the order of the text, repeats included.
  func forEach(of text: String, _ body: (UInt32) -> Void) {
    var text = text
    text.withUTF8 { bytes in
      let shift = UInt32(32 - bits)
      var word = Self.start
      var previous: UInt32 = 0
      var isInside = false
      func finish() {
        let single = Self.mix(word)
        body(single >> shift)
        if previous != 0 { body(Self.mix(previous &* 0x9E37_79B1 ^ single) >> shift) }
        previous = single | 1
        word = Self.start
        isInside = false
      }
      for byte in bytes {
        let symbol = Self.symbols[Int(byte)]
        if symbol == 0 {
          if isInside { finish() }
        } else if symbol == 1 {
          if isInside { finish() }
          word = (word ^ UInt32(byte)) &* Self.prime
          finish()
        } else {
          word = (word ^ UInt32(symbol)) &* Self.prime
          isInside = true
        }
      }
      if isInside { finish() }
    }
  }

  /// FNV-1a's constants.
  private static let start: UInt32 = 0x811C_9DC5
  private static let prime: UInt32 = 0x0100_0193

  /// MurmurHash3's last step, because FNV-1a's upper bits are poor for short words.
  private static func mix(_ hash: UInt32) -> UInt32 {
    var hash = hash
    hash = (hash ^ (hash >> 16)) &* 0x85EB_CA6B
    hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
    return hash ^ (hash >> 16)
  }

  /// For each byte: 0 ends a word, 1 is a word by itself, all others are what counts in a word.
  private static let symbols: [UInt8] = (0...255).map { byte -> UInt8 in
    switch UInt8(byte) {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) + 32
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "'"), 0x80...0xFF:
      UInt8(byte)
    case UInt8(ascii: "!"), UInt8(ascii: "?"): 1
    default: 0
    }
  }
}
