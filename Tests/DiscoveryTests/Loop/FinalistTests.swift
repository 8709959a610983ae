import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Finalists")
struct FinalistTests {
  static func fixture(
    _ replies: [String], configure: (inout RunConfig) -> Void = { _ in }
  ) throws -> RunFixture {
    try RunFixture(replies) {
      $0.addStages()
      $0.cheapStage = nil
      configure(&$0)
    }
  }

  static let three = [
    reply("low", "eta 0.61"), reply("high", "eta 0.7"), reply("middle", "eta 0.65"),
  ]

  @Test("the best by their first seeds get the others, and their η is over all of them")
  func extended() throws {
    let fixture = try Self.fixture(Self.three)
    let outcome = try fixture.start()
    #expect(
      fixture.evaluator.evaluations == ["dpo", "slic", "low", "high", "middle", "high", "middle"])
    let rows = outcome.summary.measured
    #expect(rows.map(\.name) == ["high", "middle", "low", "dpo", "slic"])
    #expect(rows.map(\.eta.n) == [5, 5, 3, 5, 5])
    // Scripted rewards rise by 0.001 a seed.
    #expect(abs(rows[0].eta.mean - 0.702) < 1e-12 && abs(rows[2].eta.mean - 0.611) < 1e-12)
    // Three seeds are paired with DPO's same three, not with its five.
    let delta = try #require(rows[2].delta)
    #expect(abs(delta.mean - 0.01) < 1e-12)
    #expect(abs(try #require(delta.high) - 0.01) < 1e-9)
    #expect(rows[0].seconds == 2 && rows[2].seconds == 1)
    let file = fixture.url.appending(path: "candidates/0002-high/evaluation.json")
    let record = try RunJSON.decode(EvaluationRecord.self, from: try Data(contentsOf: file))
    #expect(record.seeds.map(\.seed) == [0, 1, 2, 3, 4])
    #expect(outcome.summary.table.contains("3 seeds for proposals but the finalists"))
  }

  @Test("who fails on a further seed has failed, and has no η anywhere")
  func failing() throws {
    let fixture = try Self.fixture([
      reply("fragile", "eta 0.8|eta 0.6|diverge 9"), reply("sound", "eta 0.7"),
    ])
    let summary = try fixture.start().summary
    #expect(summary.measured.map(\.name) == ["sound", "dpo", "slic"])
    #expect(summary.failed.map(\.finding.verdict) == [.diverged(step: 9)])
    #expect(summary.trajectory.map { $0.eta == nil } == [true, false])
  }

  @Test("a run that is interrupted or breaks has no finalists until it ends")
  func onlyAtTheEnd() throws {
    let fixture = try Self.fixture(Self.three)
    fixture.proposer.errors[2] = LossmithError(.endpoint, "No.")
    let stopped = try fixture.start()
    #expect(stopped.reason == .proposer)
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "low", "high"])
    let ended = try fixture.goOn()
    #expect(ended.reason == .exhausted)
    #expect(
      fixture.evaluator.evaluations == ["dpo", "slic", "low", "high", "middle", "high", "middle"])
  }

  @Test("without first seeds every candidate has all seeds at once, and nobody comes again")
  func none() throws {
    let fixture = try Self.fixture(Self.three) { $0.firstSeeds = nil }
    let outcome = try fixture.start()
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "low", "high", "middle"])
    #expect(outcome.summary.measured.allSatisfy { $0.eta.n == 5 })
    #expect(outcome.summary.firstSeeds == nil)
  }

  @Test("a library that vanished is built again for a finalist, without an event")
  func vanished() throws {
    let calm = try Self.fixture(Self.three)
    try calm.start()
    let fixture = try Self.fixture(Self.three)
    let moment: Int = try #require(
      calm.progress.firstIndex { $0.stage == .finalist && $0.name == "high" })
    fixture.interruptAfter = moment + 1
    try fixture.start()
    let library = fixture.url.appending(path: "candidates/0002-high/loss.so")
    try FileManager.default.removeItem(at: library)
    fixture.interruptAfter = nil
    let outcome = try fixture.goOn()
    #expect(outcome.summary.measured.first?.eta.n == 5)
    #expect(undisturbed(try fixture.events()) == undisturbed(try calm.events()))
  }
}
