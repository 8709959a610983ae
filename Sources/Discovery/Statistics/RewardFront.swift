import Losses
import Policy

/// The losses that no other one beats in both reward and KL, with what the noise leaves of that.
public struct RewardFront: Hashable, Sendable, Codable {
  public struct Point: Hashable, Sendable, Codable {
    public var name: String
    /// Both over the seeds that all losses have: a mean over others would compare seeds, not losses.
    public var reward: Estimate
    public var kl: Estimate
    /// Whether no other loss has at least its mean reward at no more mean KL. A loss with a number that
    /// is not finite is never on a front and takes nobody off it.
    public var isOnFront: Bool
    /// Share of the seeds that all losses have on which it is on that seed's own front: near 1 where
    /// noise does not matter, near ½ where it decides.
    public var seedShare: Double
  }

  /// By rising mean KL.
  public var points: [Point]
  /// Seeds that all losses have.
  public var seeds: Int
  /// The area that the front dominates, up to ``cap`` and above ``floor``, on each common seed; in
  /// nats times the reward's unit. nil without a cap.
  public var hypervolume: Estimate?
  /// The same of the baselines alone: what the search has to add to.
  public var baselineHypervolume: Estimate?
  /// Mean difference of the two. It has no interval: candidates only ever add to the area, so that it
  /// cannot lie below 0 whatever the noise. What fresh seeds say of finalists is the proof.
  public var gain: Double?
  /// The corner that counts for nothing: a KL in nats, and the reward of the reference.
  public var cap: Double?
  public var floor: Double?

  /// Reads the front off records.
  ///
  /// - Parameters:
  ///   - records: only those with `reward` and `kl` take part.
  ///   - baselines: how many of the first ones are baselines.
  /// - Returns: nil when no record has both metrics, or they share no seed.
  public init?(
    of records: [EvaluationRecord], baselines: Set<String>, cap: Double?, floor: Double?
  ) {
    let entries = records.filter { $0.estimate("reward") != nil && $0.estimate("kl") != nil }
    var common = entries.first.map { $0.seeds.map(\.seed) } ?? []
    for entry in entries {
      let own = Set(entry.seeds.map(\.seed))
      common.removeAll { !own.contains($0) }
    }
    guard !common.isEmpty else { return nil }
    func estimate(_ metric: String, _ entry: EvaluationRecord) -> Estimate {
      let values = common.map { seed in
        entry.seeds.first { $0.seed == seed }?.metrics[metric] ?? .nan
      }
      return Statistics.estimate(metric: metric, values: values)
    }
    let rewards = entries.map { estimate("reward", $0) }
    let kls = entries.map { estimate("kl", $0) }
    let means = zip(rewards, kls).map {
      FrontierPoint(beta: nil, reward: $0.mean, kl: $1.mean)
    }
    let onSeeds = common.map { seed in
      entries.map { entry in
        let metrics = entry.seeds.first { $0.seed == seed }?.metrics ?? [:]
        return FrontierPoint(
          beta: nil, reward: metrics["reward"] ?? .nan, kl: metrics["kl"] ?? .nan)
      }
    }
    let ownFronts = onSeeds.map(Self.front)
    let front = Self.front(means)
    points = entries.indices.map { index in
      Point(
        name: entries[index].plugin, reward: rewards[index], kl: kls[index],
        isOnFront: front[index],
        seedShare: Statistics.mean(ownFronts.map { $0[index] ? 1 : 0 }))
    }.sorted { a, b in
      // A NaN comes last, where an order of numbers would be none.
      let (x, y) = (
        a.kl.mean.isNaN ? .infinity : a.kl.mean, b.kl.mean.isNaN ? .infinity : b.kl.mean
      )
      return (x, a.name) < (y, b.name)
    }
    seeds = common.count
    self.cap = cap
    self.floor = floor
    guard let cap, let floor, floor.isFinite else { return }
    func areas(_ isCounted: (String) -> Bool) -> [Double] {
      onSeeds.map { points in
        Hypervolume.area(
          zip(entries, points).filter { isCounted($0.0.plugin) }.map(\.1), cap: cap, floor: floor)
      }
    }
    let whole = areas { _ in true }
    let known = areas(baselines.contains)
    hypervolume = Statistics.estimate(metric: "hypervolume", values: whole)
    baselineHypervolume = Statistics.estimate(metric: "hypervolume", values: known)
    gain = Statistics.mean(zip(whole, known).map { $0 - $1 })
  }

  /// Which points no other one beats: at least as good in both and better in one.
  ///
  /// A point with a number that is not finite is none of them, and beats nobody.
  static func front(_ points: [FrontierPoint]) -> [Bool] {
    let isFinite = points.map { $0.reward.isFinite && $0.kl.isFinite }
    return zip(points, isFinite).map { point, itself in
      itself
        && !zip(points, isFinite).contains { other, isFinite in
          isFinite && other.reward >= point.reward && other.kl <= point.kl
            && (other.reward > point.reward || other.kl < point.kl)
        }
    }
  }
}
