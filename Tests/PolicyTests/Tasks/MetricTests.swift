import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Metrics of a task")
struct MetricTests {
  /// A reward that likes the low half of the vocabulary.
  struct Liking: CompletionReward {
    var digest: String { "low" }
    func scores(prompts: [[Int32]], completions: [[Int32]]) -> [Double] {
      completions.map { tokens in Double(tokens.count { $0 < 20 }) / Double(max(tokens.count, 1)) }
    }
  }

  static func definition(
    reward: (any CompletionReward)? = Liking(), heldOut: Int = 6, forward: Bool = false,
    metric: String = "reward"
  ) -> LanguageTaskDefinition {
    let configuration = SmallTransformers.configuration()
    let policy = ModelFolder(parameters: SmallTransformers.sine(configuration), tokenizer: nil)
    // The chosen completions have low tokens, the rejected ones high.
    let pairs = (Int32(0)..<24).map { (row: Int32) -> PreferencePair in
      let low = row % 20
      return PreferencePair(
        promptIds: [row, 40], chosenIds: [3, low, 7], rejectedIds: [33, low + 20, 37],
        promptHash: UInt64(row))
    }
    return LanguageTaskDefinition(
      name: "small", summary: "", etaDescription: "The mean share of low tokens.",
      etaMetric: metric, policy: policy, pairs: FixedPairs(Array(pairs.dropFirst(heldOut))),
      heldOutPairs: Array(pairs.prefix(heldOut)), prompts: (Int32(0)..<10).map { [$0, 40] },
      reward: reward, recipe: Recipe(steps: 8, batch: 8, learningRate: 1e-2),
      sampling: SamplingOptions(maximumTokens: 6), measuresForwardKL: forward)
  }

  static func train(_ task: any TrainingTask, _ loss: MarginLoss) throws -> TrainingOutcome {
    try task.measure(tunables: [0.5], seed: 3, observe: nil, open: { loss })
  }

  @Test("an untouched policy has the reference's numbers of the same seed to the bit")
  func untouched() throws {
    let task = try LanguageTask(Self.definition(forward: true))
    let outcome = try Self.train(task, .constant())
    #expect(outcome.metrics == (try task.referenceMetrics(seed: 3)))
    #expect(
      Set(outcome.metrics.keys) == [
        "reward", "se_prompts", "winrate", "accuracy", "kl", "kl_paper", "kl_forward", "length",
      ])
    #expect(outcome.metrics["winrate"] == 0.5)
    #expect(outcome.metrics["accuracy"] == 0.5)
    #expect(outcome.metrics["kl"] == 0)
    // Another seed draws other completions.
    #expect(outcome.metrics["reward"] != (try task.referenceMetrics(seed: 4))["reward"])
  }

  @Test("a policy that learnt wins against the reference's completions and tells pairs apart")
  func trained() throws {
    let task = try LanguageTask(Self.definition())
    let (better, worse) = (
      try Self.train(task, .dpo()).metrics, try Self.train(task, .reversed()).metrics
    )
    #expect(try #require(better["winrate"]) > 0.6)
    #expect(try #require(worse["winrate"]) < 0.5)
    #expect(try #require(worse["reward"]) < #require(better["reward"]))
    #expect(try #require(better["accuracy"]) > 0.9)
    #expect(try #require(worse["accuracy"]) < 0.1)
    #expect(try #require(better["kl"]) > 0)
    #expect(better["kl_forward"] == nil)
  }

  @Test("the curve has every step of a short training, with its rate")
  func curve() throws {
    let task = try LanguageTask(Self.definition())
    let outcome = try Self.train(task, .dpo())
    #expect(outcome.curve.map(\.step) == Array(1...8))
    #expect(outcome.curve.map(\.learningRate) == (1...8).map { task.recipe.schedule.rate(at: $0) })
    #expect(outcome.curve[0].margin == 0)
    #expect(outcome.curve[7].margin > 0)
    #expect(outcome.curve.allSatisfy { $0.gradientNorm > 0 })
  }

  @Test("η can be any metric that is measured, and no other")
  func measuring() throws {
    let task = try LanguageTask(Self.definition())
    for metric in ["winrate", "accuracy"] {
      let other = try task.measuring(metric)
      #expect(other.etaMetric == metric)
      #expect(other.reference.metrics[metric] == 0.5)
      #expect(other.reference.hash == task.reference.hash)
      #expect(other.configurationDigest != task.configurationDigest)
      #expect(try other.measuring("reward").configurationDigest == task.configurationDigest)
    }
    let unjudged = Self.definition(reward: nil, metric: "accuracy")
    let pairless = Self.definition(heldOut: 0)
    for (definition, metric) in [
      (unjudged, "reward"), (unjudged, "winrate"), (pairless, "accuracy"),
    ] {
      let error = #expect(throws: LossmithError.self) { try definition.measuring(metric) }
      #expect(error?.code == .malformedInput)
    }
    #expect(throws: LossmithError.self) { try BanditTask().measuring("winrate") }
    #expect(try BanditTask().measuring("accuracy").reference.metrics["accuracy"] == 0.5)
    // Nobody judges: what is left is measured.
    let metrics = try Self.train(try LanguageTask(unjudged), .dpo()).metrics
    #expect(Set(metrics.keys) == ["length", "kl", "kl_paper", "accuracy"])
  }
}
