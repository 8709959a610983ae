import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Training a language model on preferences")
struct LanguageTrainingTests {
  static let task = Result { try SmallReviews.task() }

  /// Log-probability of a completion, one token after the other, in double precision.
  private func slow(
    _ reference: TransformerReference, _ pair: PreferencePair, _ completion: [Int32]
  ) -> Double {
    reference.scores(TokenRow(prompt: pair.promptIds, completion: completion)).reduce(0, +)
  }

  @Test("Log-probabilities of both columns agree with a straightforward computation")
  func logProbabilities() throws {
    let task = try Self.task.get()
    let loss = MarginLoss.dpo()
    let trained = try task.trainPolicy(loss: loss, tunables: [0.5], seed: 3)
    let runner = TransformerRunner(task.definition.policy.configuration)
    let training = try LanguageTrainingData(task, seed: 3, runner: runner)
    #expect(loss.batches.count == training.batches.count)
    let reference = TransformerReference(task.definition.policy.parameters)
    for (seen, batch) in zip(loss.batches, training.batches) {
      for (row, pair) in batch.pairs.enumerated() {
        let chosen = slow(reference, pair, pair.chosenIds)
        let rejected = slow(reference, pair, pair.rejectedIds)
        #expect(abs(seen.columns[.referenceChosen]![row] - chosen) < 2e-4)
        #expect(abs(seen.columns[.referenceRejected]![row] - rejected) < 2e-4)
        #expect(seen.columns[.chosenTokens]![row] == Double(pair.chosenIds.count))
        #expect(seen.columns[.rejectedTokens]![row] == Double(pair.rejectedIds.count))
      }
      #expect(seen.columns[.chosenScore] == nil && seen.columns[.scoreMargin] == nil)
    }
    // The trained policy's too, in the shapes of a batch.
    let batch = training.batches[0]
    let fast = batch.columns(
      policy: runner.logProbabilities(trained.policy.parameters, batch.packed),
      reference: training.references[0])
    let policy = TransformerReference(trained.policy.parameters)
    for (row, pair) in batch.pairs.enumerated() {
      let chosen = slow(policy, pair, pair.chosenIds)
      #expect(abs(fast.columns[.policyChosen]![row] - chosen) < 2e-4)
      #expect(
        abs(fast.columns[.policyRejected]![row] - slow(policy, pair, pair.rejectedIds)) < 2e-4)
      #expect(abs(fast.columns[.referenceChosen]![row] - chosen) > 2e-3)
    }
  }

  @Test("Scores that judges gave pairs of a file reach the loss, row by row")
  func judgedPairs() throws {
    var definition = try Self.task.get().definition
    let judged = try definition.pairs.pairs(seed: 3).enumerated().map { number, pair in
      var pair = pair
      (pair.chosenScore, pair.rejectedScore) = (Double(number), -0.5)
      return pair
    }
    definition.pairs = FixedPairs(judged)
    let task = try LanguageTask(definition)
    let loss = MarginLoss("scored", inputs: [.policyChosen, .scoreMargin]) { _, _ in (0, 0) }
    _ = try SmallReviews.train(task, loss)
    let runner = TransformerRunner(definition.policy.configuration)
    let training = try LanguageTrainingData(task, seed: 3, runner: runner)
    for (seen, batch) in zip(loss.batches, training.batches) {
      #expect(seen.columns[.chosenScore] == batch.pairs.map { $0.chosenScore! })
      #expect(seen.columns[.rejectedScore] == batch.pairs.map { $0.rejectedScore! })
      #expect(seen.columns[.scoreMargin] == batch.pairs.map { $0.chosenScore! + 0.5 })
    }
  }

  @Test("Margins of the untouched policy are exactly 0, and not afterwards")
  func margins() throws {
    let loss = MarginLoss.dpo()
    _ = try SmallReviews.train(try Self.task.get(), loss)
    #expect(loss.batches[0].margin.allSatisfy { $0 == 0 })
    #expect(loss.batches[1].margin.contains { $0 != 0 })
  }

  @Test(
    "A value or gradient that is NaN or infinite ends in diverged(step)",
    arguments: [Double.nan, .infinity, -.infinity], [true, false])
  func divergence(_ number: Double, isGradient: Bool) throws {
    let task = try Self.task.get()
    func script(from bad: Int) -> ScriptedLoss {
      ScriptedLoss { step, batch throws(LossFailure) in
        let number = step >= bad ? number : 0.5
        return .filled(
          isGradient ? 0.5 : number, gradient: isGradient ? number : 0.5, rows: batch.rows)
      }
    }
    let failure = #expect(throws: LossFailure.self) {
      try SmallReviews.train(task, script(from: 3))
    }
    #expect(failure?.finding.verdict == .diverged(step: 3))
    #expect(throws: Never.self) { try SmallReviews.train(task, script(from: 99)) }
  }

  @Test("A loss that throws ends the training with its own failure")
  func failure() throws {
    let task = try Self.task.get()
    let failure = #expect(throws: LossFailure.self) {
      try SmallReviews.train(
        task, ScriptedLoss { _, _ throws(LossFailure) in throw LossFailure(.resource, "enough") })
    }
    #expect(failure?.finding.verdict == .resource)
  }

  @Test("DPO raises the margins of the pairs it was trained on, reversed DPO lowers them")
  func direction() throws {
    // The same pairs at every step: what the last step sees was trained on.
    var configuration = SmallReviews.configuration
    configuration.pairs = configuration.recipe.batch
    let task = try SmallReviews.task(configuration)
    let up = try SmallReviews.train(task).curve.last!
    let down = try SmallReviews.train(task, MarginLoss.reversed()).curve.last!
    #expect(up.chosenLogRatio - up.rejectedLogRatio > 0)
    #expect(down.chosenLogRatio - down.rejectedLogRatio < 0)
  }
}
