import Foundation
import Losses
import Policy
import Testing

/// Golden numbers of PyTorch: `Generators/transformer_torch.py`.
private struct TorchGolden: Decodable {
  struct Row: Decodable {
    var tokens: [Int32]
    var firstScored: Int
  }

  struct Case: Decodable {
    var activation: TransformerConfiguration.Activation
    var logProbabilities: [Double]
    var gradients: [String: [Double]]

    enum CodingKeys: String, CodingKey {
      case activation, gradients
      case logProbabilities = "log_probabilities"
    }
  }

  var vocabSize, nPositions, nEmbd, nLayer, nHead, nInner: Int
  var rows: [Row]
  var rowGradients: [Double]
  var cases: [Case]

  static func load() throws -> TorchGolden {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/transformer-torch.json")
    let decoder = JSONDecoder()
    // Tensor names hold dots and underscores, and must stay: so no automatic conversion there.
    decoder.keyDecodingStrategy = .custom { path in
      let key = path.last!.stringValue
      guard !path.dropLast().contains(where: { $0.stringValue == "gradients" }) else {
        return AnyKey(key)
      }
      let words = key.split(separator: "_")
      let known = ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner"]
      guard (known + ["first_scored", "row_gradients"]).contains(key) else { return AnyKey(key) }
      return AnyKey(words[0] + words.dropFirst().map(\.capitalized).joined())
    }
    return try decoder.decode(TorchGolden.self, from: Data(contentsOf: url))
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func configuration(_ activation: TransformerConfiguration.Activation) -> TransformerConfiguration
  {
    TransformerConfiguration(
      vocabularySize: vocabSize, contextLength: nPositions, width: nEmbd, layers: nLayer,
      heads: nHead, feedForwardWidth: nInner, activation: activation)
  }
}

@Suite("Transformer against PyTorch")
struct TransformerTorchTests {
  /// Threads, shared prompts and a budget that forces recomputation must not matter.
  @Test(
    "log-probabilities and every tensor's gradient are PyTorch's",
    arguments: [(1, false, 1 << 28), (2, false, 1 << 28), (2, true, 1 << 28), (1, true, 1)])
  func gradients(threads: Int, sharesPrompts: Bool, budget: Int) throws {
    let golden = try TorchGolden.load()
    #expect(golden.cases.count == 2)
    for expected in golden.cases {
      let configuration = golden.configuration(expected.activation)
      let parameters = SmallTransformers.sine(configuration)
      let batch = try PackedBatch(
        golden.rows.map { TokenRow(tokens: $0.tokens, scored: $0.firstScored..<$0.tokens.count) },
        for: configuration, sharingPrompts: sharesPrompts)
      let runner = TransformerRunner(configuration, threads: threads, memoryBudget: budget)
      let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
      for (score, value) in zip(scores, expected.logProbabilities) {
        #expect(abs(score - value) < 1e-5 * max(1, abs(value)))
      }
      var gradients = TransformerParameters(configuration)
      runner.backward(
        parameters, batch, rowGradients: golden.rowGradients, into: &gradients)
      #expect(gradients.layout.tensors.count == expected.gradients.count)
      for tensor in gradients.layout.tensors {
        let own = try #require(gradients[tensor.name])
        let value = try #require(expected.gradients[tensor.name])
        try #require(own.count == value.count)
        let largest = value.reduce(0) { max($0, abs($1)) }
        let error = zip(own, value).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        #expect(largest > 0 && error < 2e-5 * largest, "\(tensor.name): \(error) of \(largest)")
      }
    }
  }
}
