/// The area that a set of policies dominates in the plane of KL and reward.
public enum Hypervolume {
  /// The area of the union of the rectangles [KL, cap] × [floor, reward], one for each point.
  ///
  /// Exact, by a sweep over rising KL: a point adds the strip between the best reward of those
  /// before it and its own, from its KL to the cap. A point beyond the cap, at or below the floor,
  /// or with a NaN adds nothing. In nats times the unit of the reward; 0 for no points.
  ///
  /// The hypervolume indicator of Zitzler and Thiele (PPSN 1998) for two objectives.
  ///
  /// - Parameters:
  ///   - cap: the KL of the reference point, in nats.
  ///   - floor: the reward of the reference point.
  public static func area(_ points: [FrontierPoint], cap: Double, floor: Double) -> Double {
    let inside = points.filter { $0.kl < cap && $0.reward > floor }.sorted { $0.kl < $1.kl }
    var best = floor
    var area = 0.0
    for point in inside where point.reward > best {
      area += (cap - point.kl) * (point.reward - best)
      best = point.reward
    }
    return area
  }
}
