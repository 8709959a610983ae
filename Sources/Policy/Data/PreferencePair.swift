/// A preference in words, as a row of a data set has it.
struct PreferenceText: Sendable {
  var prompt: String
  var chosen: String
  var rejected: String
  var chosenScore: Double?
  var rejectedScore: Double?
}

/// A prompt with a preferred and a rejected completion, in token ids.
public struct PreferencePair: Hashable, Sendable {
  /// With the model's start token in front, if the model wants one.
  public var promptIds: [Int32]
  /// With the end token, unless the completion was cut.
  public var chosenIds: [Int32]
  public var rejectedIds: [Int32]
  /// What a judge gave the completions, in the judge's own units.
  public var chosenScore: Double?
  public var rejectedScore: Double?
  /// A hash of the prompt's text: equal prompts fall on the same side of a split.
  public var promptHash: UInt64

  public init(
    promptIds: [Int32], chosenIds: [Int32], rejectedIds: [Int32], chosenScore: Double? = nil,
    rejectedScore: Double? = nil, promptHash: UInt64
  ) {
    self.promptIds = promptIds
    self.chosenIds = chosenIds
    self.rejectedIds = rejectedIds
    self.chosenScore = chosenScore
    self.rejectedScore = rejectedScore
    self.promptHash = promptHash
  }

  /// FNV-1a over the text's UTF-8 and SplitMix64's mixer; the same in every process.
  public static func hash(prompt: String) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in prompt.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
  }

  /// Where a hash stands in [0, 1): below the held-out share, its prompt is held out.
  static func position(of hash: UInt64) -> Double {
    // The upper 53 bits are a uniform number.
    Double(hash >> 11) * 0x1p-53
  }
}

extension Sequence<PreferencePair> {
  /// Splits by prompt, so that no held-out prompt was trained on.
  ///
  /// The hash decides, not the order: adding rows moves no old prompt to the other side.
  ///
  /// - Parameter fraction: the share of prompts to hold out, 0 … 1; the share of rows only comes
  ///   close, because prompts may repeat.
  public func split(
    holdingOut fraction: Double
  ) -> (training: [PreferencePair], heldOut: [PreferencePair]) {
    precondition((0...1).contains(fraction), "a share lies between 0 and 1")
    var (training, heldOut): ([PreferencePair], [PreferencePair]) = ([], [])
    for pair in self {
      if PreferencePair.position(of: pair.promptHash) < fraction {
        heldOut.append(pair)
      } else {
        training.append(pair)
      }
    }
    return (training, heldOut)
  }
}
