import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Supervised fine-tuning")
struct SupervisedFineTuningTests {
  let configuration = TransformerConfiguration(
    vocabularySize: 8, contextLength: 8, width: 16, layers: 1, heads: 2)
  /// A cycle: each token names the next.
  let rows = (0..<32).map { row in
    TokenRow(text: (0..<6).map { Int32((row + $0) % 8) })
  }

  func tuned(_ settings: SupervisedFineTuning.Settings) throws -> TransformerParameters {
    try SupervisedFineTuning(settings).train(.initial(configuration, seed: 1), rows: rows)
      .parameters
  }

  @Test("a cycle of tokens is learnt, and the score says so")
  func learns() throws {
    let settings = SupervisedFineTuning.Settings(epochs: 60, batch: 8, learningRate: 0.01)
    let before = try SupervisedFineTuning.crossEntropy(
      .initial(configuration, seed: 1), rows: rows)
    // An untrained model spreads over all eight tokens.
    #expect(abs(before - log(8)) < 0.1)
    let after = try SupervisedFineTuning.crossEntropy(try tuned(settings), rows: rows)
    #expect(after < 0.1)
  }

  @Test("the seed decides the bits")
  func determinism() throws {
    func bits(_ seed: UInt64) throws -> [UInt32] {
      let settings = SupervisedFineTuning.Settings(
        epochs: 2, batch: 8, learningRate: 0.01, seed: seed)
      return try tuned(settings).withUnsafeBuffer { $0.map(\.bitPattern) }
    }
    let first = try bits(3)
    #expect(try bits(3) == first)
    #expect(try bits(4) != first)
  }

  @Test("a last step that spoils the weights ends the training with the tensor's name")
  func spoiltWeights() throws {
    func trainer(_ rate: Double) -> TransformerTrainer {
      TransformerTrainer(
        .initial(configuration, seed: 1),
        schedule: LearningRateSchedule(peak: rate, steps: 1, warmUpSteps: 1))
    }
    let batch = try PackedBatch(rows, for: configuration)
    let spoilt = trainer(1e39)
    // The step itself sees finite numbers only.
    _ = try spoilt.crossEntropyStep(batch)
    let failure = #expect(throws: LossFailure.self) { try spoilt.requireFiniteParameters() }
    #expect(failure?.finding.verdict == .diverged(step: 1))
    #expect(failure?.finding.message.contains("the parameter transformer.") == true)
    let sound = trainer(1e-3)
    _ = try sound.crossEntropyStep(batch)
    #expect(throws: Never.self) { try sound.requireFiniteParameters() }
    #expect(throws: LossFailure.self) {
      try SupervisedFineTuning.requireFinite(.nan, "the cross-entropy", step: 1)
    }
    #expect(throws: Never.self) {
      try SupervisedFineTuning.requireFinite(2, "the cross-entropy", step: 1)
    }
  }

  @Test("nothing to train on, and settings that make no sense, are refused")
  func refusals() throws {
    let parameters = TransformerParameters.initial(configuration, seed: 1)
    let none = #expect(throws: LossmithError.self) {
      try SupervisedFineTuning(.init()).train(parameters, rows: [])
    }
    #expect(none?.code == .malformedInput)
    for settings in [
      SupervisedFineTuning.Settings(epochs: 0), .init(batch: 0), .init(learningRate: -1),
      .init(learningRate: .nan), .init(learningRate: 1e39), .init(epochs: 1e30),
      .init(batch: 1 << 40),
    ] {
      let error = #expect(throws: LossmithError.self) {
        try SupervisedFineTuning(settings).train(parameters, rows: rows)
      }
      #expect(error?.code == .usage)
    }
  }
}
