import Foundation
import Losses
import Policy
import Testing

/// A trained Llama; `Generators/llama_stories.py` makes the numbers.
@Suite("Llama on a trained model")
struct LlamaStoriesTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      var text: String
      var ids: [Int32]
      var next: [Double]
      /// Behind the first and behind the last token.
      var logits: [[Double]]
      var greedy: [Int32]
    }

    var cases: [Case]
  }

  private func golden() throws -> Golden {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/llama-stories.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  @Test("ids, log-probabilities and logits of tinystories656K are those of transformers to 2e-4")
  func logits() throws {
    guard let shared = TestFiles.shared else { return }
    let model = try ModelFolder.load(shared.appending(path: "data/tinystories656K"))
    #expect(model.configuration.keyValueHeads == 4 && model.configuration.heads == 8)
    let tokenizer = try #require(model.tokenizer)
    let start = try #require(model.startToken)
    let golden = try golden()
    let runner = TransformerRunner(model.configuration, threads: 2)
    let batch = try PackedBatch(
      golden.cases.map { TokenRow(text: $0.ids) }, for: model.configuration)
    let scores = runner.tokenLogProbabilities(model.parameters, batch)
    #expect(golden.cases.count == 3)
    for (expected, own) in zip(golden.cases, scores) {
      #expect([start] + tokenizer.encode(expected.text) == expected.ids)
      try #require(own.count == expected.next.count)
      #expect(zip(own, expected.next).allSatisfy { abs($0 - $1) < 2e-4 })
      let logits = try runner.logits(model.parameters, expected.ids)
      for (row, values) in zip([logits.first!, logits.last!], expected.logits) {
        #expect(zip(row, values).allSatisfy { abs(Double($0) - $1) < 2e-4 })
      }
    }
  }

  @Test("the likeliest completions are those of transformers' generate")
  func greedy() throws {
    guard let shared = TestFiles.shared else { return }
    let model = try ModelFolder.load(shared.appending(path: "data/tinystories656K"))
    let golden = try golden()
    let drawn = try TransformerSampler(TransformerRunner(model.configuration, threads: 2)).sample(
      model.parameters,
      prompts: golden.cases.enumerated().map {
        SamplingPrompt(tokens: $0.element.ids, index: UInt64($0.offset))
      },
      options: SamplingOptions(temperature: 0, maximumTokens: 40, endToken: model.endToken),
      seed: 0)
    #expect(drawn.map(\.tokens) == golden.cases.map(\.greedy))
  }
}
