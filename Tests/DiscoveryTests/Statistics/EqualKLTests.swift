import Losses
import Policy
import Testing

@testable import Discovery

@Suite("Reward at equal KL")
struct EqualKLTests {
  static let points = [(1.0, 0.5), (2, 0.6), (4, 0.65), (8, 0.7), (16, 0.6)].map {
    FrontierPoint(beta: 0.1, reward: $0.1, kl: $0.0)
  }

  static func reward(_ kl: Double, origin: Double? = 0.4) -> Double? {
    EqualKL.reward(at: kl, on: points.reversed(), origin: origin)
  }

  @Test("between two policies it is their mixture; it never falls; nothing is extrapolated")
  func frontier() throws {
    #expect(abs(try #require(Self.reward(3)) - 0.625) < 1e-12)
    #expect(abs(try #require(Self.reward(0.5)) - 0.45) < 1e-12)
    #expect(Self.reward(4) == 0.65)
    // A policy farther out that is worse takes nothing away.
    #expect(Self.reward(12) == 0.7 && Self.reward(16) == 0.7)
    #expect(Self.reward(16.1) == nil)
    #expect(Self.reward(0.5, origin: nil) == nil)
  }

  @Test("a point below the line of two others is passed over")
  func hull() throws {
    let sagging = [(0.0, 0.0), (1, 0.1), (2, 1.0)].map {
      FrontierPoint(beta: nil, reward: $0.1, kl: $0.0)
    }
    #expect(EqualKL.reward(at: 1, on: sagging, origin: nil) == 0.5)
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
    #expect(comparison.differences.allSatisfy { abs($0 - 0.075) < 1e-12 })
    let far = try #require(
      EqualKL.compare(Self.record([0.9, 0.9], kl: 17), withFrontierOf: Self.frontier([0, 0])))
    #expect(far.differences.isEmpty && far.outside == 2)
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
      #expect(comparison.differences.count == 1 && comparison.outside == 1)
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
    #expect(comparison.differences.count == 1 && comparison.outside == 1)
    frontier.seeds[1].frontier?[0].reward = .nan
    #expect(EqualKL.compare(Self.record([0.7, 0.7], kl: 3), withFrontierOf: frontier) == nil)
  }
}
