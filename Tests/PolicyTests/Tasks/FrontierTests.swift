import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Frontier over a β grid")
struct FrontierTests {
  static let bandit: BanditTask = {
    var configuration = BanditConfiguration.standard
    configuration.recipe.steps = 20
    return BanditTask(configuration)
  }()

  static func frontier(_ betas: [Double] = [0.05, 0.1, 0.5]) throws -> FrontierTask {
    try FrontierTask(bandit, betas: betas, klCap: 12)
  }

  @Test("η is the hypervolume of the policies that the base task trains at each β")
  func grid() throws {
    let task = try Self.frontier()
    var steps = 0
    var opened = 0
    let outcome = try task.measure(tunables: [0.1], seed: 2, observe: { _ in steps += 1 }) {
      opened += 1
      return MarginLoss.dpo()
    }
    let alone = try [0.05, 0.1, 0.5].map {
      try Self.bandit.train(loss: MarginLoss.dpo(), tunables: [$0], seed: 2)
    }
    let points = try #require(outcome.frontier)
    #expect(points.map(\.beta) == [0.05, 0.1, 0.5])
    #expect(points.map(\.reward) == alone.map { $0.metrics["reward"] })
    #expect(points.map(\.kl) == alone.map { $0.metrics["kl"] })
    let area = Hypervolume.area(points, cap: 12, floor: Self.bandit.reference.reward)
    #expect(outcome.metrics["frontier"] == area)
    #expect(area > 0)
    #expect(opened == 3)
    #expect(steps == task.stepsPerSeed)
    // Beside η stands the policy of the recipe's β, 0.1.
    #expect(outcome.metrics["kl"] == alone[1].metrics["kl"])
    #expect(outcome.curve == alone[1].curve)
  }

  @Test("higher learning rates continue it: further points, the same η; one that diverges has none")
  func rates() throws {
    let plain = try Self.frontier()
    let longer = plain.continued(atRates: [2, 4])
    #expect(longer.configurationDigest == plain.configurationDigest)
    var steps = 0
    let short = try plain.measure(tunables: [0.1], seed: 2, observe: nil) { MarginLoss.dpo() }
    let long = try longer.measure(tunables: [0.1], seed: 2, observe: { _ in steps += 1 }) {
      MarginLoss.dpo()
    }
    #expect(steps == longer.stepsPerSeed && steps == 5 * 20)
    #expect(long.metrics == short.metrics && long.curve == short.curve)
    let points = try #require(long.frontier)
    #expect(points.prefix(3) == short.frontier?.prefix(3))
    #expect(points.map(\.rate) == [nil, nil, nil, 2, 4])
    #expect(points.suffix(2).allSatisfy { $0.beta == 0.1 })
    // Each is the policy of a recipe with that rate, and goes farther than all of the grid.
    var configuration = Self.bandit.configuration
    configuration.recipe.learningRate *= 4
    let alone = try BanditTask(configuration).train(
      loss: MarginLoss.dpo(), tunables: [0.1], seed: 2)
    #expect(points[4].kl == alone.metrics["kl"] && points[4].reward == alone.metrics["reward"])
    #expect(points[4].kl > points[3].kl && points[3].kl > points[1].kl)
    // A loss that breaks when it is taken far is measured as far as it goes.
    var widest = 0.0
    func fragile(_ limit: Double) -> MarginLoss {
      MarginLoss("fragile") { margin, beta in
        widest = max(widest, margin)
        return (0, margin > limit ? .nan : -beta)
      }
    }
    _ = try plain.measure(tunables: [0.1], seed: 2, observe: nil) { fragile(.infinity) }
    let limit = widest
    let broken = try longer.measure(tunables: [0.1], seed: 2, observe: nil) { fragile(limit) }
    #expect(broken.frontier?.map(\.rate) == [nil, nil, nil])
    // On the grid itself it is a failure as ever.
    #expect(throws: LossFailure.self) {
      try plain.measure(tunables: [0.1], seed: 2, observe: nil) { fragile(limit / 2) }
    }
  }

  @Test("a policy that stayed at the reference has a frontier of 0, as the reference has")
  func untouched() throws {
    let task = try Self.frontier()
    let outcome = try task.measure(tunables: [0.1], seed: 2, observe: nil) {
      MarginLoss.constant()
    }
    #expect(outcome.metrics["frontier"] == 0)
    #expect(try task.referenceMetrics(seed: 2)["frontier"] == 0)
    let language = try FrontierTask(
      try LanguageTask(MetricTests.definition()), betas: [0.1, 1], klCap: 12)
    // Sampling noise, but the same on both sides.
    #expect(
      try MetricTests.train(language, .constant()).metrics["frontier"] == 0)
    #expect(try #require(MetricTests.train(language, .dpo()).metrics["frontier"]) > 0)
  }

  @Test("β outside of a loss's range are left out; with none left it is measured as it is")
  func ranges() throws {
    func points(_ range: ClosedRange<Double>) throws -> [FrontierPoint]? {
      try Self.frontier().measure(tunables: [0.7], seed: 2, observe: nil) {
        MarginLoss("narrow", betaRange: range) { ($1 * $0, $1) }
      }.frontier
    }
    #expect(try points(0.1...1)?.map(\.beta) == [0.1, 0.5])
    #expect(try points(0.6...1)?.map(\.beta) == [0.7])
  }

  @Test("a metric without reward, an empty grid and a cap of 0 are refused")
  func refusals() throws {
    let unjudged = try LanguageTask(MetricTests.definition(reward: nil, metric: "accuracy"))
    #expect(throws: LossmithError.self) { try FrontierTask(unjudged, betas: [0.1], klCap: 1) }
    #expect(throws: LossmithError.self) { try FrontierTask(Self.bandit, betas: [], klCap: 1) }
    #expect(throws: LossmithError.self) { try FrontierTask(Self.bandit, betas: [0.1], klCap: 0) }
  }

  @Test("a task file gives metric, grid and cap; another metric may be asked for by name")
  func taskFile() throws {
    let description = try TaskFileTests.parse(
      "task: bandit\nevaluation:\n  metric: frontier\n  betas: [0.1, 1]\n  kl_cap: 3")
    let task = try #require(try description.task() as? FrontierTask)
    #expect(task.betas == [0.1, 1])
    #expect(task.klCap == 3)
    #expect(task.etaMetric == "frontier")
    let named = try TaskCatalogue.task("bandit", metric: "frontier")
    #expect((named as? FrontierTask)?.betas == [0.02, 0.05, 0.1, 0.2, 0.5])
    #expect(try TaskCatalogue.task("bandit", metric: "accuracy").etaMetric == "accuracy")
    #expect(throws: LossmithError.self) { try TaskCatalogue.task("bandit", metric: "winrate") }
    // The digest tells tasks with different numbers apart.
    let other = try FrontierTask(Self.bandit, betas: [0.1], klCap: 12)
    #expect(other.configurationDigest != (try Self.frontier().configurationDigest))
  }
}
