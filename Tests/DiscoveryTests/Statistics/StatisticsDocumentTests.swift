import Discovery
import Foundation
import Losses
import Policy
import Testing

@Suite("Evaluation document")
struct StatisticsDocumentTests {
  static let curve = LearningCurve([
    TrainingStep(
      step: 1, loss: 0.7, chosenLogRatio: 0.5, rejectedLogRatio: -0.25, accuracy: 0.625,
      gradientNorm: 3, learningRate: 0.1)
  ])

  static func record(
    _ name: String, _ rewards: [Double], hash: String = "aa", finding: Finding = Finding(.ok),
    seconds: Double = 1
  ) -> EvaluationRecord {
    EvaluationRecord(
      plugin: name, finding: finding, referenceHash: hash,
      seeds: rewards.enumerated().map {
        SeedOutcome(
          seed: UInt64($0.offset),
          metrics: ["reward": $0.element, "kl": 2, "kl_paper": 0.5, "accuracy": 0.75],
          curve: curve)
      }, seconds: seconds)
  }

  static func summary(
    _ records: [EvaluationRecord], seeds: Int = 3
  ) throws -> EvaluationSummary {
    try EvaluationSummary(
      task: "bandit", metric: "reward", environment: ["core": "Haswell", "threads": "1"],
      referenceHash: "aa",
      referenceSeeds: (0..<seeds).map {
        SeedOutcome(seed: UInt64($0), metrics: ["reward": 0.4])
      }, records: records)
  }

  static let failure = record(
    "boom", [],
    finding: Finding(.crashed(signal: 11), "It died of SIGSEGV.", remedy: "Check every index."))

  @Test("the document holds every promised key and nothing else differs from it")
  func document() throws {
    let summary = try Self.summary([
      Self.record("dpo", [0.5, 0.6, 0.7]), Self.record("slic", [0.6, 0.8, 0.7]), Self.failure,
    ])
    let data = try JSON.encode(summary.document)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["task", "data", "environment", "reference", "results"])
    #expect(object["data"] is NSNull)
    let reference = try #require(object["reference"] as? [String: Any])
    let metrics: Set<String> = [
      "reward", "kl", "kl_paper", "kl_forward", "length", "accuracy", "winrate", "se_prompts",
    ]
    #expect(Set(reference.keys) == metrics.union(["hash", "eta"]))
    #expect(abs(try #require(reference["reward"] as? Double) - 0.4) < 1e-12)
    #expect(reference["kl"] is NSNull)
    let eta = try #require(reference["eta"] as? [String: Any])
    #expect(eta["se"] as? Double == 0)
    #expect(eta["n"] as? Int == 3)
    let results = try #require(object["results"] as? [[String: Any]])
    let keys = metrics.union([
      "plugin", "verdict", "message", "remedy", "warnings", "eta", "delta", "seeds", "seconds",
    ])
    for result in results { #expect(Set(result.keys) == keys) }
    #expect(results.map { $0["plugin"] as? String } == ["dpo", "slic", "boom"])
    #expect(results[1]["verdict"] as? String == "ok")
    #expect(results[1]["kl"] as? Double == 2)
    #expect(results[1]["kl_paper"] as? Double == 0.5)
    #expect(results[1]["winrate"] is NSNull)
    let seeds = try #require(results[1]["seeds"] as? [[String: Any]])
    #expect(seeds.count == 3)
    let curve = try #require(seeds[0]["curve"] as? [String: [Double]])
    #expect(
      curve == [
        "step": [1], "loss": [0.7], "chosen": [0.5], "rejected": [-0.25], "margin": [0.75],
        "accuracy": [0.625], "gradient_norm": [3], "learning_rate": [0.1],
      ])
    let delta = try #require(results[1]["delta"] as? [String: Any])
    #expect(abs(try #require(delta["mean"] as? Double) - 0.1) < 1e-12)
    #expect(try #require(delta["low"] as? Double) < 0)
    #expect(results[0]["delta"] as? [String: Double] == ["mean": 0, "low": 0, "high": 0])
    // A failure has words and no numbers.
    #expect(results[2]["verdict"] as? String == "crashed(SIGSEGV)")
    #expect(results[2]["message"] as? String == "It died of SIGSEGV.")
    for key in metrics.union(["eta", "delta"]) {
      #expect(results[2][key] is NSNull)
    }
  }

  @Test("one seed has null errors; a NaN becomes a string; the document reads back")
  func awkwardNumbers() throws {
    let summary = try Self.summary(
      [Self.record("dpo", [0.5]), Self.record("odd", [.nan])], seeds: 1)
    let text = try JSON.text(summary.document, pretty: false)
    #expect(text.contains(#""se":null"#))
    #expect(text.contains(#""high":null,"low":null"#))
    #expect(text.contains(#""mean":"NaN""#))
    let again = try JSON.decode(EvaluationDocument.self, from: Data(text.utf8))
    #expect(again.results[0] == summary.document.results[0])
    #expect(again.results[1].eta?.mean.isNaN == true)
  }

  @Test("without DPO there is no difference")
  func withoutBaseline() throws {
    let summary = try Self.summary([Self.record("slic", [0.6, 0.8, 0.7])])
    #expect(summary.document.results[0].delta == nil)
    #expect(summary.document.results[0].eta != nil)
  }

  @Test("numbers on another reference policy are refused, a failure's are not asked for")
  func otherReference() throws {
    let error = #expect(throws: LossmithError.self) {
      try Self.summary([
        Self.record("dpo", [0.5, 0.6, 0.7]), Self.record("slic", [0.6, 0.8, 0.7], hash: "bb"),
      ])
    }
    #expect(error?.code == .malformedInput)
    #expect(error?.message.contains("slic") == true)
    var failure = Self.failure
    failure.referenceHash = ""
    #expect(throws: Never.self) { try Self.summary([failure]) }
  }

  @Test("the table ranks by η, aligns its columns and explains failures")
  func table() throws {
    let summary = try Self.summary([
      Self.failure, Self.record("dpo", [0.50, 0.60, 0.70]),
      Self.record("a-long-name", [0.61, 0.71, 0.82]),
    ])
    let lines = summary.table.split(separator: "\n").map(String.init)
    #expect(lines[2].hasPrefix("a-long-name"))
    #expect(lines[2].contains(" *"))
    #expect(lines[3].hasPrefix("dpo "))
    #expect(lines[4].hasPrefix("boom") && lines[4].hasSuffix("crashed(SIGSEGV)"))
    #expect(lines[5].hasPrefix("(reference)"))
    #expect(lines.contains { $0 == "boom: It died of SIGSEGV. Check every index." })
    let column = try #require(lines[0].range(of: "verdict")).lowerBound
    let offset = lines[0].distance(from: lines[0].startIndex, to: column)
    for line in lines[2...4] { #expect(Array(line)[offset - 1] == " ") }
  }

  @Test("a name with control characters cannot steer the terminal")
  func controlCharacters() {
    var table = TextTable(columns: [.left("name")])
    table.add(["\u{1B}[31mred\n\u{202E}"])
    #expect(!table.text.contains("\u{1B}") && !table.text.contains("\u{202E}"))
    #expect(table.text.split(separator: "\n").count == 3)
    #expect(table.text.hasSuffix(#"\u{1B}[31mred\u{A}\u{202E}"#))
  }
}
