import Losses

/// How a run compares losses beyond training them: the part of its configuration that statistics
/// need. The defaults are what runs did before this existed, so that old ones resume as they began.
public struct SearchPlan: Hashable, Sendable, Codable {
  /// What becomes of a candidate whose gradients are those of a loss that is known.
  public enum Duplicates: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing is compared.
    case unseen
    /// Refused, up to scale too.
    case refused
    /// Refused when equal; trained when it differs by a factor.
    case trainedIfScaled = "trained-if-scaled"
    /// Trained, with a word on whose twin it is.
    case trained
  }

  public var duplicates = Duplicates.unseen
  /// Seeds that no selection sees, on which finalists and DPO are measured once more; empty for none.
  public var confirmation: [UInt64] = []
  /// Whether finalists are compared with DPO's frontier at equal KL, on the seeds of the
  /// confirmation.
  public var comparesAtEqualKL = false
  /// Seeds on which tunables are tuned and η is never measured; empty where nothing is tuned.
  public var tuning: [UInt64] = []
  /// Whether the proposer is told nothing of what came of its proposals.
  public var isBlind = false
  /// What stands beside the search at equal cost; nil for nothing.
  public var equalBudget: EqualBudget?
  /// Whether the run's limits are those of both sides, so that the search may spend half of them; nil
  /// in runs of older programs, where each side has them whole.
  public var sharesBudget: Bool?
  /// β of the task's recipe, which tuning starts from.
  public var beta: Double?
  /// The corner of the hypervolume: a KL in nats, and the reference's reward.
  public var klCap: Double?
  public var referenceReward: Double?
  /// A proposal is told of no loss but those so many places before it and earlier: so many may be
  /// worked on at a time. nil: of all before it.
  public var lookahead: Int?
  /// Policies of DPO's frontier, a seed; nil in runs of older programs, which had five.
  public var frontierPoints: Int?
  /// Of these, those at multiples of the recipe's learning rate; nil for none.
  public var rates: [Double]?
  /// Whether the confirmation also measures on prompts that η never sees, where the task has such.
  public var measuresUntold: Bool?

  public enum EqualBudget: String, Hashable, Sendable, Codable, CaseIterable {
    case bestOfN = "best-of-n"
  }

  public init() {}

  /// The ``lookahead`` of runs whose proposer need not wait for the latest verdicts.
  public static let usualLookahead = 16

  /// Where the seeds of the confirmation and of the tuning begin. Those of the search count from 0.
  public static let firstConfirmationSeed: UInt64 = 1_000_000
  public static let firstTuningSeed: UInt64 = 2_000_000

  public static func seeds(_ count: Int, from first: UInt64) -> [UInt64] {
    (0..<UInt64(max(0, count))).map { first + $0 }
  }

  /// What a command line can say of it, by the names of the flags.
  public var described: [String: String] {
    [
      "functional duplicates": duplicates.rawValue,
      "confirmation seeds": "\(confirmation.count)",
      "tuning": tuning.isEmpty ? "off" : "on",
      "equal budget": equalBudget?.rawValue ?? "none",
      "beats": comparesAtEqualKL ? "on" : "off",
    ]
  }

  /// - Parameter seeds: those of the search.
  /// - Throws: `LossmithError` (`usage`) for a seed that serves two ends.
  func validate(seeds: [UInt64]) throws {
    let all = seeds + confirmation + tuning
    guard Set(all).count == all.count else {
      throw LossmithError(
        .usage, "A seed serves both the search and its confirmation or tuning.",
        at: "--confirm-seeds", remedy: "Give the confirmation seeds that the search does not use.")
    }
  }
}

extension RunConfig {
  /// The plan, also of a run that was written before there was one.
  public var plan: SearchPlan { search ?? SearchPlan() }
}
