import Foundation
import Losses
import Policy
import Testing

@Suite("Transformer distributions")
struct TransformerDistributionTests {
  private let configuration = SmallTransformers.configuration()

  private func moved(_ parameters: TransformerParameters, by step: Float) -> TransformerParameters {
    var moved = parameters
    moved.withMutableTensor(moved.layout.blocks[0].expandWeight) { elements in
      for index in elements.indices { elements[index] += step * Float(index % 7 - 3) }
    }
    return moved
  }

  @Test(
    "KL both ways is the sum over the vocabulary", arguments: [Float(0.05), 0.001],
    SmallTransformers.families)
  func divergences(step: Float, configuration: TransformerConfiguration) throws {
    let first = SmallTransformers.sine(configuration)
    let second = moved(first, by: step)
    let rows = SmallTransformers.rows(6, for: configuration)
    let runner = TransformerRunner(configuration, threads: 2, memoryBudget: 40_000)
    let result = runner.divergences(first, second, try PackedBatch(rows, for: configuration))
    let (a, b) = (TransformerReference(first), TransformerReference(second))
    for (row, own) in zip(rows, result) {
      let inputs = Array(row.tokens[..<(row.scored.upperBound - 1)])
      let (x, y) = (a.logits(inputs).map(a.logSoftmax), b.logits(inputs).map(b.logSoftmax))
      try #require(own.count == row.scored.count)
      for (place, position) in row.scored.enumerated() {
        let (p, q) = (x[position - 1], y[position - 1])
        let forward = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        let reverse = zip(p, q).reduce(0) { $0 + exp($1.1) * ($1.1 - $1.0) }
        #expect(abs(own[place].forward - forward) < 1e-3 * forward + 5e-7)
        #expect(abs(own[place].reverse - reverse) < 1e-3 * reverse + 5e-7)
      }
    }
  }

  @Test("KL of equal parameters is exactly 0; a single bit makes it more")
  func zero() throws {
    let first = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(6, for: configuration)
    let batch = try PackedBatch(rows, for: configuration)
    let runner = TransformerRunner(configuration, threads: 2)
    var copy = TransformerParameters(configuration)
    for tensor in first.layout.tensors {
      let values = first[tensor.name]!
      copy.withMutableTensor(tensor) { for index in $0.indices { $0[index] = values[index] } }
    }
    let same = runner.divergences(first, copy, batch).joined()
    #expect(same.count == batch.scoredCount)
    #expect(same.allSatisfy { $0.forward == 0 && $0.reverse == 0 })
    let other = runner.divergences(first, moved(first, by: 0.1), batch).joined()
    #expect(other.allSatisfy { $0.forward > 0 && $0.reverse > 0 })
  }

  @Test("log-softmax rows come by row and place, and hold the scored tokens' log-probabilities")
  func logSoftmax() throws {
    let parameters = SmallTransformers.sine(configuration)
    let rows = SmallTransformers.rows(6, for: configuration)
    let batch = try PackedBatch(rows, for: configuration, sharingPrompts: true)
    let runner = TransformerRunner(configuration, threads: 2)
    let scores = runner.tokenLogProbabilities(parameters, batch)
    var seen = 0
    runner.forEachLogSoftmax(parameters, batch) { row, place, values in
      let target = Int(rows[row].tokens[rows[row].scored.lowerBound + place])
      #expect(abs(Double(values[target]) - scores[row][place]) < 1e-6)
      #expect(abs(values.reduce(0) { $0 + exp(Double($1)) } - 1) < 1e-5)
      seen += 1
    }
    #expect(seen == batch.scoredCount)
  }

  @Test("rows that no model can score are refused by number")
  func refusals() {
    func refusal(_ row: TokenRow) -> String? {
      do throws(LossmithError) {
        _ = try PackedBatch([TokenRow(text: [1, 2]), row], for: configuration)
        return nil
      } catch {
        return error.location
      }
    }
    let long = [Int32](repeating: 1, count: 22)
    #expect(refusal(TokenRow(prompt: [1], completion: [2])) == nil)
    #expect(refusal(TokenRow(prompt: [1], completion: [])) == "row 1")
    #expect(refusal(TokenRow(prompt: [], completion: [1])) == "row 1")
    #expect(refusal(TokenRow(prompt: [1], completion: [41])) == "row 1")
    #expect(refusal(TokenRow(prompt: [-1], completion: [4])) == "row 1")
    #expect(refusal(TokenRow(text: long)) == "row 1")
    #expect(refusal(TokenRow(text: Array(long.dropLast()))) == nil)
  }
}
