import Foundation
import Losses
import Testing

@Suite(.serialized) struct EvaluateTests {
  struct Document: Decodable {
    struct Eta: Decodable {
      var metric: String
      var mean: Double
      var se: Double?
      var n: Int
    }
    struct Reference: Decodable {
      var hash: String
      var eta: Eta
    }
    struct Delta: Decodable {
      var mean: Double
      var low: Double?
      var high: Double?
    }
    struct Result: Decodable {
      var plugin: String
      var verdict: String
      var eta: Eta?
      var kl: Double?
      var kl_paper: Double?
      var accuracy: Double?
      var delta: Delta?
      var seconds: Double
    }
    var task: String
    var environment: [String: String]
    var reference: Reference
    var results: [Result]
  }

  func evaluate(_ arguments: [String]) async throws -> (document: Document, text: String) {
    let result = try await Program.run(["evaluate"] + arguments + ["--task", "bandit", "--json"])
    try #require(result.status == 0, "\(result.errors)")
    return (try JSON.decode(Document.self, from: Data(result.output.utf8)), result.output)
  }

  @Test("DPO rises by more than five standard errors, its reverse falls, a constant stays put")
  func directions() async throws {
    let document = try await evaluate([
      "dpo", Program.fixture("losses/flipped.swift"), Program.fixture("losses/constant.swift"),
      "--seeds", "5",
    ]).document
    let reference = document.reference.eta.mean
    let (dpo, flipped, constant) = (document.results[0], document.results[1], document.results[2])
    #expect(document.results.map(\.verdict) == ["ok", "ok", "ok"])
    let eta = try #require(dpo.eta)
    #expect(eta.n == 5)
    #expect(eta.metric == "reward")
    #expect(eta.mean - reference > 5 * (try #require(eta.se)))
    #expect(try #require(flipped.eta).mean < reference)
    #expect(try #require(flipped.delta?.high) < 0)
    // Bit-identical: the KL is 0 and not merely small, and the reward is the reference's own.
    #expect(constant.kl == 0)
    #expect(constant.kl_paper == 0)
    #expect(constant.eta?.mean == reference)
    #expect(constant.accuracy == 0.5)
    #expect(dpo.delta?.mean == 0)
  }

  @Test("the same command prints the same document but for the seconds")
  func determinism() async throws {
    func normalised() async throws -> String {
      let text = try await evaluate(["lrml", "--seeds", "2"]).text
      return text.replacing(/"seconds" : [0-9.e-]+/, with: "")
    }
    let first = try await normalised()
    #expect(try await normalised() == first)
  }

  @Test("inline and process isolation give the same bits")
  func isolation() async throws {
    let inCell = try await evaluate(["slic", "--seeds", "2"]).document
    let inline = try await evaluate(["slic", "--seeds", "2", "--isolation", "inline"]).document
    #expect(inCell.results[0].eta?.mean == inline.results[0].eta?.mean)
    #expect(inCell.results[0].kl == inline.results[0].kl)
  }

  @Test("one seed has no standard error and no interval")
  func oneSeed() async throws {
    let (document, text) = try await evaluate(["slic", "--seeds", "1"])
    #expect(document.results[0].eta?.se == nil)
    #expect(document.results[0].delta != nil)
    #expect(document.results[0].delta?.low == nil)
    #expect(text.contains("\"se\" : null"))
  }

  @Test("a loss that falls short has a verdict, no number, and exit code 1")
  func failure() async throws {
    let folder = try TemporaryFolder()
    let scalar = try folder.file(
      "scalar.swift",
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { mean(batch.margin) }\n")
    let result = try await Program.run(["evaluate", scalar, "--seeds", "2", "--json"])
    #expect(result.status == 1)
    let document = try JSON.decode(Document.self, from: Data(result.output.utf8))
    #expect(document.results.map(\.verdict) == ["failed(shape)"])
    #expect(document.results[0].eta == nil)
  }
}
