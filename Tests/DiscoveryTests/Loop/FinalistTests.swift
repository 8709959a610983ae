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

  /// `high` and `middle` cannot be told apart by three or four seeds; `low` is far below all the time.
  static let three = [
    reply("low", "eta 0.3"), reply("high", "wobble 0.02 0.7"), reply("middle", "eta 0.69"),
  ]

  @Test("those that may win get one more seed each look; who is clearly behind stops at once")
  func race() throws {
    let fixture = try Self.fixture(Self.three)
    let outcome = try fixture.start()
    #expect(
      fixture.evaluator.evaluations == [
        "dpo", "slic", "low", "high", "middle", "middle", "high", "middle", "high",
      ])
    #expect(fixture.evaluator.requests.suffix(4).map(\.seeds) == [[3], [3], [4], [4]])
    let rows = outcome.summary.measured
    #expect(rows.map(\.name) == ["high", "middle", "dpo", "slic", "low"])
    #expect(rows.map(\.eta.n) == [5, 5, 5, 5, 3])
    // Three seeds are paired with DPO's same three, not with its five.
    let delta = try #require(rows[4].delta)
    #expect(abs(delta.mean + 0.3) < 1e-12)
    #expect(rows[0].seconds == 3 && rows[4].seconds == 1)
    let stop = try #require(outcome.summary.raced?.first)
    #expect(stop.name == "low" && stop.seeds == 3 && (stop.gap.high ?? 0) < 0)
    // Both stayed; `middle` swings less, so that more can be promised of it.
    #expect(outcome.summary.finalists?.map(\.name) == ["middle", "high"])
    let file = fixture.url.appending(path: "candidates/0002-high/evaluation.json")
    let record = try RunJSON.decode(EvaluationRecord.self, from: try Data(contentsOf: file))
    #expect(record.seeds.map(\.seed) == [0, 1, 2, 3, 4])
    #expect(outcome.summary.table.contains("3 seeds for proposals but the finalists"))
    #expect(outcome.summary.table.contains("Stopped in the race"))
  }

  @Test("a loss that is behind by noise only is not stopped, and room is limited")
  func room() throws {
    let fixture = try Self.fixture([
      reply("a", "wobble 0.05 0.70"), reply("b", "wobble 0.01 0.69"),
      reply("c", "wobble 0.03 0.66"),
    ])
    let summary = try fixture.start().summary
    #expect(summary.raced == [])
    // The third by its lower bound has no room: it is not stopped, and has no further seed either.
    #expect(summary.finalists.map { Set($0.map(\.name)) } == ["b", "a"])
    #expect(summary.measured.first { $0.name == "c" }?.eta.n == 3)
  }

  @Test("who fails on a further seed has failed, and has no η anywhere")
  func failing() throws {
    let fixture = try Self.fixture([
      reply("fragile", "wobble 0.05 0.7|eta 0.6|diverge 9"), reply("sound", "eta 0.69"),
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
    #expect(stopped.summary.finalists == nil)
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "low", "high"])
    let ended = try fixture.goOn()
    #expect(ended.reason == .exhausted)
    #expect(fixture.evaluator.evaluations.count == 9)
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

  @Test("a finalist of an older run, which had all further seeds in one event, has them all")
  func older() throws {
    let fixture = try Self.fixture(Self.three)
    fixture.interruptAfter = 1
    try fixture.start()
    var state = try RunState.fold(try fixture.events())
    func record(_ seeds: [UInt64]) -> EvaluationRecord {
      .init(
        plugin: "x", finding: Finding(.ok), referenceHash: "ref",
        seeds: seeds.map { .init(seed: $0, metrics: ["reward": 0.5]) }, seconds: 1)
    }
    let eta = Estimate(metric: "reward", mean: 0.5, se: 0, n: 3)
    let bodies: [JournalEvent.Body] = [
      .received(.init(text: "", source: "")), .evaluated(.init(record: record([0, 1, 2]))),
      .judged(.init(finding: Finding(.ok), eta: eta, delta: nil, feedback: "")),
      .extensionStarted, .extended(.init(record: record([3, 4]))),
    ]
    for body in bodies {
      try state.apply(
        .init(
          id: 0, time: "", elapsed: 0, place: .init(generation: 1, attempt: 0, candidate: 1),
          body: body))
    }
    #expect(state.candidates[0].measurement?.seeds.count == 5)
    #expect(Race(state, config: fixture.config).waitsFor.isEmpty)
  }
}
