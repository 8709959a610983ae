import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Why a run stops")
struct StoppingTests {
  @Test("after P generations without a better mean, failed ones counted")
  func patience() throws {
    let fixture = try RunFixture([
      reply("a", "eta 0.7"), reply("b", "eta 0.69"), reply("c", "eta 0.72"),
      reply("d", "eta 0.71"), reply("e", "compile"), reply("f", "eta 0.73"),
    ]) {
      $0.patience = 2
      $0.resamples = 0
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .patience)
    #expect(fixture.proposer.asked == [0, 1, 2, 3, 4])
  }

  @Test("patience counts from the baselines' best mean")
  func patienceAgainstBaselines() throws {
    let fixture = try RunFixture([reply("a", "eta 0.3"), reply("b", "eta 0.4")]) {
      $0.patience = 2
    }
    #expect(try fixture.start().reason == .patience)
  }

  @Test("after M minutes of work; what was begun is finished")
  func minutes() throws {
    let fixture = try RunFixture((0..<9).map { reply("l\($0)", "eta 0.7\($0)") }) {
      $0.minutes = 5
    }
    let clock = fixture.clock
    fixture.evaluator.onEvaluation = { _ in clock.advance(by: 61) }
    let outcome = try fixture.start()
    #expect(outcome.reason == .minutes)
    // Two baselines and three candidates take 305 s.
    #expect(outcome.summary.trajectory.count == 3)
    #expect(outcome.summary.elapsed == 305)
  }

  @Test("minutes count over all sessions, and not while nobody works")
  func minutesOverSessions() throws {
    let fixture = try RunFixture((0..<9).map { reply("l\($0)", "eta 0.7\($0)") }) {
      $0.minutes = 5
    }
    let clock = fixture.clock
    fixture.evaluator.onEvaluation = { _ in clock.advance(by: 61) }
    fixture.proposer.errors[1] = LossmithError(.interrupted, "Ctrl-C")
    #expect(try fixture.start().reason == .interrupted)
    fixture.clock.advance(by: 100_000)
    let outcome = try fixture.goOn()
    #expect(outcome.reason == .minutes)
    #expect(outcome.summary.trajectory.count == 3)
    #expect(outcome.summary.elapsed == 305)
    #expect(outcome.summary.sessions == 2)
  }

  @Test("when the proposer has no more to say; an open generation counts as failed")
  func exhausted() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7"), reply("b", "compile")]) {
      $0.generations = 10
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .exhausted)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.summary.trajectory.map(\.name) == ["a", nil])
    #expect(try fixture.goOn().reason == .exhausted)
  }

  @Test("when ten proposals in a row fail alike, with the first cause")
  func breaker() throws {
    let bad = (0..<30).map { reply("bad\($0)", "compile \($0)") }
    let fixture = try RunFixture([reply("good", "eta 0.7")] + bad)
    let outcome = try fixture.start()
    #expect(outcome.reason == .breaker)
    #expect(fixture.proposer.asked.count == 11)
    #expect(outcome.exitStatus == .candidate)
    let error = try #require(outcome.error)
    #expect(error.message.contains("10 proposals"))
    #expect(error.message.contains("rejected(compile)"))
    #expect(error.message.contains("bad0"))
    #expect(error.message.contains("line 1: no."))
    // Whoever resumes wants ten more tries.
    #expect(try fixture.goOn().reason == .breaker)
    #expect(fixture.proposer.asked.count == 21)
  }

  @Test("unlike failures do not trip the breaker, divergence at other steps is alike")
  func breakerLikeness() throws {
    let mixed = (0..<20).map { reply("m\($0)", $0 % 2 == 0 ? "compile \($0)" : "lint \($0)") }
    #expect(try RunFixture(mixed).start().reason == .exhausted)
    let diverging = (0..<20).map { reply("m\($0)", "diverge \($0)") }
    #expect(try RunFixture(diverging).start().reason == .breaker)
    let same = (0..<20).map { reply("m\($0)", $0 == 0 ? "eta 0.7" : "eta 0.7 ") }
    #expect(try RunFixture(same).start().reason == .breaker)
  }

  @Test("when the endpoint cannot be used; resuming asks again")
  func endpoint() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7"), reply("b", "eta 0.71")])
    fixture.proposer.errors[1] = LossmithError(
      .endpoint, "401: the key is not valid.", at: "http://host", remedy: "Set the key.")
    let outcome = try fixture.start()
    #expect(outcome.reason == .proposer)
    #expect(outcome.exitStatus == .environment)
    #expect(outcome.error?.message == "401: the key is not valid.")
    #expect(outcome.summary.cause == "401: the key is not valid.")
    #expect(try fixture.goOn().reason == .exhausted)
    #expect(fixture.proposer.asked == [0, 1, 1, 2])
  }

  @Test("a host fault is tried once more and does not count against the candidate")
  func hostFaultOnce() throws {
    let fixture = try RunFixture([
      reply("a", "fault 1 0.7"), reply("b", "buildfault 1 0.71"),
    ])
    let outcome = try fixture.start()
    #expect(outcome.reason == .exhausted)
    #expect(outcome.summary.failed.isEmpty)
    #expect(outcome.summary.measured.map(\.name) == ["b", "a", "dpo", "slic"])
    #expect(try fixture.events().filter { $0.body.kind == "host-fault" }.count == 2)
    #expect(outcome.summary.trajectory.map(\.tries) == [1, 1])
  }

  @Test("a host fault twice in a row stops the run with its cause; resuming tries again")
  func hostFaultTwice() throws {
    let fixture = try RunFixture([reply("a", "fault 3 0.7")])
    let outcome = try fixture.start()
    #expect(outcome.reason == .hostFault)
    #expect(outcome.exitStatus == .environment)
    #expect(outcome.error?.code == .sandbox)
    #expect(outcome.error?.remedy == "Install bubblewrap.")
    #expect(outcome.summary.failed.isEmpty)
    let resumed = try fixture.goOn()
    #expect(resumed.reason == .exhausted)
    #expect(resumed.summary.measured.first?.name == "a")
    #expect(fixture.proposer.asked == [0, 1])
  }

  @Test("a host fault as a verdict is a host fault")
  func hostFaultVerdict() throws {
    let fixture = try RunFixture([reply("a", "hostverdict 0.7")])
    let outcome = try fixture.start()
    #expect(outcome.reason == .hostFault)
    #expect(outcome.error?.message == "no cell")
    #expect(
      !(try fixture.events().contains { $0.body.kind == "evaluated" && $0.place.candidate == 1 }))
  }

  @Test("a disk that is full for the compiler stops the run at once, and no candidate is blamed")
  func storageFault() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7"), reply("b", "buildstorage")])
    let error = #expect(throws: LossmithError.self) { try fixture.start() }
    #expect(error?.code == .storage)
    #expect(fixture.evaluator.builds == ["a", "b"])
    let last = try #require(try fixture.events().last)
    #expect(last.body == .buildStarted)
  }

  @Test("when DPO fails, for it is known to be well; another baseline may fail")
  func failingBaselines() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    fixture.evaluator.baselineFinding["slic"] = Finding(.diverged(step: 3), "NaN.")
    let outcome = try fixture.start()
    #expect(outcome.reason == .exhausted)
    #expect(outcome.summary.failed.map(\.name) == ["slic"])
    #expect(fixture.proposer.requests[0].opening.contains("slic:diverged(3)"))

    let other = try RunFixture([reply("a", "eta 0.7")])
    other.evaluator.baselineFinding["dpo"] = Finding(.timeout, "Too slow.")
    let stopped = try other.start()
    #expect(stopped.reason == .hostFault)
    #expect(stopped.error?.message.contains("dpo failed: timeout") == true)
  }

  @Test("an unknown baseline is a usage error and is not retried")
  func unknownBaseline() throws {
    let fixture = try RunFixture([]) { $0.baselines = ["dpo", "nonesuch"] }
    let outcome = try fixture.start()
    #expect(outcome.reason == .hostFault)
    #expect(outcome.exitStatus == .usage)
    #expect(fixture.evaluator.evaluations == ["dpo"])
    #expect(try fixture.events().filter { $0.body.kind == "host-fault" }.count == 1)
  }

  @Test("numbers of another reference policy are refused")
  func otherReference() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    fixture.evaluator.onEvaluation = { [unowned evaluator = fixture.evaluator] in
      if $0 == "a" { evaluator.referenceHash = "new" }
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .hostFault)
    #expect(outcome.error?.message.contains("reference policy") == true)
  }

  @Test("no proposal at all: burn-in only")
  func burnInOnly() throws {
    let fixture = try RunFixture([]) { $0.generations = 0 }
    let outcome = try fixture.start()
    #expect(outcome.reason == .generations)
    #expect(outcome.summary.measured.map(\.name) == ["dpo", "slic"])
    #expect(fixture.proposer.asked.isEmpty)
  }
}
