import Losses
import Testing

@testable import Policy

@Suite("Reviews: training prompts and held-out prompts")
struct ReviewsPromptsTests {
  @Test("The 512 held-out prompts of the standard task differ, and none is a training prompt")
  func standard() throws {
    let standard = ReviewsConfiguration.standard
    let training = Set(try ReviewsPrompts.training(standard))
    let heldOut = try ReviewsPrompts.heldOut(
      standard, count: standard.heldOutPrompts, purpose: "reviews.held-out")
    #expect(heldOut.count == 512)
    #expect(Set(heldOut).count == 512)
    #expect(training.isDisjoint(with: heldOut))
    #expect(training.count > 200, "\(training.count) different training prompts")
  }

  @Test("The untold prompts of the standard task are 512 others of the held-out side")
  func untold() throws {
    let standard = ReviewsConfiguration.standard
    let told = try ReviewsPrompts.heldOut(
      standard, count: standard.heldOutPrompts, purpose: "reviews.held-out")
    let untold = try ReviewsPrompts.untold(standard, besides: told)
    #expect(untold.count == 512 && Set(untold).count == 512)
    #expect(Set(untold).isDisjoint(with: told))
    #expect(untold.allSatisfy(ReviewsPrompts.isHeldOut))
    #expect(Set(untold).isDisjoint(with: try ReviewsPrompts.training(standard)))
    // A grammar that writes fewer gives those that there are.
    var narrow = SmallReviews.configuration
    narrow.promptTokens = 1
    narrow.heldOutPrompts = 4
    let few = try ReviewsPrompts.heldOut(narrow, count: 4, purpose: "reviews.held-out")
    narrow.heldOutPrompts = 400
    let rest = try ReviewsPrompts.untold(narrow, besides: few)
    #expect(rest.count < 400 && Set(rest).isDisjoint(with: few))
  }

  @Test("Untold prompts are measured when a context wants them, and change no other number")
  func measuringUntold() throws {
    let plain = try SmallReviews.task()
    #expect(plain.definition.untoldPrompts.isEmpty)
    let task = try ReviewsTask.make(
      SmallReviews.configuration, context: TaskContext(measuresUntold: true))
    #expect(task.configurationDigest == plain.configurationDigest)
    #expect(task.reference == plain.reference)
    let untold = task.definition.untoldPrompts
    #expect(untold.count == SmallReviews.configuration.heldOutPrompts)
    #expect(
      Set(untold).isDisjoint(
        with: task.definition.prompts + task.definition.heldOutPairs.map(\.promptIds)))
    let alone = try SmallReviews.train(plain)
    var whole = try SmallReviews.train(task)
    #expect(whole.metrics["reward_untold"] != whole.metrics["reward"])
    #expect((0...1).contains(whole.metrics["winrate_untold"] ?? -1))
    for name in ["reward_untold", "winrate_untold"] { whole.metrics[name] = nil }
    #expect(whole == alone)
    // An untouched policy ties with the reference on every one of them.
    let constant = try SmallReviews.train(task, MarginLoss.constant())
    #expect(constant.metrics["winrate_untold"] == 0.5)
  }

  @Test("No prompt of a seed's pairs is held out, whatever the seed; held-out pairs are")
  func task() throws {
    let definition = try SmallReviews.task().definition
    let heldOut = Set(definition.prompts)
    #expect(heldOut.count == SmallReviews.configuration.heldOutPrompts)
    for seed in 0..<4 as Range<UInt64> {
      let trained = Set(try definition.pairs.pairs(seed: seed).map(\.promptIds))
      #expect(trained.isDisjoint(with: heldOut))
      #expect(trained.isDisjoint(with: definition.heldOutPairs.map(\.promptIds)))
      #expect(trained.allSatisfy { !ReviewsPrompts.isHeldOut($0) })
    }
    #expect(definition.heldOutPairs.allSatisfy { ReviewsPrompts.isHeldOut($0.promptIds) })
    let prompts = definition.heldOutPairs.map(\.promptIds)
    #expect(Set(prompts).count == prompts.count)
  }

  @Test("More held-out prompts than the grammar writes are refused, not drawn for ever")
  func tooMany() throws {
    var configuration = SmallReviews.configuration
    configuration.promptTokens = 1
    configuration.heldOutPrompts = 100
    let error = #expect(throws: LossmithError.self) { try SmallReviews.task(configuration) }
    #expect(error?.code == .malformedInput)
    #expect(error?.message.contains("held-out prompts of 1 tokens; 100 are wanted") == true)
  }
}
