import Foundation
import Host
import Losses
import Testing

@testable import Discovery

@Suite("Agreement of two seed sets")
struct AgreementTests {
  static func record(_ name: String, _ values: [Double], verdict: Verdict = .ok)
    -> EvaluationRecord
  {
    EvaluationRecord(
      plugin: name, finding: Finding(verdict), referenceHash: "h",
      seeds: values.enumerated().map { .init(seed: UInt64($0), metrics: ["reward": $1]) },
      seconds: 0)
  }

  @Test("ρ over all and over the better half, and the seeds that would be needed")
  func numbers() throws {
    // First set: even seeds. Orders a > b > c > d and b > a > c > d.
    let agreement = Agreement(
      of: [
        Self.record("d", [1, 1]), Self.record("a", [4, 3]), Self.record("b", [3, 4]),
        Self.record("c", [2, 2]), Self.record("broken", [], verdict: .timeout),
      ], metric: "reward", first: [0], second: [1])
    #expect(agreement.rows.map(\.name) == ["a", "b", "c", "d"])
    #expect(abs(try #require(agreement.rho) - 0.8) < 1e-12)
    // Two losses are no correlation.
    #expect(agreement.rhoTopHalf == nil)
    // 0.9 · 0.2 / (0.8 · 0.1) = 2.25 seeds.
    #expect(agreement.seedsNeeded == 3)
    #expect(agreement.dropped == [.init(name: "broken", reason: "timeout")])
    #expect(agreement.text.contains("0.800; 0.9 would need about 3 seeds"))
  }

  @Test("losses with the same gradients count once, up to a factor too")
  func distinct() {
    func probed(_ name: String, _ gradient: [Double]?, family: String = "pairwise")
      -> JournalEvent.Probed
    {
      .init(
        name: name, fingerprint: gradient.map { .init(family: family, probes: [$0, $0]) },
        tunables: [])
    }
    let (losses, dropped) = AgreementStudy.distinct([
      probed("a", [1, 2]), probed("twin", [1, 2]), probed("double", [2, 4]), probed("b", [2, 1]),
      probed("images", [1, 2], family: "classification"), probed("broken", nil),
    ])
    #expect(losses == ["a", "b"])
    #expect(dropped.map(\.name) == ["twin", "double", "images", "broken"])
  }

  static let plan = AgreementStudy.Plan(
    task: "bandit", taskDigest: "d", metric: "reward", losses: ["dpo", "slic", "ipo"])

  @Test("a study that is stopped anywhere, or cut in the middle of a line, goes on to the same end")
  func resumes() throws {
    let scratch = try Scratch()
    func evaluator() -> ScriptedEvaluator { ScriptedEvaluator(scratch: scratch.url) }
    let whole = scratch.url.appending(path: "whole")
    let expected = try AgreementStudy(in: whole, plan: Self.plan).run(seeds: 2, with: evaluator())
    #expect(expected.seeds == 2 && expected.rho == 1)
    let lines = try Data(contentsOf: whole.appending(path: AgreementStudy.fileName))
    for cut in 1...12 {
      let folder = scratch.url.appending(path: "part\(cut)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let header = try #require(lines.firstIndex(of: 0x0A)) + 1
      let length = header + (lines.count - header) * cut / 13
      try lines.prefix(length).write(to: folder.appending(path: AgreementStudy.fileName))
      let part = evaluator()
      #expect(
        try AgreementStudy(in: folder, plan: Self.plan).run(seeds: 2, with: part) == expected)
      let whole = lines.prefix(length).count { $0 == 0x0A } - 1
      #expect(part.evaluations.count == 6 - whole)
      #expect(try Data(contentsOf: folder.appending(path: AgreementStudy.fileName)) == lines)
    }
    // More seeds are added to what is there; another plan is refused.
    let more = evaluator()
    #expect(try AgreementStudy(in: whole, plan: Self.plan).run(seeds: 3, with: more).seeds == 3)
    #expect(more.evaluations.count == 3)
    var other = Self.plan
    other.losses = ["dpo"]
    #expect(throws: LossmithError.self) { try AgreementStudy(in: whole, plan: other) }
  }

  @Test("out of time, it reports the pairs that every loss has")
  func outOfTime() throws {
    let scratch = try Scratch()
    let evaluator = ScriptedEvaluator(scratch: scratch.url)
    let study = try AgreementStudy(in: scratch.url.appending(path: "s"), plan: Self.plan)
    let agreement = try study.run(
      seeds: 4, with: evaluator, isOver: { evaluator.evaluations.count >= 5 })
    #expect(agreement.seeds == 1 && agreement.rows.count == 3)
  }

  @Test("stopped before every loss has its first pair, it reports the losses that have it")
  func outOfTimeEarly() throws {
    let scratch = try Scratch()
    let evaluator = ScriptedEvaluator(scratch: scratch.url)
    let study = try AgreementStudy(in: scratch.url.appending(path: "s"), plan: Self.plan)
    let agreement = try study.run(
      seeds: 4, with: evaluator, isOver: { evaluator.evaluations.count >= 2 })
    #expect(agreement.seeds == 1 && agreement.rows.map(\.name) == ["dpo", "slic"])
    #expect(agreement.dropped == [.init(name: "ipo", reason: "not trained yet")])
    #expect(study.extent(seeds: 4) == (done: 2, all: 12))
  }

  @Test("with workers of a pool it has the same numbers, in the same order, each trained once")
  func pooled() throws {
    let scratch = try Scratch()
    let alone = try AgreementStudy(in: scratch.url.appending(path: "a"), plan: Self.plan).run(
      seeds: 3, with: ScriptedEvaluator(scratch: scratch.url))
    let workers = (0..<3).map { _ in ScriptedEvaluator(scratch: scratch.url) }
    let pool = WorkerPool(workers.map { .init(evaluator: $0) })
    let study = try AgreementStudy(in: scratch.url.appending(path: "b"), plan: Self.plan)
    var done: [Int] = []
    let shared = try study.run(
      seeds: 3, with: PooledEvaluator(pool, desk: ScriptedEvaluator(scratch: scratch.url)),
      pool: pool, progress: { _, extent in done.append(extent.done) })
    pool.close()
    #expect(shared == alone)
    #expect(done == done.sorted() && Set(done) == Set(0..<9))
    #expect(workers.reduce(0) { $0 + $1.evaluations.count } == 18)
    #expect(alone.text.contains("ρ by seeds a side (within the better half): 1: 1.000"))
  }
}
