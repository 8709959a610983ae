import Losses
import Policy

/// Rewards compared at equal KL: a loss that moves far earns more than one that stays near.
public enum EqualKL {
  /// The reward that a loss reaches at a KL, read off the policies of its β grid.
  ///
  /// Between points it is the upper concave hull, the reference at (0, its reward) included, and it
  /// never falls: of two policies a third can be mixed that draws each sequence from one of them; its
  /// reward lies between theirs in proportion, and its KL not above that line, for KL is convex. So
  /// every point of the hull can be had, and reading the hull favours the loss whose frontier it is.
  ///
  /// - Parameters:
  ///   - points: in any order; such with a NaN are passed over.
  ///   - origin: the reward of the reference with the same seed; nil when it is not known.
  /// - Returns: nil beyond the largest KL of a point, or below the smallest without an origin:
  ///   nothing is extrapolated.
  public static func reward(
    at kl: Double, on points: [FrontierPoint], origin: Double?
  ) -> Double? {
    let hull = hull(points, origin: origin)
    guard let first = hull.first, let last = hull.last, kl >= first.kl, kl <= last.kl else {
      return nil
    }
    var best = first.reward
    for (start, end) in zip(hull, hull.dropFirst()) {
      if kl <= end.kl {
        let share = (kl - start.kl) / (end.kl - start.kl)
        return max(best, start.reward + share * (end.reward - start.reward))
      }
      best = max(best, end.reward)
    }
    return best
  }

  /// The corners of what ``reward(at:on:origin:)`` reads, by rising KL: the upper concave hull, level
  /// after its highest corner.
  public static func frontier(
    _ points: [FrontierPoint], origin: Double?
  ) -> [FrontierPoint] {
    var best = -Double.infinity
    return hull(points, origin: origin).map { corner in
      best = max(best, corner.reward)
      return FrontierPoint(
        beta: corner.reward == best ? corner.beta : nil, reward: best, kl: corner.kl)
    }
  }

  /// The upper concave hull of the finite points and the origin, by rising KL.
  private static func hull(_ points: [FrontierPoint], origin: Double?) -> [FrontierPoint] {
    var plane = points.filter { $0.kl.isFinite && $0.reward.isFinite }
    if let origin { plane.append(FrontierPoint(beta: nil, reward: origin, kl: 0)) }
    plane.sort { ($0.kl, $0.reward) < ($1.kl, $1.reward) }
    var hull: [FrontierPoint] = []
    for point in plane {
      while let end = hull.last {
        if end.kl == point.kl {
          hull.removeLast()
          continue
        }
        guard hull.count >= 2 else { break }
        let start = hull[hull.count - 2]
        let turn =
          (end.kl - start.kl) * (point.reward - start.reward)
          - (end.reward - start.reward) * (point.kl - start.kl)
        if turn < 0 { break }
        hull.removeLast()
      }
      hull.append(point)
    }
    return hull
  }

  /// A's reward minus what B reaches at A's KL, seed by seed.
  public struct Comparison: Hashable, Sendable {
    /// In the order of A's seeds; only those that could be compared.
    public var differences: [Double]
    /// Seeds on which A's KL lies outside of B's frontier, is no finite number, or B's frontier has too
    /// few points: nothing is said of them.
    public var outside: Int
  }

  /// Compares a loss with another one's frontier, paired by seed.
  ///
  /// - Parameters:
  ///   - record: measured with `reward` and `kl`.
  ///   - frontier: measured with metric `frontier`, at least ``leastPoints`` β.
  /// - Returns: nil when either failed, they stand on different reference policies, share no seed, or
  ///   no frontier has enough points, a point with a number that is not finite being none.
  public static func compare(
    _ record: EvaluationRecord, withFrontierOf frontier: EvaluationRecord
  ) -> Comparison? {
    guard record.finding.verdict.isOK, frontier.finding.verdict.isOK,
      record.referenceHash == frontier.referenceHash
    else { return nil }
    var comparison = Comparison(differences: [], outside: 0)
    var short = 0
    for seed in record.seeds {
      guard let reward = seed.metrics["reward"], let kl = seed.metrics["kl"],
        let other = frontier.seeds.first(where: { $0.seed == seed.seed }),
        let points = other.frontier
      else { continue }
      guard points.count(where: { $0.kl.isFinite && $0.reward.isFinite }) >= leastPoints else {
        short += 1
        continue
      }
      if let reached = self.reward(
        at: kl, on: points, origin: other.metrics[referenceMetric])
      {
        comparison.differences.append(reward - reached)
      } else {
        comparison.outside += 1
      }
    }
    if comparison.differences.isEmpty && comparison.outside == 0 { return nil }
    comparison.outside += short
    return comparison
  }

  /// β that a frontier must have.
  public static let leastPoints = 5
  /// The name under which a frontier's seed keeps the reference's reward.
  public static let referenceMetric = "reference_reward"
}
