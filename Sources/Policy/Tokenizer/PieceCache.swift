/// The ids of pieces that were met before.
///
/// Words repeat; looking one up is ten times faster than merging it. When the cache is full it
/// starts anew, so its memory is bounded whatever the texts.
struct PieceCache: Sendable {
  static let longestPiece = 48
  static let capacity = 1 << 15

  private struct Entry {
    var hash: UInt64
    var key: Range<Int>
    var ids: Range<Int>
  }

  private var slots: [Int32]
  private var entries: [Entry] = []
  private var keys: [UInt8] = []
  private var ids: [Int32] = []

  init() { slots = Array(repeating: -1, count: Self.capacity * 2) }

  private static func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in piece { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash ^ (hash >> 29)
  }

  /// Where the piece is, or where it would go.
  private func slot(_ piece: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let entry = entries[Int(slots[slot])]
      if entry.hash == hash, keys[entry.key].elementsEqual(piece) { return slot }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  /// Appends the piece's ids to `output`, from the cache or made by `encode`.
  mutating func append(
    _ piece: UnsafeBufferPointer<UInt8>, to output: inout [Int32],
    encode: (UnsafeBufferPointer<UInt8>, inout [Int32]) -> Void
  ) {
    guard piece.count <= Self.longestPiece else { return encode(piece, &output) }
    let hash = Self.hash(piece)
    let slot = slot(piece, hash)
    if slots[slot] >= 0 {
      output.append(contentsOf: ids[entries[Int(slots[slot])].ids])
      return
    }
    let start = output.count
    encode(piece, &output)
    guard entries.count < Self.capacity else {
      self = PieceCache()
      return
    }
    slots[slot] = Int32(entries.count)
    let key = keys.count..<(keys.count + piece.count)
    keys.append(contentsOf: piece)
    let first = ids.count
    ids.append(contentsOf: output[start...])
    entries.append(Entry(hash: hash, key: key, ids: first..<ids.count))
  }
}
