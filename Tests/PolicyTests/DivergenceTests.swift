import Losses
import Testing

@testable import Policy

@Suite("A loss that misbehaves in training")
struct DivergenceTests {
  static let task = BanditTask()

  static func failure(of loss: any Loss) -> LossFailure? {
    #expect(throws: LossFailure.self) {
      try task.train(loss: loss, tunables: [0.1], seed: 0, observe: nil)
    }
  }

  enum Tensor: String, CaseIterable, Sendable {
    case value = "the loss"
    case chosen = "policy_chosen"
    case rejected = "policy_rejected"
  }

  @Test(
    "a NaN or an infinity ends the training at its step with the tensor's name",
    arguments: Tensor.allCases, [Double.nan, .infinity, -.infinity])
  func notFinite(tensor: Tensor, wrong: Double) throws {
    let loss = ScriptedLoss { (step: Int, batch: LossBatch) throws(LossFailure) in
      var output = LossOutput.filled(1, gradient: 0.01, rows: batch.rows)
      if step == 4 {
        switch tensor {
        case .value: output.values[2] = wrong
        case .chosen: output.gradients[.policyChosen]?[2] = wrong
        case .rejected: output.gradients[.policyRejected]?[2] = wrong
        }
      }
      return output
    }
    let failure = try #require(Self.failure(of: loss))
    #expect(failure.finding.verdict == .diverged(step: 4))
    #expect(failure.finding.message.contains(tensor.rawValue))
    #expect(failure.finding.message.contains("row 2"))
    #expect(failure.finding.message.contains("at the margin "))
    #expect(failure.finding.message.contains(wrong.isNaN ? "NaN" : "infinite"))
    #expect(!failure.finding.remedy.isEmpty)
  }

  @Test("a sum that overflows is found although every element is finite")
  func overflow() throws {
    let values = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      .filled(1e308, gradient: 0, rows: batch.rows)
    }
    #expect(Self.failure(of: values)?.finding.verdict == .diverged(step: 1))
    let gradients = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      LossOutput(
        values: Array(repeating: 0, count: batch.rows),
        gradients: [
          .policyChosen: Array(repeating: 1.7e308, count: batch.rows),
          .policyRejected: Array(repeating: 1.7e308, count: batch.rows),
        ])
    }
    let failure = try #require(Self.failure(of: gradients))
    #expect(failure.finding.verdict == .diverged(step: 1))
    #expect(failure.finding.message.contains("parameters"))
  }

  @Test("a huge but finite gradient is clipped and the training ends well")
  func hugeGradient() throws {
    let loss = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      LossOutput(
        values: Array(repeating: 0, count: batch.rows),
        gradients: [.policyChosen: Array(repeating: -1e200, count: batch.rows)])
    }
    let outcome = try Self.task.train(loss: loss, tunables: [0.1], seed: 0)
    #expect(outcome.metrics.values.allSatisfy { $0.isFinite })
  }

  @Test("outputs of a wrong length are a failed shape, not a crash")
  func shape() throws {
    let values = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      .filled(1, gradient: 0, rows: batch.rows - 1)
    }
    #expect(Self.failure(of: values)?.finding.verdict == .failed(check: "shape"))
    let gradients = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      var output = LossOutput.filled(1, gradient: 0, rows: batch.rows)
      output.gradients[.policyRejected]?.append(0)
      return output
    }
    let failure = try #require(Self.failure(of: gradients))
    #expect(failure.finding.verdict == .failed(check: "shape"))
    #expect(failure.finding.message.contains("policy_rejected"))
  }

  @Test("a failure of the loss passes through untouched")
  func passThrough() throws {
    let own = LossFailure(.crashed(signal: 11), "It died.", remedy: "Mend it.")
    let loss = ScriptedLoss { (step: Int, batch: LossBatch) throws(LossFailure) in
      if step == 3 { throw own }
      return .filled(1, gradient: 0, rows: batch.rows)
    }
    #expect(Self.failure(of: loss)?.finding == own.finding)
  }

  @Test("a loss that reads one completion only trains; its other gradient is 0")
  func unusedInput() throws {
    let loss = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      LossOutput(
        values: batch.columns[.policyChosen] ?? [],
        gradients: [.policyChosen: Array(repeating: 1, count: batch.rows)])
    }
    let outcome = try Self.task.train(loss: loss, tunables: [0.1], seed: 0)
    #expect(try #require(outcome.curve.last).chosenLogRatio < -1)
  }

  @Test("a loss that wants what the data lack is refused in plain words")
  func missingColumns() throws {
    let scores = MarginLoss("scored", inputs: [.policyChosen, .chosenScore]) { _, _ in (0, 0) }
    let error = #expect(throws: LossmithError.self) {
      try Self.task.train(loss: scores, tunables: [0.1], seed: 0)
    }
    #expect(error?.code == .missingColumn)
    #expect(error?.message.contains("chosen_score") == true)
    let classes = MarginLoss("classes", inputs: [.logits, .labels]) { _, _ in (0, 0) }
    let other = #expect(throws: LossmithError.self) {
      try Self.task.train(loss: classes, tunables: [0.1], seed: 0)
    }
    #expect(other?.message.contains("classification") == true)
    let lengths = MarginLoss(
      "lengths", inputs: MarginLoss.core + [.chosenTokens, .rejectedTokens]
    ) { _, _ in (0, 0) }
    #expect(throws: Never.self) {
      try Self.task.train(loss: lengths, tunables: [0.1], seed: 0)
    }
  }
}
