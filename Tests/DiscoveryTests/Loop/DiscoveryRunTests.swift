import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("The discovery loop")
struct DiscoveryRunTests {
  @Test("evaluates the baselines, then a candidate a generation, and ranks them all")
  func happyRun() throws {
    let fixture = try RunFixture([reply("alpha", "eta 0.7"), reply("beta", "eta 0.5")]) {
      $0.generations = 2
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .generations)
    #expect(outcome.error == nil)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.summary.measured.map(\.name) == ["alpha", "dpo", "slic", "beta"])
    #expect(outcome.summary.measured.map(\.rank) == [1, 2, 3, 4])
    #expect(outcome.summary.trajectory.map(\.name) == ["alpha", "beta"])
    #expect(outcome.summary.failed.isEmpty)
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "alpha", "beta"])
    let alpha = outcome.summary.measured[0]
    #expect(abs(alpha.eta.mean - 0.701) < 1e-12)
    #expect(alpha.eta.n == 3)
    #expect(abs((alpha.delta?.mean ?? 0) - 0.1) < 1e-12)
    #expect(alpha.metrics["kl"]?.mean == 1)
    #expect(outcome.summary.trajectory.map { $0.best ?? 0 } == [0.701, 0.701])
    #expect(outcome.summary.completionTokens == 6)
    let kinds = try fixture.events().map(\.body.kind)
    #expect(
      kinds == [
        "run-started", "baseline-started", "baseline-evaluated", "baseline-started",
        "baseline-evaluated", "opened",
        "requested", "received", "proposed", "build-started", "built", "evaluation-started",
        "evaluated", "judged", "generation-ended",
        "requested", "received", "proposed", "build-started", "built", "evaluation-started",
        "evaluated", "judged", "generation-ended", "stopped",
      ])
  }

  @Test("leaves every file of a candidate in a folder that its number begins")
  func filesOfACandidate() throws {
    let fixture = try RunFixture([reply("My Loss", "eta 0.7")]) { $0.generations = 1 }
    try fixture.start()
    let files = try files(of: fixture.url)
    #expect(
      Set(files.keys) == [
        "config.json", "lock", "baselines/dpo/evaluation.json", "baselines/slic/evaluation.json",
        "candidates/0001-my-loss/reply.txt", "candidates/0001-my-loss/proposal.json",
        "candidates/0001-my-loss/loss.swift", "candidates/0001-my-loss/loss.so",
        "candidates/0001-my-loss/evaluation.json",
      ])
    #expect(files["candidates/0001-my-loss/loss.swift"] == Data("eta 0.7".utf8))
  }

  @Test("tells the proposer all earlier replies with what came of them")
  func conversation() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7"), "junk", reply("b", "eta 0.65")]) {
      $0.generations = 2
    }
    try fixture.start()
    let last = try #require(fixture.proposer.requests.last)
    #expect(last.generation == 2)
    #expect(last.attempt == 1)
    #expect(last.index == 2)
    #expect(last.system == "system")
    #expect(last.opening.contains("dpo="))
    #expect(last.exchanges.count == 2)
    #expect(last.exchanges[0].feedback == "a ok, rank 1 of 3")
    #expect(last.exchanges[1].reply == "junk")
    #expect(last.exchanges[1].feedback.hasPrefix("? rejected(parse): "))
    #expect(last.exchanges[1].feedback.hasSuffix("[3 left]"))
  }

  @Test(
    "gives each kind of failure its verdict, resamples, and lets the generation go on",
    arguments: [
      ("not JSON", "rejected(parse)"), (reply("x", "lint"), "rejected(lint)"),
      (reply("x", "compile"), "rejected(compile)"), (reply("x", "gate"), "rejected(gate)"),
      (reply("x", "check shape"), "failed(shape)"), (reply("x", "crash 0"), "crashed(SIGSEGV)"),
      (reply("x", "timeout 0"), "timeout"), (reply("x", "violation 0"), "violation(fork)"),
      (reply("x", "resource 0"), "resource"), (reply("x", "diverge 4"), "diverged(4)"),
      (reply("x", "throwfailure"), "crashed(SIGABRT)"), (reply("x", "nan"), "failed(eta)"),
    ])
  func failureKinds(failing: String, verdict: String) throws {
    let fixture = try RunFixture([failing, reply("good", "eta 0.7"), reply("more", "eta 0.66")]) {
      $0.generations = 2
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .generations)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.summary.failed.map(\.finding.verdict.description) == [verdict])
    #expect(outcome.summary.failures.values.reduce(0, +) == 1)
    #expect(outcome.summary.measured.map(\.name) == ["good", "more", "dpo", "slic"])
    #expect(outcome.summary.trajectory.map(\.tries) == [2, 1])
    for event in try fixture.events() {
      guard case .judged(let judgement) = event.body else { continue }
      #expect((judgement.eta != nil) == judgement.finding.verdict.isOK)
    }
    for event in try fixture.events() {
      guard case .evaluated(let evaluation) = event.body else { continue }
      #expect(evaluation.record.seeds.isEmpty != evaluation.record.finding.verdict.isOK)
    }
  }

  @Test("fails a generation after R further tries and begins the next")
  func resamplesExhausted() throws {
    let bad = (0..<4).map { reply("bad\($0)", "check c\($0)") }
    let fixture = try RunFixture(bad + [reply("good", "eta 0.7")]) { $0.generations = 2 }
    let outcome = try fixture.start()
    #expect(fixture.proposer.requests.map(\.generation) == [1, 1, 1, 1, 2])
    #expect(fixture.proposer.requests.map(\.attempt) == [0, 1, 2, 3, 0])
    #expect(outcome.summary.trajectory.map(\.tries) == [4, 1])
    #expect(outcome.summary.trajectory.map(\.name) == [nil, "good"])
    #expect(outcome.summary.trajectory[0].eta == nil)
    #expect(outcome.summary.failed.count == 4)
    let feedback = fixture.proposer.requests[4].exchanges.map(\.feedback)
    #expect(feedback.map { $0.suffix(8) } == ["[3 left]", "[2 left]", "[1 left]", "[0 left]"])
  }

  @Test("with R = 0 a failure ends its generation")
  func noResamples() throws {
    let fixture = try RunFixture([reply("a", "compile"), reply("b", "eta 0.7")]) {
      $0.generations = 2
      $0.resamples = 0
    }
    let outcome = try fixture.start()
    #expect(outcome.summary.trajectory.map(\.tries) == [1, 1])
  }

  @Test("numbers a name that is taken, and keeps names out of paths")
  func names() throws {
    let fixture = try RunFixture([
      reply("dpo", "eta 0.61"), reply("../../tmp/evil", "eta 0.62"),
      reply("..%2f..\u{1B}[31m/tmp evil", "eta 0.63"), reply("/tmp/evil", "eta 0.64"),
      reply("…", "eta 0.65"), reply(String(repeating: "long/", count: 100), "eta 0.66"),
    ])
    let outcome = try fixture.start()
    #expect(outcome.reason == .exhausted)
    let names = outcome.summary.measured.filter { !$0.origin.isBaseline }
      .sorted { ($0.origin.candidate ?? 0) < ($1.origin.candidate ?? 0) }.map(\.name)
    #expect(names.prefix(5) == ["dpo-2", "tmp-evil", "2f-31m-tmp-evil", "tmp-evil-2", "loss"])
    #expect(names[5].count <= CandidateName.maximumLength)
    let outside = try FileManager.default.contentsOfDirectory(atPath: fixture.scratch.url.path)
    #expect(Set(outside) == ["built", "run"])
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: fixture.url.appending(path: "candidates").path)
    #expect(folders.count == 6)
  }

  @Test("does not train the same text twice, and says which candidate it was")
  func duplicates() throws {
    let fixture = try RunFixture([
      reply("a", "eta 0.7"), reply("b", "  eta 0.7\n"), reply("c", "eta 0.8"),
    ])
    let outcome = try fixture.start()
    #expect(fixture.evaluator.builds == ["a", "c"])
    #expect(outcome.summary.failed.map(\.finding.verdict) == [.duplicate(of: "a")])
    let feedback = try #require(fixture.proposer.requests[2].exchanges.last?.feedback)
    #expect(feedback.contains("duplicate(a)"))
    #expect(feedback.contains("η = "))
  }
}
