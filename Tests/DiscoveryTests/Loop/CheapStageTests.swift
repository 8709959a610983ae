import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("The cheap stage")
struct CheapStageTests {
  static func fixture(_ replies: [String] = stagedScript) throws -> RunFixture {
    try RunFixture(replies) { $0.addStages() }
  }

  static func screening(_ values: [Double], verdict: Verdict = .ok) -> JournalEvent.Screening {
    let stage = CheapStage(
      task: "cheap", taskDigest: "d", metric: "reward",
      seeds: (0..<UInt64(values.count)).map { $0 },
      reference: 0.4)
    return stage.result(
      of: EvaluationRecord(
        plugin: "x", finding: Finding(verdict), referenceHash: "r",
        seeds: zip(stage.seeds, values).map { .init(seed: $0, metrics: ["reward": $1]) },
        seconds: 0))
  }

  @Test("lets pass what is above the reference by its interval, and nothing else")
  func rule() throws {
    #expect(Self.screening([0.50, 0.51, 0.49]).passed)
    // Exactly the reference, as a loss without a gradient leaves it.
    #expect(Self.screening([0.4, 0.4, 0.4]).isStop)
    // The mean is above, the interval is not: t has two degrees, 4.30 standard errors.
    let unclear = Self.screening([0.40, 0.44, 0.48])
    #expect(unclear.isStop)
    #expect(try #require(unclear.gain).mean > 0)
    #expect(unclear.sentence.contains("not seen to teach"))
    let backward = Self.screening([0.30, 0.31, 0.29])
    #expect(backward.isStop)
    #expect(backward.sentence.contains("the wrong way round"))
    // One seed has no interval.
    #expect(Self.screening([0.41]).passed && Self.screening([0.39]).isStop)
    // A failure is neither passed nor stopped: it has a verdict of its own and no η.
    let failed = Self.screening([], verdict: .diverged(step: 3))
    #expect(!failed.passed && !failed.isStop && failed.eta == nil)
  }

  @Test("keeps what learns nothing from the costly task, as a result and not as a failure")
  func stops() throws {
    let fixture = try Self.fixture([
      reply("good", "eta 0.7"), reply("idle", "eta 0.9|eta 0.4"),
      reply("backward", "eta 0.9|eta 0.1"), reply("last", "eta 0.65|eta 0.5"),
    ])
    let outcome = try fixture.start()
    #expect(fixture.screener.evaluations == ["dpo", "slic", "good", "idle", "backward", "last"])
    // `last` is behind on every seed; the one that is left gets the further seeds.
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "good", "last", "good", "good"])
    let summary = outcome.summary
    #expect(summary.stopped.map(\.name) == ["idle", "backward"])
    #expect(summary.stopped.map(\.stage) == ["cheap", "cheap"])
    #expect(abs(summary.stopped[0].eta.mean - 0.401) < 1e-12)
    #expect(summary.failed.isEmpty && summary.failures.isEmpty)
    #expect(summary.measured.map(\.name) == ["good", "last", "dpo", "slic"])
    #expect(summary.measured.map { $0.cheapEta?.n } == [3, 3, 3, 3])
    // A generation each: a stop is not tried again.
    #expect(summary.trajectory.map(\.name) == ["good", "idle", "backward", "last"])
    #expect(summary.trajectory.map { $0.eta == nil } == [false, true, true, false])
    #expect(summary.trajectory.map(\.tries) == [1, 1, 1, 1])
    let told = try #require(fixture.proposer.requests.last).exchanges.map(\.feedback)
    #expect(told[1].hasPrefix("idle stopped at cheap: 0.401"))
    for event in try fixture.events() {
      guard case .judged(let judgement) = event.body else { continue }
      #expect(judgement.finding.verdict.isOK)
      #expect((judgement.eta == nil) == (judgement.stoppedAt != nil))
    }
    #expect(summary.table.contains("stopped at cheap"))
    #expect(summary.table.contains("4 proposals: 2 measured, 2 stopped at cheap; none failed."))
  }

  @Test("tells what learned nothing from what learned less than others, with their counts")
  func reasons() throws {
    let fixture = try Self.fixture([
      reply("good", "eta 0.7|eta 0.9"), reply("weak", "eta 0.69|eta 0.45"),
      reply("idle", "eta 0.9|eta 0.4"),
    ])
    fixture.config.cheapStage?.share = 0.25
    let summary = try fixture.start().summary
    #expect(summary.stopped.map(\.name) == ["weak", "idle"])
    #expect(summary.stopped.map { $0.standing != nil } == [true, false])
    #expect(
      summary.table.contains("learns nothing on cheap, or is not among the best there, is not"))
    #expect(
      summary.table.contains(
        "2 stopped at cheap (1 learned nothing, 1 learned but was not among the best there)"))
    // The control: where all that learn go on, there is one reason.
    let all = try Self.fixture([reply("idle", "eta 0.9|eta 0.4")]).start().summary
    #expect(all.table.contains("learns nothing on cheap is not trained"))
    #expect(!all.table.contains("best there"))
  }

  @Test("gives a candidate that does wrong there its verdict, and the generation another try")
  func failsThere() throws {
    let fixture = try Self.fixture([
      reply("a", "eta 0.7|diverge 5"), reply("b", "eta 0.7|check shape"),
      reply("c", "eta 0.7|crash"), reply("d", "eta 0.7|nan"), reply("e", "eta 0.66"),
    ])
    let outcome = try fixture.start()
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "e", "e", "e"])
    #expect(
      outcome.summary.failed.map(\.finding.verdict.description)
        == ["diverged(5)", "failed(shape)", "crashed(SIGSEGV)", "failed(eta)"])
    #expect(outcome.summary.stopped.isEmpty)
    #expect(outcome.summary.trajectory.map(\.tries) == [4, 1])
  }

  @Test("does not judge baselines: they are measured fully whatever it says")
  func baselines() throws {
    let fixture = try Self.fixture([reply("a", "eta 0.7")])
    fixture.screener.baselines["slic"] = 0.1
    let outcome = try fixture.start()
    let slic = try #require(outcome.summary.measured.first { $0.name == "slic" })
    #expect(slic.eta.n == 5)
    #expect(abs(try #require(slic.cheapEta).mean - 0.101) < 1e-12)
    // The control: a candidate with the same numbers is stopped.
    let same = try Self.fixture([reply("a", "eta 0.58|eta 0.1")]).start()
    #expect(same.summary.stopped.map(\.name) == ["a"])
  }

  @Test("many stops in a row do not trip the breaker that as many failures do")
  func breaker() throws {
    let idle = (0..<12).map { reply("idle\($0)", "eta 0.9\($0)|eta 0.4") }
    #expect(try Self.fixture(idle).start().reason == .exhausted)
    let bad = (0..<12).map { reply("bad\($0)", "eta 0.9\($0)|diverge \($0)") }
    #expect(try Self.fixture(bad).start().reason == .breaker)
  }

  @Test("a host fault there counts against nobody, and stops the run when it stays")
  func hostFault() throws {
    let passing = try Self.fixture([reply("a", "eta 0.7|fault 1 0.6")])
    #expect(try passing.start().summary.measured.first?.name == "a")
    let staying = try Self.fixture([reply("a", "eta 0.7|fault 9 0.6")])
    let outcome = try staying.start()
    #expect(outcome.reason == .hostFault)
    #expect(outcome.summary.failed.isEmpty && outcome.summary.stopped.isEmpty)
  }

  @Test("a run with stages that was disturbed anywhere ends like one that was not")
  func disturbed() throws {
    let reference = try ResumeTests.Reference { try Self.fixture() }
    #expect(reference.summary.stopped.map(\.name) == ["idle", "backward"])
    #expect(reference.summary.failed.map(\.name) == ["noisy", "fragile"])
    let whole = try Self.fixture()
    try whole.start()
    for last in 0..<reference.events {
      let fixture = try Self.fixture()
      try FileManager.default.copyItem(at: whole.url, to: fixture.url)
      try truncateJournal(of: fixture.url, after: Int64(last))
      try expectSameEnd(fixture, reference, "killed after event \(last)")
    }
    for moment in 1..<reference.observed {
      let fixture = try Self.fixture()
      fixture.interruptAfter = moment
      #expect(try fixture.start().reason == .interrupted, "at \(moment)")
      fixture.interruptAfter = nil
      try expectSameEnd(fixture, reference, "interrupted at \(moment)")
      #expect(fixture.proposer.asked == whole.proposer.asked, "at \(moment)")
    }
  }

  @Test("a resumed run refuses another cheap stage and other first seeds")
  func flags() throws {
    let fixture = try Self.fixture()
    try fixture.start()
    var flags = RunFlags()
    flags.cheapStage = "none"
    flags.firstSeeds = 5
    flags.finalists = 2
    let error = #expect(throws: LossmithError.self) {
      try RunDirectory.resume(at: fixture.url, flags: flags)
    }
    #expect(error?.message.contains("the cheap stage is cheap in the run and none on") == true)
    #expect(error?.message.contains("first seeds is 3 in the run and 5 on") == true)
    #expect(error?.message.contains("finalists") == false)
  }
}
