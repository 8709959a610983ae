import CKernels
import Losses
import Testing

@testable import Policy

/// Whole models on the kernels of every instruction set that this processor has.
@Suite("A transformer on every instruction set")
struct TransformerInstructionSetTests {
  static let sets = [CK_PLAIN, CK_AVX2, CK_AVX512].filter { ck_kernels_for($0) != nil }
    .map(\.rawValue)

  static let shapes = [
    SmallTransformers.configuration(), SmallTransformers.configuration(activation: .gelu),
    SmallTransformers.llama(),
  ]

  @Test(
    "scores and gradients are those of a plain model in double precision", arguments: sets, shapes)
  func model(set: UInt32, configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(4, for: configuration, seed: 3)
    let weights = [0.7, -1.1, 0.4, -0.2]
    let runner = TransformerRunner(
      configuration, threads: 2, memoryBudget: 1 << 28, kernels: ck_kernels_for(ck_isa(set))!)
    let batch = try PackedBatch(rows, for: configuration)
    var reference = TransformerReference(parameters)
    for (own, row) in zip(runner.logProbabilities(parameters, batch), rows) {
      let sum = reference.scores(row).reduce(0, +)
      #expect(abs(own - sum) < 1e-4 * max(1, abs(sum) / 10))
    }
    var gradients = TransformerParameters(configuration)
    runner.backward(parameters, batch, rowGradients: weights, into: &gradients)
    var stream = RandomStream(seed: 5, purpose: "test.directions")
    let first = parameters.layout.tensors.filter { $0.name.contains(".0.") }
    try #require(!first.isEmpty)
    for tensor in first {
      let gradient = gradients.withTensor(tensor) { $0.map { Double($0) } }
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let direction = gradient.map { _ in stream.normal() }
      let middle = reference.tensors[tensor.name]!
      func value(_ step: Double) -> Double {
        reference.tensors[tensor.name] = zip(middle, direction).map { $0 + step * $1 }
        return reference.weightedScore(rows, weights: weights)
      }
      let difference = (value(1e-5) - value(-1e-5)) / 2e-5
      reference.tensors[tensor.name] = middle
      let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(slope - difference) < 1e-4 * norm, "\(tensor.name): \(slope), \(difference)")
    }
  }
}
