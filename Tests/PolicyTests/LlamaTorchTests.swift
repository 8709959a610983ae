import Foundation
import Losses
import Testing

@testable import Policy

/// Golden numbers of PyTorch: `Generators/llama_torch.py`.
private struct TorchGolden {
  struct Case {
    var configuration: TransformerConfiguration
    var logProbabilities: [Double]
    var longest: [Int32]
    var logits: [[Double]]
    var gradients: [(name: String, values: [Double])]
  }

  var rows: [TokenRow]
  var rowGradients: [Double]
  var cases: [Case]

  init() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/llama-torch.json")
    let document = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    let root = try #require(document as? [String: Any])
    rowGradients = try #require(root["row_gradients"] as? [Double])
    rows = try #require(root["rows"] as? [[String: Any]]).map { row in
      let tokens = try #require(row["tokens"] as? [Int]).map(Int32.init)
      return TokenRow(
        tokens: tokens, scored: try #require(row["first_scored"] as? Int)..<tokens.count)
    }
    cases = try #require(root["cases"] as? [[String: Any]]).map { entry in
      // The shape goes through the reader of config.json.
      let config = try JSONSerialization.data(withJSONObject: try #require(entry["config"]))
      return Case(
        configuration: try ModelConfig(Array(config), path: "golden").model,
        logProbabilities: try #require(entry["log_probabilities"] as? [Double]),
        longest: try #require(entry["longest"] as? [Int]).map(Int32.init),
        logits: try #require(entry["transformers_logits"] as? [[Double]]),
        gradients: try #require(entry["gradients"] as? [[String: Any]]).map {
          (try #require($0["name"] as? String), try #require($0["values"] as? [Double]))
        })
    }
  }
}

@Suite("Llama against PyTorch")
struct LlamaTorchTests {
  @Test("logits of every shape and rotary scaling are those of transformers")
  func logits() throws {
    let golden = try TorchGolden()
    #expect(golden.cases.count == 3)
    #expect(golden.cases.map(\.configuration.rotary?.scaling?.isLlama3) == [nil, true, false])
    for expected in golden.cases {
      let parameters = SmallTransformers.sine(expected.configuration)
      let own = try TransformerRunner(expected.configuration, threads: 1)
        .logits(parameters, expected.longest)
      try #require(own.count == expected.logits.count)
      for (row, values) in zip(own, expected.logits) {
        #expect(zip(row, values).allSatisfy { abs(Double($0) - $1) < 3e-5 })
      }
    }
  }

  /// Threads, shared prompts and a budget that forces recomputation must not matter.
  @Test(
    "log-probabilities and every tensor's gradient are PyTorch's",
    arguments: [(1, false, 1 << 28), (2, false, 1 << 28), (2, true, 1 << 28), (1, true, 1)])
  func gradients(threads: Int, sharesPrompts: Bool, budget: Int) throws {
    let golden = try TorchGolden()
    for expected in golden.cases {
      let configuration = expected.configuration
      let parameters = SmallTransformers.sine(configuration)
      let batch = try PackedBatch(
        golden.rows, for: configuration, sharingPrompts: sharesPrompts)
      let runner = TransformerRunner(configuration, threads: threads, memoryBudget: budget)
      let scores = runner.logProbabilities(parameters, batch, willGoBackward: true)
      for (score, value) in zip(scores, expected.logProbabilities) {
        #expect(abs(score - value) < 1e-5 * max(1, abs(value)))
      }
      var gradients = TransformerParameters(configuration)
      runner.backward(
        parameters, batch, rowGradients: golden.rowGradients, into: &gradients)
      #expect(gradients.layout.stored.map(\.name) == expected.gradients.map(\.name))
      for (name, value) in expected.gradients {
        let own = try #require(gradients[name])
        try #require(own.count == value.count)
        let largest = value.reduce(0) { max($0, abs($1)) }
        let error = zip(own, value).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        #expect(largest > 0 && error < 2e-5 * largest, "\(name): \(error) of \(largest)")
      }
    }
  }
}

extension RotaryScaling {
  fileprivate var isLlama3: Bool { if case .llama3 = self { true } else { false } }
}
