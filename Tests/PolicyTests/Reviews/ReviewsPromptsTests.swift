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
