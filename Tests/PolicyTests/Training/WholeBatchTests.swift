import Foundation
import Losses
import Testing

@testable import Policy

/// Micro-batches and recomputation: other ways to the same step.
@Suite("Training in parts")
struct WholeBatchTests {
  /// Slopes of a loss over pairs (row i, row i + B).
  struct PairLoss: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// From the margins to d(mean loss)/d(margin).
    var slopes: @Sendable ([Double]) -> [Double]

    func rowGradients(_ scores: [Double]) -> [Double] {
      let count = scores.count / 2
      let slopes = slopes((0..<count).map { scores[$0] - scores[$0 + count] })
      return slopes.map { $0 / Double(count) } + slopes.map { -$0 / Double(count) }
    }
  }

  static let losses = [
    PairLoss(testDescription: "DPO") { $0.map { -0.1 / (1 + exp(0.1 * $0)) } },
    PairLoss(testDescription: "IPO") { $0.map { 2 * ($0 - 5) } },
    PairLoss(testDescription: "hinge") { $0.map { $0 < 1 ? -1 : 0 } },
    // Couples the rows: each is measured against the batch's mean and spread.
    PairLoss(testDescription: "batch statistics") { margins in
      let mean = margins.reduce(0, +) / Double(margins.count)
      let variance =
        margins.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(margins.count - 1)
      return margins.map { -1 / (1 + exp(($0 - mean) / (variance.squareRoot() + 0.1))) }
    },
  ]

  /// Pairs of some prompts, some of them alike, of unequal lengths.
  static func batch(
    _ configuration: TransformerConfiguration, pairs: Int = 8
  ) throws -> PackedBatch {
    var stream = RandomStream(seed: 4, purpose: "test.pairs")
    func tokens(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(stream.below(41)) } }
    let prompts = (0..<pairs).map { tokens(1 + $0 % 3) }
    let rows = (0..<(2 * pairs)).map {
      TokenRow(prompt: prompts[$0 % pairs], completion: tokens(1 + stream.below(9)))
    }
    return try PackedBatch(rows, for: configuration, sharingPrompts: true)
  }

  static func trained(
    _ loss: PairLoss, _ configuration: TransformerConfiguration, threads: Int = 1,
    budget: Int = 1 << 28, recomputes: Bool = false, rowLimit: Int = .max, lora: LoRASettings? = nil
  ) throws -> (parameters: [Float], norm: Double) {
    let runner = TransformerRunner(
      configuration, threads: threads, memoryBudget: budget, recomputes: recomputes,
      rowLimit: rowLimit)
    let start = SmallTransformers.sine(configuration)
    let trainer = TransformerTrainer(
      start, schedule: LearningRateSchedule(peak: 1e-3, steps: 3, warmUpSteps: 0),
      adapter: try lora.map { try LoRAAdapter($0, for: start.layout, seed: 1) }, runner: runner)
    let batch = try batch(configuration)
    var norm = 0.0
    for _ in 0..<3 {
      norm = try trainer.step(batch) { loss.rowGradients($0) }.gradientNorm
    }
    return (trainer.parameters.withUnsafeBuffer { Array($0) }, norm)
  }

  static func distance(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
    return (difference / b.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot()
  }

  /// The gradient of one step.
  static func gradient(
    _ loss: PairLoss, _ configuration: TransformerConfiguration, budget: Int = 1 << 28,
    recomputes: Bool = false, rowLimit: Int = .max
  ) throws -> [Float] {
    let runner = TransformerRunner(
      configuration, threads: 1, memoryBudget: budget, recomputes: recomputes, rowLimit: rowLimit)
    let parameters = SmallTransformers.sine(configuration)
    let batch = try batch(configuration)
    let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
    var gradients = TransformerParameters(configuration)
    runner.backward(
      parameters, batch, rowGradients: loss.rowGradients(scores), into: &gradients)
    return gradients.withUnsafeBuffer { Array($0) }
  }

  // Gradients are compared, not parameters: AdamW's first steps have the size of the rate whatever the
  // gradient's, so an element whose gradient is rounding alone goes either way.
  @Test(
    "micro-batches give the plain gradient, whatever the loss", arguments: losses,
    SmallTransformers.families)
  func microBatches(loss: PairLoss, configuration: TransformerConfiguration) throws {
    let plain = try Self.gradient(loss, configuration)
    let limited = TransformerRunner(configuration, threads: 1, rowLimit: 4)
    let batch = try Self.batch(configuration)
    #expect(limited.microBatches(batch).count >= 4)
    for rowLimit in [1, 4, 6] {
      let parts = try Self.gradient(loss, configuration, rowLimit: rowLimit)
      #expect(Self.distance(parts, plain) < 2e-6)
    }
    // Another loss has another gradient.
    let other = Self.losses.first { $0.testDescription != loss.testDescription }!
    #expect(Self.distance(try Self.gradient(other, configuration), plain) > 1e-3)
  }

  @Test(
    "recomputation gives the plain step to the bit, in parts, with adapters and threads too",
    arguments: losses, SmallTransformers.families)
  func recomputation(loss: PairLoss, configuration: TransformerConfiguration) throws {
    for (threads, rowLimit) in [(1, Int.max), (2, .max), (1, 4)] {
      for lora in [nil, LoRASettings(rank: 2)] {
        let plain = try Self.trained(
          loss, configuration, threads: threads, rowLimit: rowLimit, lora: lora)
        let other = try Self.trained(
          loss, configuration, threads: threads, recomputes: true, rowLimit: rowLimit, lora: lora)
        #expect(other.parameters == plain.parameters && other.norm == plain.norm)
      }
    }
    let tight = try Self.gradient(loss, configuration, budget: 40_000, recomputes: true)
    #expect(Self.distance(tight, try Self.gradient(loss, configuration)) < 2e-6)
  }

  @Test("recomputation keeps one row a layer and one whole layer")
  func memory() {
    let deep = TransformerConfiguration(
      vocabularySize: 64, contextLength: 64, width: 64, layers: 12, heads: 4)
    let all = Activations.bytesPerToken(deep)
    let inputs = Activations.bytesPerToken(keepingInputsOf: deep)
    #expect(inputs == all / 12 + 4 * 64 * 13)
    #expect(5 * inputs < all)
  }

  @Test(
    "next-token training in parts and with recomputation is the plain one",
    arguments: SmallTransformers.families)
  func fineTuning(configuration: TransformerConfiguration) throws {
    let rows = SmallTransformers.rows(12, for: configuration)
    func tuned(_ change: (inout SupervisedFineTuning.Settings) -> Void) throws -> [Float] {
      var settings = SupervisedFineTuning.Settings(batch: 6, learningRate: 1e-3)
      change(&settings)
      return try SupervisedFineTuning(settings).train(
        SmallTransformers.sine(configuration), rows: rows
      ).parameters.withUnsafeBuffer { Array($0) }
    }
    let plain = try tuned { _ in }
    let recomputed = try tuned { $0.recomputes = true }
    #expect(recomputed == plain)
    let parts = try tuned { $0.microBatch = 2 }
    // Two steps of AdamW, see above.
    #expect(Self.distance(parts, plain) < 1e-4)
  }
}
