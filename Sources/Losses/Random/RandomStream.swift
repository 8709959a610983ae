/// A stream of random numbers that belongs to a seed and a purpose.
///
/// Equal seed, purpose and indices give equal numbers, whatever else was drawn before: this is
/// what pairs the losses of an evaluation seed by seed. Nothing about a candidate may enter the
/// purpose.
///
/// ```swift
/// var labels = RandomStream(seed: 3, purpose: "bandit.labels")
/// let flipped = labels.bernoulli(0.2)
/// ```
///
/// The seed is Philox's key. Of the 128-bit counter, the upper half is a hash of purpose and
/// indices, the lower half counts blocks, so a stream holds 2^64 blocks and two streams of one seed
/// share numbers only if their 64-bit hashes collide.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let lane: UInt64
  private var position: UInt64 = 0
  private var spare: UInt64?
  /// The second normal of a Box-Muller pair.
  var spareNormal: Double?

  /// Opens the stream at its start.
  ///
  /// - Parameters:
  ///   - seed: the seed that a person counts: 0, 1, 2 …
  ///   - purpose: what the numbers are for, such as `bandit.pairs`.
  ///   - indices: further coordinates: the number of an epoch, of a prompt …
  public init(seed: UInt64, purpose: String, _ indices: UInt64...) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    lane = Self.hash(purpose: purpose, indices: indices)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    if let spare {
      self.spare = nil
      return spare
    }
    let words = Philox4x32.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32),
        UInt32(truncatingIfNeeded: lane), UInt32(truncatingIfNeeded: lane >> 32)),
      key: key)
    position &+= 1
    spare = UInt64(words.w) << 32 | UInt64(words.z)
    return UInt64(words.y) << 32 | UInt64(words.x)
  }

  /// FNV-1a over the purpose's UTF-8, a terminator and the indices' bytes, then SplitMix64's mixer.
  ///
  /// Written out because `Hasher` is seeded anew in every process.
  static func hash(purpose: String, indices: [UInt64]) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    func absorb(_ byte: UInt8) {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    purpose.utf8.forEach(absorb)
    absorb(0xFF)  // Never part of UTF-8, so "a" with an index differs from any longer purpose.
    for index in indices {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        absorb(UInt8(truncatingIfNeeded: index >> shift))
      }
    }
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
  }
}
