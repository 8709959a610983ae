import Foundation
import Losses
import Testing

/// The catalogue against losses and gradients executed from TRL and the authors' code, through the
/// compiled libraries.
@Suite struct GoldenTests {
  struct Document: Decodable {
    struct Case: Decodable {
      var plugin: String
      var source: String
      var params: [String: Double]
      var loss: [Double]
      var d_policy_chosen: [Double]
      var d_policy_rejected: [Double]
    }
    var columns: [String: [Double]]
    var cases: [Case]
  }

  @Test("every golden case holds to 1e-10, and the catalogue has every loss of the golden file")
  func golden() async throws {
    guard let shared = Program.shared else {
      print("golden values: no folder shared/ beside the checkout, nothing compared")
      return
    }
    let data = try Data(contentsOf: shared.appendingPathComponent("golden/losses.json"))
    let document = try JSONDecoder().decode(Document.self, from: data)
    let folder = try TemporaryFolder()
    var compared = 0
    for entry in document.cases {
      let input = try folder.file(
        "batch.json", try JSON.text(Input(columns: document.columns, params: entry.params)))
      let result = try await Program.run(["call", entry.plugin, "--input", input, "--json"])
      try #require(result.status == 0, "\(entry.plugin): \(result.errors)")
      let output = try JSON.decode(Output.self, from: Data(result.output.utf8))
      let label = "\(entry.plugin) (\(entry.source)) \(entry.params)"
      // kto-pair gives 2B values there: chosen terms, then rejected terms; a row is their mean.
      let halves = entry.plugin == "kto-pair"
      let rows = output.loss.count
      let expected =
        halves ? (0..<rows).map { (entry.loss[$0] + entry.loss[$0 + rows]) / 2 } : entry.loss
      let scale = halves ? 0.5 : 1
      expectClose(output.loss, expected, label)
      expectClose(
        output.gradients["policy_chosen"], entry.d_policy_chosen.map { $0 * scale },
        "\(label) d_policy_chosen")
      expectClose(
        output.gradients["policy_rejected"], entry.d_policy_rejected.map { $0 * scale },
        "\(label) d_policy_rejected")
      compared += 1
    }
    #expect(compared == document.cases.count && compared >= 58)
  }

  @Test("LRML is finite with slope -1 in x where the published expression is NaN")
  func stableLRML() async throws {
    let folder = try TemporaryFolder()
    // beta 0.1 and margin -100,000: x = -10,000.
    let input = try folder.file(
      "batch.json",
      """
      {"columns": {"policy_chosen": [-100000], "policy_rejected": [0], "reference_chosen": [0],
       "reference_rejected": [0]}, "params": {"beta": 0.1}}
      """)
    let result = try await Program.run(["call", "lrml", "--input", input, "--json"])
    let output = try JSON.decode(Output.self, from: Data(result.output.utf8))
    expectClose(output.loss, [10_000], "value")
    expectClose(output.gradients["policy_chosen"], [-0.1], "d loss / d policy_chosen = -beta")
    // The alias is the same loss.
    let alias = try await Program.run(["call", "discopop", "--input", input, "--json"])
    #expect(alias.output == result.output)
  }

  private struct Input: Encodable {
    var columns: [String: [Double]]
    var params: [String: Double]
  }

  private struct Output: Decodable {
    var loss: [Double]
    var gradients: [String: [Double]]
  }

  private func expectClose(_ found: [Double]?, _ expected: [Double], _ label: String) {
    guard let found, found.count == expected.count else {
      Issue.record("\(label): \(String(describing: found)) against \(expected)")
      return
    }
    for (a, b) in zip(found, expected) {
      #expect(abs(a - b) <= 1e-10 * abs(b) + 1e-14, "\(label): \(a) against \(b)")
    }
  }
}
