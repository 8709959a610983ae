import Foundation
import Losses
import Policy
import Testing

@Suite("Transformer gradients")
struct TransformerGradientTests {
  private static let shapes: [TransformerConfiguration] = [
    SmallTransformers.configuration(),
    SmallTransformers.configuration(activation: .gelu, tied: false),
    SmallTransformers.llama(), SmallTransformers.llama(tied: false),
  ]

  @Test("log-probabilities are those of a plain model in double precision", arguments: shapes)
  func scores(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let reference = TransformerReference(parameters)
    let rows = SmallTransformers.rows(9, for: configuration)
    let runner = TransformerRunner(configuration, threads: 2)
    let batch = try PackedBatch(rows, for: configuration)
    let tokens = runner.tokenLogProbabilities(parameters, batch)
    let sums = runner.logProbabilities(parameters, batch)
    for (index, row) in rows.enumerated() {
      let expected = reference.scores(row)
      try #require(tokens[index].count == expected.count)
      for (own, value) in zip(tokens[index], expected) {
        #expect(abs(own - value) < 5e-5 * max(1, abs(value)))
      }
      let sum = expected.reduce(0, +)
      #expect(abs(sums[index] - sum) < 1e-4 * max(1, abs(sum) / 10))
    }
  }

  /// Each tensor is moved along a random direction and, alone, at its steepest element.
  @Test("every tensor's gradient is a central difference", arguments: shapes)
  func differences(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(4, for: configuration, seed: 3)
    let weights = [0.7, -1.1, 0.4, -0.2]
    let runner = TransformerRunner(configuration, threads: 2)
    var gradients = TransformerParameters(configuration)
    runner.backward(
      parameters, try PackedBatch(rows, for: configuration), rowGradients: weights,
      into: &gradients)
    var reference = TransformerReference(parameters)
    var stream = RandomStream(seed: 5, purpose: "test.directions")
    for tensor in parameters.layout.tensors {
      let gradient = gradients.withTensor(tensor) { $0.map { Double($0) } }
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(norm > 0, "\(tensor.name) has no gradient")
      let random = gradient.map { _ in stream.normal() }
      var steepest = gradient.map { _ in 0.0 }
      steepest[gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) }!] = 1
      for direction in [random, steepest] {
        let middle = reference.tensors[tensor.name]!
        func value(_ step: Double) -> Double {
          reference.tensors[tensor.name] = zip(middle, direction).map { $0 + step * $1 }
          return reference.weightedScore(rows, weights: weights)
        }
        let step = 1e-5
        let difference = (value(step) - value(-step)) / (2 * step)
        reference.tensors[tensor.name] = middle
        let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(
          abs(slope - difference) < 1e-4 * norm, "\(tensor.name): \(slope), \(difference)")
      }
    }
  }

  @Test(
    "cross-entropy and its gradient are those of the scored tokens' mean",
    arguments: SmallTransformers.families)
  func crossEntropy(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(7, for: configuration)
    let batch = try PackedBatch(rows, for: configuration)
    let runner = TransformerRunner(configuration, threads: 1)
    var own = TransformerParameters(configuration)
    let loss = runner.crossEntropy(parameters, batch, into: &own)
    let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
    #expect(abs(loss + scores.reduce(0, +) / Double(batch.scoredCount)) < 1e-6)
    var expected = TransformerParameters(configuration)
    runner.backward(
      parameters, batch,
      rowGradients: rows.map { _ in -1 / Double(batch.scoredCount) }, into: &expected)
    #expect(relativeDistance(own, expected) < 1e-5)
  }

  @Test(
    "shared prompts, a tiny memory budget and threads change rounding only",
    arguments: SmallTransformers.families)
  func arrangements(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let prompts: [[Int32]] = [[3, 1, 4, 1, 5], [9, 2], [6]]
    var stream = RandomStream(seed: 2, purpose: "test.completions")
    let rows = (0..<12).map { index in
      TokenRow(
        prompt: prompts[index % 3],
        completion: (0..<(1 + index)).map { _ in Int32(stream.below(41)) })
    }
    let weights = rows.map { _ in stream.normal() }
    func gradients(
      threads: Int, budget: Int, shares: Bool
    ) throws -> ([Double], TransformerParameters) {
      let runner = TransformerRunner(configuration, threads: threads, memoryBudget: budget)
      let batch = try PackedBatch(rows, for: configuration, sharingPrompts: shares)
      let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
      var gradients = TransformerParameters(configuration)
      runner.backward(parameters, batch, rowGradients: weights, into: &gradients)
      return (scores, gradients)
    }
    let (scores, expected) = try gradients(threads: 1, budget: 1 << 28, shares: false)
    for threads in [1, 2, 3] {
      for budget in [1, 40_000, 1 << 28] {
        for shares in [false, true] {
          let (otherScores, other) = try gradients(
            threads: threads, budget: budget, shares: shares)
          #expect(zip(scores, otherScores).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($0)) })
          #expect(relativeDistance(other, expected) < 5e-6)
        }
      }
    }
  }

  @Test(
    "the same call gives the same bits, in a new runner too",
    arguments: SmallTransformers.families)
  func bits(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(8, for: configuration)
    let batch = try PackedBatch(rows, for: configuration)
    func run(_ runner: TransformerRunner) -> ([Double], [[Float]]) {
      let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
      var gradients = TransformerParameters(configuration)
      runner.backward(parameters, batch, rowGradients: scores, into: &gradients)
      return (scores, gradients.layout.stored.map { gradients[$0.name]! })
    }
    let runner = TransformerRunner(configuration, threads: 2)
    let first = run(runner)
    #expect(first == run(runner))
    #expect(first == run(TransformerRunner(configuration, threads: 2)))
    // Keeping activations must not change a bit of the log-probabilities.
    #expect(runner.logProbabilities(parameters, batch) == first.0)
  }

  /// ‖a − b‖ / ‖b‖.
  private func relativeDistance(
    _ a: TransformerParameters, _ b: TransformerParameters
  ) -> Double {
    a.withUnsafeBuffer { a in
      b.withUnsafeBuffer { b in
        let difference = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
        return (difference / b.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot()
      }
    }
  }
}
