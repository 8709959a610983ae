extension RunModel {
  /// The points that no other one beats in both: less KL and more reward. By rising KL.
  ///
  /// Of equal points one is kept; what is not finite is passed over.
  static func front(_ points: [(kl: Double, reward: Double)]) -> [(kl: Double, reward: Double)] {
    var front: [(kl: Double, reward: Double)] = []
    let sorted = points.filter { $0.kl.isFinite && $0.reward.isFinite }
      .sorted { ($0.kl, -$0.reward) < ($1.kl, -$1.reward) }
    for point in sorted where front.last.map({ point.reward > $0.reward }) ?? true {
      front.append(point)
    }
    return front
  }

  /// The area of the union of the rectangles that reach from a point right to the cap and down to the
  /// floor, in nats times the reward's unit: the hypervolume indicator of Zitzler and Thiele
  /// (1998) in two dimensions.
  ///
  /// Points beyond the cap or not above the floor add nothing.
  static func hypervolume(
    _ points: [(kl: Double, reward: Double)], cap: Double, floor: Double
  ) -> Double {
    let front = front(points.filter { $0.kl < cap && $0.reward > floor })
    var area = 0.0
    for (place, point) in front.enumerated() {
      let next = place + 1 < front.count ? front[place + 1].kl : cap
      area += (next - point.kl) * (point.reward - floor)
    }
    return area
  }
}
