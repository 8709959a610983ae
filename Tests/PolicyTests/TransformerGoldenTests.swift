import Foundation
import Losses
import Policy
import Testing

@Suite("Transformer on a trained model")
struct TransformerGoldenTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      var tokenIDs: [Int32]
      var nextTokenLogProbabilities: [Double]
      var lastLogits: [Double]

      enum CodingKeys: String, CodingKey {
        case tokenIDs = "token_ids"
        case nextTokenLogProbabilities = "next_token_logprobs"
        case lastLogits = "last_logits"
      }
    }

    var cases: [Case]
  }

  @Test("log-probabilities and logits of imdb-gpt are those of transformers in float64 to 2e-4")
  func golden() throws {
    guard let shared = TestFiles.shared else { return }
    let model = try ModelFolder.load(shared.appending(path: "models/imdb-gpt"))
    let golden = try JSONDecoder().decode(
      Golden.self,
      from: Data(contentsOf: shared.appending(path: "golden/imdb-gpt-logits.json")))
    #expect(!golden.cases.isEmpty)
    let runner = TransformerRunner(model.configuration, threads: 2)
    let batch = try PackedBatch(
      golden.cases.map { TokenRow(text: $0.tokenIDs) }, for: model.configuration)
    let scores = runner.tokenLogProbabilities(model.parameters, batch)
    for (expected, own) in zip(golden.cases, scores) {
      try #require(own.count == expected.nextTokenLogProbabilities.count)
      #expect(
        zip(own, expected.nextTokenLogProbabilities).allSatisfy { abs($0 - $1) < 2e-4 })
      let logits = try runner.logits(model.parameters, expected.tokenIDs).last!
      try #require(logits.count == expected.lastLogits.count)
      #expect(zip(logits, expected.lastLogits).allSatisfy { abs(Double($0) - $1) < 2e-4 })
    }
  }
}
