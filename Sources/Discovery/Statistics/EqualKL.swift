import Losses
import Policy

/// Rewards compared at equal KL: a loss that moves far earns more than one that stays near.
///
/// A loss's frontier is known at the β of a grid only, and how it is read between them decides who wins.
/// It is concave, rising like √KL at its beginning: for small steps the reward grows with the length of the
/// step and KL with its square. So a straight line from one point to the next lies below it, and a loss
/// that *is* the baseline at a β between two of the grid would be found better. Three numbers
/// are read therefore, see ``Reach``: one to say "better" by, one to say "worse" by, and one in between.
public enum EqualKL {
  /// What a loss reaches at a KL, read off the policies of its β grid, the reference at (0, its reward)
  /// included. It never falls: what is reached at a smaller KL is reached.
  public struct Reach: Hashable, Sendable {
    /// The upper concave hull over KL. Of two policies a third can be mixed that draws each sequence from
    /// one of them; its reward lies between theirs in proportion, and its KL not above that line, for KL
    /// is convex. So this much can surely be had.
    public var lower: Double
    /// Through the corners of that hull, with lines over √KL in place of KL.
    public var estimate: Double
    /// The most that a frontier can reach which goes through those corners, is concave over KL, as one
    /// with mixtures is, and rises to the highest corner: between two of them it lies below the lines
    /// through each and the next one beyond, and below the reward of the second.
    public var upper: Double
  }

  /// - Parameters:
  ///   - points: in any order; such with a NaN are passed over.
  ///   - origin: the reward of the reference with the same seed; nil when it is not known.
  /// - Returns: nil beyond the largest KL of a point, or below the smallest without an origin:
  ///   nothing is extrapolated.
  public static func reach(
    at kl: Double, on points: [FrontierPoint], origin: Double?
  ) -> Reach? {
    let hull = hull(points, origin: origin)
    guard let first = hull.first, let last = hull.last, kl >= first.kl, kl <= last.kl else {
      return nil
    }
    let corners = hull.map { (x: $0.kl, y: $0.reward) }
    let lower = height(at: kl, on: corners)
    // Below 0 only by the noise of an estimate.
    func root(_ kl: Double) -> Double { max(0, kl).squareRoot() }
    let estimate = max(lower, height(at: root(kl), on: hull.map { (root($0.kl), $0.reward) }))
    return Reach(
      lower: lower, estimate: estimate, upper: max(estimate, bound(at: kl, on: corners)))
  }

  private typealias Corner = (x: Double, y: Double)

  /// The highest place of a polygon up to x.
  private static func height(at x: Double, on corners: [Corner]) -> Double {
    var best = corners[0].y
    for (start, end) in zip(corners, corners.dropFirst()) {
      if x <= end.x { return max(best, line(start, end, at: x)) }
      best = max(best, end.y)
    }
    return best
  }

  /// What no concave curve through the corners exceeds at x, which rises up to the highest of them.
  private static func bound(at x: Double, on corners: [Corner]) -> Double {
    let highest = corners.map(\.y).max() ?? 0
    for index in corners.indices.dropLast() where x <= corners[index + 1].x {
      let (start, end) = (corners[index], corners[index + 1])
      if start.y == highest { return highest }
      if x == start.x { return start.y }
      var bound = end.y
      if index > 0 { bound = min(bound, line(corners[index - 1], start, at: x)) }
      if index + 2 < corners.count { bound = min(bound, line(end, corners[index + 2], at: x)) }
      return bound
    }
    return highest
  }

  private static func line(_ a: Corner, _ b: Corner, at x: Double) -> Double {
    b.x == a.x ? max(a.y, b.y) : a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y)
  }

  /// The corners of ``Reach/lower``, by rising KL: the upper concave hull, level after its highest
  /// corner.
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
        // A policy on the line stays: what is known there leaves nothing open.
        if turn <= 0 { break }
        hull.removeLast()
      }
      hull.append(point)
    }
    return hull
  }

  /// A's reward minus what B reaches at A's KL, seed by seed.
  public struct Advantages: Hashable, Sendable {
    /// Minus ``Reach/estimate``.
    public private(set) var estimates: [Double] = []
    /// Minus ``Reach/upper``: at least so much better.
    public private(set) var least: [Double] = []
    /// Minus ``Reach/lower``: at most.
    public private(set) var most: [Double] = []

    public init() {}

    public var isEmpty: Bool { estimates.isEmpty }

    public mutating func append(_ reward: Double, beside reach: Reach) {
      estimates.append(reward - reach.estimate)
      least.append(reward - reach.upper)
      most.append(reward - reach.lower)
    }

    /// The mean, with an interval that covers seeds and grid: its low end is that of the least advantage,
    /// its high end that of the most. Nil without a seed.
    public var difference: Difference? {
      guard !isEmpty else { return nil }
      func interval(_ values: [Double]) -> Difference {
        Statistics.pairedDifference(values, [Double](repeating: 0, count: values.count))
      }
      return Difference(
        mean: interval(estimates).mean, low: interval(least).low, high: interval(most).high)
    }

    /// One-sided p of an advantage above 0, of the least one.
    public var p: Double? { Statistics.pValue(above: least) }
  }

  /// What ``compare(_:withFrontierOf:)`` finds.
  public struct Comparison: Hashable, Sendable {
    /// In the order of A's seeds; only those that could be compared.
    public var advantages: Advantages
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
    var comparison = Comparison(advantages: Advantages(), outside: 0)
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
      if let reach = reach(at: kl, on: points, origin: other.metrics[referenceMetric]) {
        comparison.advantages.append(reward, beside: reach)
      } else {
        comparison.outside += 1
      }
    }
    if comparison.advantages.isEmpty && comparison.outside == 0 { return nil }
    comparison.outside += short
    return comparison
  }

  /// β that a frontier must have.
  public static let leastPoints = 5
  /// The name under which a frontier's seed keeps the reference's reward.
  public static let referenceMetric = "reference_reward"
}
