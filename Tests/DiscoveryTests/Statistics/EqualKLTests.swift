import Foundation
import Losses
import Policy
import Testing

@testable import Discovery

@Suite("Reward at equal KL")
struct EqualKLTests {
  static let points = [(1.0, 0.5), (2, 0.6), (4, 0.65), (8, 0.7), (16, 0.6)].map {
    FrontierPoint(beta: 0.1, reward: $0.1, kl: $0.0)
  }

  static func reach(_ kl: Double, origin: Double? = 0.4) -> EqualKL.Reach? {
    EqualKL.reach(at: kl, on: points.reversed(), origin: origin)
  }

  @Test(
    "between two policies it is at least their mixture; it never falls; nothing is extrapolated")
  func frontier() throws {
    #expect(abs(try #require(Self.reach(3)).lower - 0.625) < 1e-12)
    #expect(abs(try #require(Self.reach(0.5)).lower - 0.45) < 1e-12)
    // Where a policy is, nothing is left open.
    for (kl, reward) in [(0.0, 0.4), (1, 0.5), (2, 0.6), (4, 0.65), (8, 0.7)] {
      let reach = try #require(Self.reach(kl))
      #expect(
        [reach.lower, reach.estimate, reach.upper].allSatisfy { abs($0 - reward) < 1e-12 }, "\(kl)")
    }
    // A policy farther out that is worse takes nothing away.
    for kl in [12.0, 16] {
      #expect(Self.reach(kl) == EqualKL.Reach(lower: 0.7, estimate: 0.7, upper: 0.7))
    }
    #expect(Self.reach(16.1) == nil)
    #expect(Self.reach(0.5, origin: nil) == nil)
  }

  @Test("between corners the estimate runs over √KL, and neighbouring lines bound it from above")
  func between() throws {
    let points = [(1.0, 0.5), (4, 0.58), (16, 0.62)].map {
      FrontierPoint(beta: nil, reward: $0.1, kl: $0.0)
    }
    func reach(_ kl: Double) throws -> EqualKL.Reach {
      try #require(EqualKL.reach(at: kl, on: points, origin: 0.4))
    }
    func close(_ kl: Double, _ lower: Double, _ estimate: Double, _ upper: Double) throws {
      let found = try reach(kl)
      #expect(abs(found.lower - lower) < 1e-12, "\(kl) \(found)")
      #expect(abs(found.estimate - estimate) < 1e-12, "\(kl) \(found)")
      #expect(abs(found.upper - upper) < 1e-12, "\(kl) \(found)")
    }
    // The line of the second segment, prolonged to the left.
    try close(0.25, 0.425, 0.45, 0.5 - 0.75 * 0.08 / 3)
    // The line of the first would give more than that of the third.
    try close(2.25, 0.5 + 1.25 / 3 * 0.08, 0.54, 0.58 - 1.75 * 0.04 / 12)
    // No more than the highest policy.
    try close(9, 0.58 + 5.0 / 12 * 0.04, 0.6, 0.62)
  }

  @Test("a point below the line of two others is passed over")
  func hull() throws {
    let sagging = [(0.0, 0.0), (1, 0.1), (2, 1.0)].map {
      FrontierPoint(beta: nil, reward: $0.1, kl: $0.0)
    }
    let reach = try #require(EqualKL.reach(at: 1, on: sagging, origin: nil))
    #expect(reach.lower == 0.5 && reach.estimate > 0.5)
  }

  @Test(
    "a loss that is the baseline between two β of its grid is neither better nor worse",
    arguments: [0.3, 1, 4, 30])
  func itself(scale: Double) throws {
    // Concave over √KL, as a frontier is: c·√KL at first, then level.
    func reward(_ kl: Double) -> Double { 0.4 + 0.3 * (1 - exp(-(kl / scale).squareRoot())) }
    let grid = [0.2, 0.6, 2, 5, 16].map { FrontierPoint(beta: 1, reward: reward($0), kl: $0) }
    for step in 1..<320 {
      let kl = 0.05 * Double(step)
      let reach = try #require(EqualKL.reach(at: kl, on: grid, origin: 0.4))
      #expect(reach.lower <= reward(kl) + 1e-12 && reward(kl) <= reach.upper + 1e-12, "\(kl)")
      #expect(reach.estimate <= reward(kl) + 1e-12)
    }
    // What is truly better is still seen, where the grid is near.
    let reach = try #require(EqualKL.reach(at: 1.1, on: grid, origin: 0.4))
    #expect(reach.upper - reach.lower < 0.06)
  }

  static func record(_ rewards: [Double], kl: Double, hash: String = "h") -> EvaluationRecord {
    EvaluationRecord(
      plugin: "a", finding: Finding(.ok), referenceHash: hash,
      seeds: rewards.enumerated().map {
        .init(seed: UInt64($0), metrics: ["reward": $1, "kl": kl])
      }, seconds: 0)
  }

  static func frontier(_ rewards: [Double], points: Int = 5) -> EvaluationRecord {
    var record = record(rewards, kl: 2)
    for seed in record.seeds.indices {
      record.seeds[seed].metrics[EqualKL.referenceMetric] = 0.4
      record.seeds[seed].frontier = Array(Self.points.prefix(points)).map {
        FrontierPoint(beta: 0.1, reward: $0.reward + Double(seed) * 0.01, kl: $0.kl)
      }
    }
    return record
  }

  @Test("differences are paired by seed and read at the loss's own KL")
  func comparison() throws {
    let comparison = try #require(
      EqualKL.compare(Self.record([0.7, 0.71], kl: 3), withFrontierOf: Self.frontier([0, 0])))
    #expect(comparison.outside == 0)
    #expect(comparison.advantages.most.allSatisfy { abs($0 - 0.075) < 1e-12 })
    let (estimate, least) = (comparison.advantages.estimates[0], comparison.advantages.least[0])
    #expect(least < estimate && estimate < 0.075)
    let difference = try #require(comparison.advantages.difference)
    #expect(abs(difference.mean - estimate) < 1e-12)
    // Both seeds are alike: what is left of the interval is the grid's.
    #expect(abs((difference.low ?? 0) - least) < 1e-9)
    #expect(abs((difference.high ?? 0) - 0.075) < 1e-9)
    let far = try #require(
      EqualKL.compare(Self.record([0.9, 0.9], kl: 17), withFrontierOf: Self.frontier([0, 0])))
    #expect(far.advantages.isEmpty && far.outside == 2)
  }

  @Test("too few β, another reference or a failure: no comparison")
  func refusals() {
    let mine = Self.record([0.7, 0.7], kl: 3)
    #expect(EqualKL.compare(mine, withFrontierOf: Self.frontier([0, 0], points: 4)) == nil)
    let other = Self.record([0.7], kl: 3, hash: "other")
    #expect(EqualKL.compare(other, withFrontierOf: Self.frontier([0])) == nil)
    var failed = mine
    failed.finding = Finding(.timeout)
    #expect(EqualKL.compare(failed, withFrontierOf: Self.frontier([0, 0])) == nil)
  }

  @Test("the front has whom nobody beats in both, and says how often a seed agrees")
  func front() throws {
    func named(_ name: String, _ rewards: [Double], _ kl: Double) -> EvaluationRecord {
      var record = Self.record(rewards, kl: kl)
      record.plugin = name
      return record
    }
    let front = try #require(
      RewardFront(
        of: [
          named("dpo", [0.6, 0.6], 2), named("far", [0.8, 0.8], 4), named("bad", [0.5, 0.5], 3),
          named("close", [0.59, 0.61], 2.0),
        ], baselines: ["dpo"], cap: 10, floor: 0.4))
    #expect(front.points.map(\.name) == ["close", "dpo", "bad", "far"])
    #expect(front.points.map(\.isOnFront) == [true, true, false, true])
    #expect(front.points.map(\.seedShare) == [0.5, 0.5, 0, 1])
    // 8 · 0.2 alone; 6 · 0.2 more with `far`; on one seed 8 · 0.01 less 6 · 0.01 more by `close`.
    #expect(abs(try #require(front.baselineHypervolume).mean - 1.6) < 1e-12)
    #expect(abs(try #require(front.hypervolume).mean - (2.8 + 0.01)) < 1e-12)
    #expect(abs(try #require(front.gain) - 1.21) < 1e-12)
    #expect(RewardFront(of: [], baselines: [], cap: 10, floor: 0) == nil)
  }

  static func named(_ name: String, _ values: [(reward: Double, kl: Double)]) -> EvaluationRecord {
    EvaluationRecord(
      plugin: name, finding: Finding(.ok), referenceHash: "h",
      seeds: values.enumerated().map {
        .init(seed: UInt64($0), metrics: ["reward": $1.reward, "kl": $1.kl])
      }, seconds: 0)
  }

  @Test("a front compares means over the seeds that all have, and no others")
  func commonSeeds() throws {
    // Better on both common seeds; the third, which only the finalist has, is a bad one for everybody.
    let finalist = Self.named("finalist", [(0.8, 2), (0.8, 2), (0.1, 9)])
    let early = Self.named("early", [(0.7, 3), (0.7, 3)])
    let front = try #require(
      RewardFront(of: [finalist, early], baselines: [], cap: nil, floor: nil))
    #expect(front.seeds == 2)
    #expect(front.points.map(\.name) == ["finalist", "early"])
    #expect(front.points.map(\.isOnFront) == [true, false])
    #expect(front.points.map(\.reward.n) == [2, 2] && front.points[0].reward.mean == 0.8)
  }

  @Test("a KL that is not finite is never on a front, and never compared at equal KL")
  func infiniteKL() throws {
    let sound = Self.named("sound", [(0.6, 2), (0.6, 2)])
    for kl in [Double.infinity, .nan] {
      let broken = Self.named("broken", [(0.9, kl), (0.9, 2)])
      let front = try #require(
        RewardFront(of: [sound, broken], baselines: ["sound"], cap: 10, floor: 0.4))
      #expect(front.points.map(\.name) == ["sound", "broken"])
      #expect(front.points.map(\.isOnFront) == [true, false])
      #expect(front.points.map(\.seedShare) == [0.5, 0.5])
      // One seed alone counts.
      #expect(abs(try #require(front.gain) - 8 * 0.3 / 2) < 1e-12)
      let comparison = try #require(
        EqualKL.compare(broken, withFrontierOf: Self.frontier([0, 0])))
      #expect(comparison.advantages.least.count == 1 && comparison.outside == 1)
    }
    // The control.
    let front = try #require(
      RewardFront(
        of: [sound, Self.named("far", [(0.9, 3), (0.9, 3)])], baselines: [], cap: 10, floor: 0.4))
    #expect(front.points.map(\.isOnFront) == [true, true])
  }

  @Test("a policy of a frontier with a number that is not finite is none")
  func infiniteFrontier() throws {
    var frontier = Self.frontier([0, 0])
    frontier.seeds[0].frontier?[4].kl = .infinity
    let comparison = try #require(
      EqualKL.compare(Self.record([0.7, 0.7], kl: 3), withFrontierOf: frontier))
    #expect(comparison.advantages.least.count == 1 && comparison.outside == 1)
    frontier.seeds[1].frontier?[0].reward = .nan
    #expect(EqualKL.compare(Self.record([0.7, 0.7], kl: 3), withFrontierOf: frontier) == nil)
  }
}
