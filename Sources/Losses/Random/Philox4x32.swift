/// The Philox4x32-10 block function: 128 bits of counter and 64 of key to 128 random bits.
///
/// Counter-based (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011): a block depends on its key and counter alone, so streams can be opened in any order,
/// on any thread, and give the same numbers.
public enum Philox4x32 {
  /// Ten rounds, the number that the authors recommend.
  public static let rounds = 10

  /// The block of a counter under a key; words in the order of the reference implementation.
  @inlinable
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<rounds {
      if round > 0 {
        // The Weyl sequence of the key: the golden ratio and √3 − 1.
        key.x &+= 0x9E37_79B9
        key.y &+= 0xBB67_AE85
      }
      let first = UInt64(0xD251_1F53) &* UInt64(counter.x)
      let second = UInt64(0xCD9E_8D57) &* UInt64(counter.z)
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
    }
    return counter
  }
}
