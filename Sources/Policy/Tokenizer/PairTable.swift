/// What two neighbouring symbols become, and how early.
struct Merge: Equatable, Sendable {
  /// The lower, the earlier.
  var rank: UInt32
  var result: Int32
}

/// The merges of a byte-pair encoding by their two symbols.
///
/// An open-addressed table: a lookup is one multiplication and, mostly, one cache line.
struct PairTable: Sendable {
  private var keys: [UInt64]
  private var values: [Merge]
  private let shift: UInt64

  /// No pair has this key, for ids are not negative.
  private static let empty = UInt64.max

  /// - Parameter capacity: how many pairs will be put in at most.
  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    shift = 64 - bits
    keys = Array(repeating: Self.empty, count: 1 << bits)
    values = Array(repeating: Merge(rank: 0, result: 0), count: 1 << bits)
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The place of a key, or where it would go.
  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != key, keys[slot] != Self.empty { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }

  /// Puts a merge in; a later one of the same pair replaces the earlier.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let key = Self.key(left, right)
    let slot = slot(key)
    keys[slot] = key
    values[slot] = merge
  }

  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let key = Self.key(left, right)
    let slot = slot(key)
    return keys[slot] == key ? values[slot] : nil
  }
}
