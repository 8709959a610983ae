import Losses
import Testing

@testable import Policy

@Suite("Reviews: the task")
struct ReviewsTaskTests {
  static let task = Result { try SmallReviews.task() }

  @Test("A constant loss leaves KL exactly 0 and the parameters untouched; DPO does not")
  func untouched() throws {
    let task = try Self.task.get()
    var digest = ContentDigest("parameters/1")
    digest.add(task.definition.policy.parameters)
    let constant = try SmallReviews.train(task, MarginLoss.constant())
    #expect(constant.metrics["kl"] == 0)
    #expect(constant.metrics["kl_paper"] == 0)
    #expect(constant.metrics["winrate"] == 0.5)
    #expect(constant.finalParametersHash == digest.hexadecimal)
    let dpo = try SmallReviews.train(task)
    #expect(try #require(dpo.metrics["kl"]) > 0)
    #expect(dpo.finalParametersHash != digest.hexadecimal)
  }

  @Test("The same seed has the same bits, another seed other pairs")
  func seeds() throws {
    let task = try Self.task.get()
    let again = try SmallReviews.task()
    #expect(try SmallReviews.train(task) == SmallReviews.train(again))
    #expect(try SmallReviews.train(task) != SmallReviews.train(task, seed: 4))
    let source = task.definition.pairs
    #expect(try source.pairs(seed: 3) == again.definition.pairs.pairs(seed: 3))
    #expect(try source.pairs(seed: 3) != source.pairs(seed: 4))
  }

  @Test("Reference, pool and held-out part hang on the fitting seed alone")
  func fitting() throws {
    let task = try Self.task.get()
    let again = try SmallReviews.task()
    #expect(again.reference == task.reference)
    #expect(again.configurationDigest == task.configurationDigest)
    #expect(again.definition.pairs.digest == task.definition.pairs.digest)
    #expect(again.definition.heldOutPairs == task.definition.heldOutPairs)
    var configuration = SmallReviews.configuration
    configuration.fittingSeed = 2
    let other = try SmallReviews.task(configuration)
    #expect(other.reference.hash != task.reference.hash)
    #expect(other.definition.pairs.digest != task.definition.pairs.digest)
    #expect(other.definition.prompts != task.definition.prompts)
  }

  /// Sharp labels follow the score, so a chosen completion with the lower score was turned round.
  private func turned(flipped: Double, pairs: Int = 4000) throws -> (count: Int, of: Int) {
    var configuration = SmallReviews.configuration
    configuration.pairs = pairs
    configuration.flipped = flipped
    configuration.labelSharpness = 1e9
    let drawn = try SmallReviews.task(configuration).definition.pairs.pairs(seed: 5)
    #expect(drawn.count == pairs)
    let score = ReviewsScore()
    let gains = drawn.map { pair in
      score.score(prompt: pair.promptIds, completion: pair.chosenIds)
        - score.score(prompt: pair.promptIds, completion: pair.rejectedIds)
    }
    return (gains.count { $0 < 0 }, gains.count { $0 != 0 })
  }

  @Test("The share of labels that are turned round lies within binomial bounds")
  func flips() throws {
    let (count, all) = try turned(flipped: 0.2)
    #expect(all > 500)
    let deviation = (0.2 * 0.8 * Double(all)).squareRoot()
    #expect(abs(Double(count) - 0.2 * Double(all)) < 4 * deviation, "\(count) of \(all)")
    #expect(try turned(flipped: 0).count == 0)
    let every = try turned(flipped: 1)
    #expect(every.count == every.of)
  }

  @Test("No loss sees the score that η is made of: not a column, not a pair has it")
  func hiddenScores() throws {
    let task = try Self.task.get()
    let scores: Set<LossColumn> = [.chosenScore, .rejectedScore, .scoreMargin]
    #expect(task.columns.isDisjoint(with: scores))
    let pairs = try task.definition.pairs.pairs(seed: 3) + task.definition.heldOutPairs
    #expect(pairs.allSatisfy { $0.chosenScore == nil && $0.rejectedScore == nil })
    for column in scores {
      let loss = MarginLoss("scored", inputs: [.policyChosen, column]) { _, _ in (0, 0) }
      let error = #expect(throws: LossmithError.self) { try SmallReviews.train(task, loss) }
      #expect(error?.code == .missingColumn)
      #expect(error?.message.contains(column.name) == true)
    }
    #expect(throws: Never.self) { try SmallReviews.train(task) }
  }

  @Test("The task as it is meant to be run has its floors")
  func floors() {
    let standard = ReviewsConfiguration.standard
    #expect(TransformerLayout(standard.model).parameterCount >= 800_000)
    #expect(standard.pairs >= 2000 && standard.heldOutPrompts >= 512)
    #expect(standard.flipped == 0.2)
    #expect(standard.recipe.steps * standard.recipe.batch >= standard.pairs)
    #expect(throws: Never.self) { try standard.validate() }
  }

  @Test("Fitting lowers the cross-entropy and tells how far it has come")
  func progress() throws {
    let log = ProgressLog()
    _ = try SmallReviews.task(progress: log.add)
    let fits = log.all.filter { $0.loss != nil }
    #expect(fits.count == 64 / 16)
    #expect(fits.map(\.fraction) == [0.25, 0.5, 0.75, 1])
    #expect(log.all.contains { $0.loss == nil && $0.fraction == 1 })
    #expect(fits.last!.loss! < fits.first!.loss!)
  }
}
