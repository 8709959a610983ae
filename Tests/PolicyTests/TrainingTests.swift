import Foundation
import Losses
import Policy
import Testing

@Suite("Transformer training")
struct TrainingTests {
  private let configuration = SmallTransformers.configuration()

  private func trainer(
    steps: Int = 20, rate: Double = 1e-2, norm: Double = 1e9, decay: Double = 0,
    budget: Int = 1 << 28
  ) -> TransformerTrainer {
    TransformerTrainer(
      SmallTransformers.sine(configuration),
      schedule: LearningRateSchedule(peak: rate, steps: steps, warmUpSteps: 2),
      maximumGradientNorm: norm, optimiser: .init(weightDecay: decay),
      runner: TransformerRunner(configuration, threads: 2, memoryBudget: budget))
  }

  private func batch(_ count: Int = 6) throws -> PackedBatch {
    try PackedBatch(SmallTransformers.rows(count, for: configuration), for: configuration)
  }

  private func values(_ parameters: TransformerParameters) -> [Float] {
    parameters.layout.tensors.flatMap { parameters[$0.name]! }
  }

  @Test("a step is AdamW's in double precision, clipped by the global norm", arguments: [1e9, 0.5])
  func optimiser(norm: Double) throws {
    let batch = try batch()
    let trainer = trainer(norm: norm)
    var expected = values(trainer.parameters).map { Double($0) }
    var reference = AdamW(parameterCount: expected.count)
    for _ in 0..<4 {
      var gradients = TransformerParameters(configuration)
      let runner = TransformerRunner(configuration, threads: 2)
      let slopes = (0..<batch.rowCount).map { 0.3 - 0.1 * Double($0) }
      runner.backward(trainer.parameters, batch, rowGradients: slopes, into: &gradients)
      var gradient = values(gradients).map { Double($0) }
      let before = GradientClipping.clip(&gradient, to: norm)
      let report = try trainer.step(batch) { _ throws(LossFailure) in slopes }
      #expect(abs(report.gradientNorm - before) < 1e-6 * before)
      reference.update(&expected, gradient: gradient, learningRate: report.learningRate)
      let own = values(trainer.parameters)
      let moved = zip(own, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
      #expect(moved < 2e-6)
      expected = own.map { Double($0) }
    }
  }

  @Test("gradients of 0 leave every bit of the parameters alone; others do not")
  func zero() throws {
    let batch = try batch()
    let trainer = trainer()
    let before = values(trainer.parameters)
    for _ in 0..<3 {
      let report = try trainer.step(batch) { scores throws(LossFailure) in scores.map { _ in 0 } }
      #expect(report.gradientNorm == 0)
    }
    #expect(values(trainer.parameters) == before)
    _ = try trainer.step(batch) { scores throws(LossFailure) in scores.map { _ in 1e-3 } }
    #expect(values(trainer.parameters) != before)
  }

  @Test("decay takes matrices and leaves vectors")
  func decay() throws {
    let trainer = trainer(decay: 0.1)
    let before = trainer.parameters
    _ = try trainer.step(try batch()) { scores throws(LossFailure) in scores.map { _ in 0 } }
    for tensor in before.layout.tensors {
      let changed = before[tensor.name] != trainer.parameters[tensor.name]
      #expect(changed == (tensor.shape.count > 1), "\(tensor.name)")
    }
  }

  @Test("the loss sees all rows at once, and small memory trains alike")
  func wholeBatch() throws {
    let batch = try batch(8)
    func train(_ trainer: TransformerTrainer) throws -> TransformerParameters {
      var calls = 0
      for _ in 0..<3 {
        _ = try trainer.step(batch) { scores throws(LossFailure) in
          calls += 1
          let mean = scores.reduce(0, +) / Double(scores.count)
          return scores.map { ($0 - mean) / 100 }
        }
      }
      #expect(calls == 3)
      return trainer.parameters
    }
    // Not the parameters: a key's bias cancels in the softmax, so its gradient is rounding, of which
    // Adam makes whole steps. What the model says is not touched by that.
    let runner = TransformerRunner(configuration, threads: 1)
    let before = runner.logProbabilities(trainer().parameters, batch)
    let plain = runner.logProbabilities(try train(trainer()), batch)
    let small = runner.logProbabilities(try train(trainer(budget: 1)), batch)
    for row in before.indices {
      #expect(abs(plain[row] - small[row]) < 1e-3 * max(0.1, abs(plain[row] - before[row])))
    }
    #expect(zip(plain, before).contains { abs($0 - $1) > 0.1 })
  }

  @Test("next-token training learns a text by heart")
  func memorises() throws {
    let text: [Int32] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]
    let batch = try PackedBatch([TokenRow(text: text)], for: configuration)
    let trainer = trainer(steps: 60, norm: 1)
    let first = try trainer.crossEntropyStep(batch).0
    var last = first
    for _ in 1..<60 { last = try trainer.crossEntropyStep(batch).0 }
    #expect(first > 2 && last < 0.5, "\(first) to \(last)")
  }

  @Test("a NaN ends the training with step and name, and the parameters stay")
  func divergence() throws {
    let batch = try batch()
    let trainer = trainer()
    _ = try trainer.step(batch) { scores throws(LossFailure) in scores.map { _ in 1e-3 } }
    let before = values(trainer.parameters)
    let failure = #expect(throws: LossFailure.self) {
      try trainer.step(batch) { scores throws(LossFailure) in scores.map { _ in .nan } }
    }
    #expect(failure?.finding.verdict == .diverged(step: 2))
    #expect(failure?.finding.message.contains("row 0") == true)
    let huge = #expect(throws: LossFailure.self) {
      try trainer.step(batch) { scores throws(LossFailure) in scores.map { _ in 1e300 } }
    }
    #expect(huge?.finding.verdict == .diverged(step: 2))
    #expect(huge?.finding.message.contains("transformer.") == true)
    #expect(values(trainer.parameters) == before)
    var broken = trainer.parameters
    broken.withMutableTensor(broken.layout.blocks[1].expandBias!) { $0[2] = .infinity }
    let other = TransformerTrainer(
      broken, schedule: LearningRateSchedule(peak: 1, steps: 1, warmUpSteps: 0))
    #expect(throws: LossFailure.self) { try other.crossEntropyStep(batch) }
  }
}
