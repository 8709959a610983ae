import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Bandit")
struct BanditTests {
  static let task = BanditTask()

  static func train(
    _ loss: any Loss, seed: UInt64 = 0, on task: BanditTask = task
  ) throws -> TrainingOutcome {
    try task.train(loss: loss, tunables: task.tunableValues(for: loss.descriptor), seed: seed)
  }

  @Test("a constant loss leaves the reference bit for bit, and KL is exactly 0")
  func constantLoss() throws {
    let outcome = try Self.train(.constant())
    #expect(outcome.finalParametersHash == Self.task.environment.reference.hash)
    #expect(outcome.metrics["kl"] == 0)
    #expect(outcome.metrics["kl_paper"] == 0)
    #expect(outcome.metrics["accuracy"] == 0.5)
    #expect(outcome.metrics["reward"] == Self.task.reference.reward)
    #expect(outcome.curve.allSatisfy { $0.chosenLogRatio == 0 && $0.rejectedLogRatio == 0 })
    // The positive control: the same comparison sees a policy that moved.
    let moved = try Self.train(.dpo())
    #expect(moved.finalParametersHash != Self.task.environment.reference.hash)
    #expect(try #require(moved.metrics["kl"]) > 1)
  }

  @Test("DPO raises the reward by far more than its error; the reversed loss lowers it")
  func direction() throws {
    let start = Self.task.reference.reward
    let forward = try (0..<5).map { try reward(of: .dpo(), seed: $0) - start }
    let backward = try (0..<5).map { try reward(of: .reversed(), seed: $0) - start }
    #expect(mean(forward) > 5 * standardError(forward))
    #expect(mean(backward) < -5 * standardError(backward))
  }

  /// What makes the task able to tell losses apart.
  @Test("the reference is middling, DPO is far from both ends and seeds differ")
  func difficulty() throws {
    #expect((0.35...0.5).contains(Self.task.reference.reward))
    let rewards = try (0..<5).map { try reward(of: .dpo(), seed: $0) }
    #expect((0.55...0.8).contains(mean(rewards)))
    #expect(standardError(rewards) > 0.001)
    // A reward of 1 is out of reach for any policy.
    let environment = Self.task.environment
    let width = environment.configuration.actions
    let best = stride(from: 0, to: environment.heldOutRewards.count, by: width).map {
      environment.heldOutRewards[$0..<($0 + width)].max() ?? 0
    }
    #expect(mean(best) > mean(rewards) + 0.1)
  }

  @Test("the same seed gives the same bits, another seed others")
  func determinism() throws {
    let first = try Self.train(.dpo(), seed: 3)
    #expect(try Self.train(.dpo(), seed: 3, on: BanditTask()) == first)
    #expect(try Self.train(.dpo(), seed: 4).finalParametersHash != first.finalParametersHash)
  }

  @Test("two losses see the same pairs in the same order, and no difference before step 1")
  func pairing() throws {
    let first = MarginLoss.dpo()
    let second = MarginLoss.constant()
    _ = try Self.train(first, seed: 9)
    _ = try Self.train(second, seed: 9)
    #expect(first.batches.count == Self.task.recipe.steps)
    #expect(first.batches[0].columns == second.batches[0].columns)
    for (one, other) in zip(first.batches, second.batches) {
      #expect(one.columns[.referenceChosen] == other.columns[.referenceChosen])
      #expect(one.rows == Self.task.recipe.batch)
    }
    #expect(first.batches[0].margin.allSatisfy { $0 == 0 })
    #expect(first.batches[1].margin.contains { $0 != 0 })
    #expect(first.batches[0].columns[.chosenTokens]?.allSatisfy { $0 == 8 } == true)
  }

  @Test("margins reach tens of nats, as a language model's do")
  func margins() throws {
    let loss = MarginLoss.dpo()
    _ = try Self.train(loss)
    let last = try #require(loss.batches.last)
    #expect(last.margin.contains { $0 > 20 })
    let logProbabilities = try #require(last.columns[.referenceChosen])
    #expect((-40 ... -8).contains(mean(logProbabilities)))
  }

  @Test("β comes from the recipe by name, in the loss's range, and can be overridden")
  func beta() throws {
    let loss = MarginLoss.dpo()
    #expect(Self.task.tunableValues(for: loss.descriptor) == [0.1])
    #expect(Self.task.tunableValues(for: loss.descriptor, overrides: ["beta": 2]) == [2])
    let far = MarginLoss("far", betaRange: 1...2) { _, _ in (0, 0) }
    #expect(Self.task.tunableValues(for: far.descriptor) == [1])
    let paper = try TaskCatalogue.task(named: "bandit", beta: 0.05)
    #expect(paper.tunableValues(for: loss.descriptor) == [0.05])
    #expect(paper.reference == Self.task.reference)
    #expect(paper.configurationDigest != Self.task.configurationDigest)
    // The trainer hands over what it was given.
    _ = try Self.task.train(loss: loss, tunables: [0.3], seed: 0)
    #expect(loss.tunables == [0.3])
  }

  @Test("another environment has another reference hash; another recipe has not")
  func hashes() {
    var other = BanditConfiguration.standard
    other.rewardOffset = -0.5
    #expect(BanditTask(other).reference.hash != Self.task.reference.hash)
    var longer = BanditConfiguration.standard
    longer.recipe.steps = 10
    #expect(BanditTask(longer).reference.hash == Self.task.reference.hash)
    #expect(BanditTask(longer).configurationDigest != Self.task.configurationDigest)
    #expect(Self.task.reference.hash.count == 64)
  }

  @Test("labels follow the reward, and a fifth of them is turned round")
  func labels() {
    let task = Self.task
    let pairs = task.drawPairs(seed: 1)
    #expect(pairs.count == task.configuration.pairs)
    var sure = BanditConfiguration.standard
    sure.labelSharpness = 1e9
    let sureTask = BanditTask(sure)
    let flipped = sureTask.drawPairs(seed: 1)
    let scores = sureTask.environment.rewardScores(flipped.features)
    let wrong = (0..<flipped.count).count { pair in
      var advantage = 0.0
      for row in (pair * 8)..<((pair + 1) * 8) {
        advantage += BanditEnvironment.logistic(scores[row * 16 + Int(flipped.chosen[row])])
        advantage -= BanditEnvironment.logistic(scores[row * 16 + Int(flipped.rejected[row])])
      }
      return advantage < 0
    }
    let expected = 0.2 * Double(flipped.count)
    #expect(abs(Double(wrong) - expected) < 5 * (expected * 0.8).squareRoot())
  }

  @Test("every step is observed and the curve keeps the first and the last")
  func observation() throws {
    var steps: [TrainingStep] = []
    let loss = MarginLoss.dpo()
    let outcome = try Self.task.train(loss: loss, tunables: [0.1], seed: 0) { steps.append($0) }
    #expect(steps.map(\.step) == Array(1...Self.task.recipe.steps))
    #expect(outcome.curve.first == steps.first)
    #expect(outcome.curve.last == steps.last)
    #expect(outcome.curve.count <= 60)
    #expect(abs(steps[0].loss - log(2)) < 1e-12)
    #expect(try #require(steps.last).loss < steps[0].loss)
    #expect(try #require(steps.last).margin > 1)
    #expect(steps.allSatisfy { $0.gradientNorm > 0 })
  }

  @Test("an unknown task is refused with the names that exist")
  func catalogue() throws {
    let error = #expect(throws: LossmithError.self) {
      try TaskCatalogue.task(named: "bandits")
    }
    #expect(error?.code == .unknownName)
    #expect(error?.remedy?.contains("bandit") == true)
    #expect(try TaskCatalogue.task(named: "bandit").name == "bandit")
  }

  private func reward(of loss: MarginLoss, seed: Int) throws -> Double {
    try #require(try Self.train(loss, seed: UInt64(seed)).metrics["reward"])
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private func standardError(_ values: [Double]) -> Double {
    let centre = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
  }
}

extension Loss where Self == MarginLoss {
  static func dpo() -> MarginLoss { MarginLoss.dpo() }
  static func reversed() -> MarginLoss { MarginLoss.reversed() }
  static func constant() -> MarginLoss { MarginLoss.constant() }
}
