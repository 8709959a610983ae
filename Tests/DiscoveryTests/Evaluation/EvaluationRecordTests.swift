import Discovery
import Foundation
import Losses
import Policy
import Testing

@Suite("Evaluation records")
struct EvaluationRecordTests {
  @Test("records and documents of older programs are read, without curves")
  func older() throws {
    let record = try JSON.decode(
      EvaluationRecord.self,
      from: Data(
        """
        {"plugin": "dpo", "finding": {"verdict": "ok", "message": "", "remedy": ""},
         "referenceHash": "aa", "warnings": [], "seconds": 1,
         "seeds": [{"seed": 0, "metrics": {"reward": 0.5}}]}
        """.utf8))
    #expect(record.seeds == [SeedOutcome(seed: 0, metrics: ["reward": 0.5])])
    let document = try JSON.decode(
      EvaluationDocument.self,
      from: Data(
        """
        {"task": "bandit", "environment": {}, "reference": {"hash": "aa", "eta": null},
         "results": [{"plugin": "dpo", "verdict": "ok", "message": "", "remedy": "",
           "warnings": [], "eta": null, "kl": 2, "kl_paper": 0.5, "accuracy": null,
           "delta": null, "seconds": 1}]}
        """.utf8))
    #expect(document.results[0].metrics["kl"] == 2)
    #expect(document.results[0].metrics["accuracy"] == nil)
    #expect(document.results[0].seeds.isEmpty)
  }

  @Test("curve and frontier come back as they were written")
  func roundTrip() throws {
    var outcome = SeedOutcome(
      seed: 3, metrics: ["frontier": 2], curve: StatisticsDocumentTests.curve,
      frontier: [
        FrontierPoint(beta: 0.1, reward: 0.6, kl: 3), FrontierPoint(beta: nil, reward: 0.5, kl: 0),
      ])
    let text = try JSON.text(outcome, pretty: false)
    #expect(text.contains(#""beta":null"#))
    #expect(try JSON.decode(SeedOutcome.self, from: Data(text.utf8)) == outcome)
    outcome.curve = nil
    #expect(!(try JSON.text(outcome)).contains("curve"))
  }

  @Test("no difference is taken across reference policies, or across seeds")
  func incomparable() {
    let dpo = StatisticsDocumentTests.record("dpo", [0.5, 0.6, 0.7])
    let slic = StatisticsDocumentTests.record("slic", [0.6, 0.8, 0.7])
    #expect(slic.difference(to: dpo, metric: "reward") != nil)
    let elsewhere = StatisticsDocumentTests.record("slic", [0.6, 0.8, 0.7], hash: "bb")
    #expect(elsewhere.difference(to: dpo, metric: "reward") == nil)
    var others = slic
    for place in others.seeds.indices { others.seeds[place].seed += 10 }
    #expect(others.difference(to: dpo, metric: "reward") == nil)
  }

  @Test("the table shows what is measured beside η, and each β of a frontier")
  func table() throws {
    func record(_ name: String, _ area: Double) -> EvaluationRecord {
      EvaluationRecord(
        plugin: name, finding: Finding(.ok), referenceHash: "aa",
        seeds: [0, 1].map {
          SeedOutcome(
            seed: $0,
            metrics: ["frontier": area, "reward": 0.5 + Double($0) / 10, "winrate": 0.75],
            frontier: [FrontierPoint(beta: 0.1, reward: 0.5 + Double($0) / 10, kl: 2)])
        }, seconds: 1)
    }
    let summary = try EvaluationSummary(
      task: "reviews", metric: "frontier", environment: [:], referenceHash: "aa",
      referenceSeeds: [0, 1].map {
        SeedOutcome(seed: $0, metrics: ["frontier": 0, "reward": 0.4, "winrate": 0.5])
      }, records: [record("dpo", 1), record("slic", 2)])
    let lines = summary.table.split(separator: "\n").map(String.init)
    #expect(lines[0].contains("frontier ± s.e.  reward  winrate"))
    #expect(!lines[0].contains("length") && !lines[0].contains("KL"))
    #expect(lines[2].hasPrefix("slic") && lines[2].contains("0.550"))
    #expect(lines[4].hasPrefix("(reference)") && lines[4].contains("0.500"))
    #expect(lines.contains("slic: β 0.1: 0.550 at KL 2"))
  }
}
