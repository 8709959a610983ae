import Foundation
import Losses
import Synchronization
import Testing

@testable import Discovery

/// Proposes by what it is told, so that a word more or less shows in its losses.
private final class TellingProposer: Proposer {
  let kind = "telling"
  let canBeAskedAhead = true
  let count: Int
  private(set) var asked: [Int] = []
  private(set) var told: [Int: [String]] = [:]

  init(_ count: Int) { self.count = count }

  func propose(_ request: ProposalRequest) throws -> ProposalReply? {
    asked.append(request.index)
    guard request.index < count else { return nil }
    let worth = request.outcomes.compactMap(\.lowerBound)
    told[request.index] = request.outcomes.map(\.name)
    // Some learn nothing, some fail, some are as good as others before them.
    let cheap = [0.4, 0.55, 0.61, 0.5, 0.58, 0.65, 0.52][request.index % 7]
    let eta = 0.5 + 0.01 * Double(worth.count) + 0.2 * (worth.max() ?? 0)
    let code =
      request.index % 9 == 5
      ? "compile \(request.index)"
      : "eta \(eta)|eta \(cheap) #\(request.exchanges.count + 5),1"
    return ProposalReply(text: reply("loss-\(request.index)", code), source: "told")
  }
}

@Suite("Work before the run comes to it")
struct LookaheadTests {
  /// A run of the proposer above, with or without workers of a pool.
  private static func fixture(lookahead: Int? = 5, share: Double? = 0.5) throws -> RunFixture {
    try RunFixture([]) {
      $0.addStages()
      $0.cheapStage?.share = share
      var plan = SearchPlan()
      plan.duplicates = .refused
      plan.confirmation = [1000, 1001]
      plan.comparesAtEqualKL = true
      plan.lookahead = lookahead
      $0.search = plan
      $0.generations = 22
    }
  }

  private static func run(
    _ fixture: RunFixture, workers: Int?, _ directory: RunDirectory
  ) throws -> (outcome: DiscoveryRun.Outcome, proposer: TellingProposer) {
    let proposer = TellingProposer(60)
    var parts = fixture.parts
    parts.proposer = proposer
    guard let workers else {
      return (try DiscoveryRun(in: directory, parts: parts).run(), proposer)
    }
    func scripted(isCheap: Bool) -> ScriptedEvaluator {
      let evaluator = ScriptedEvaluator(scratch: fixture.scratch.url)
      evaluator.isCheap = isCheap
      if isCheap { evaluator.referenceHash = "cheap-ref" }
      return evaluator
    }
    let pool = WorkerPool(
      (0..<workers).map { _ in
        .init(evaluator: scripted(isCheap: false), screener: scripted(isCheap: true))
      })
    defer { pool.close() }
    parts.pool = pool
    parts.evaluator = PooledEvaluator(pool, desk: scripted(isCheap: false))
    parts.screener = PooledEvaluator(pool, desk: scripted(isCheap: true), isCheap: true)
    return (try DiscoveryRun(in: directory, parts: parts).run(), proposer)
  }

  /// Without durations, which sum up what several workers took.
  private static func recorded(_ fixture: RunFixture) throws -> [Recorded] {
    undisturbed(try fixture.events()).map { recorded in
      var recorded = recorded
      switch recorded.body {
      case .baselineEvaluated(var value):
        value.record.seconds = 0
        recorded.body = .baselineEvaluated(value)
      case .evaluated(var value):
        value.record.seconds = 0
        recorded.body = .evaluated(value)
      case .extended(var value):
        value.record.seconds = 0
        recorded.body = .extended(value)
      case .confirmed(var value):
        value.record.seconds = 0
        recorded.body = .confirmed(value)
      default: break
      }
      return recorded
    }
  }

  private static func difference(_ first: [Recorded], _ second: [Recorded]) -> String? {
    if let pair = zip(first, second).first(where: { $0 != $1 }) { return "\(pair.0), \(pair.1)" }
    return first.count == second.count ? nil : "\(first.count) and \(second.count) events"
  }

  @Test("the journal is that of a run that does one thing after another, by any number of workers")
  func sameJournal() throws {
    let slow = try Self.fixture()
    let (outcome, _) = try Self.run(slow, workers: nil, try slow.create())
    #expect(outcome.reason == .generations)
    let reference = try Self.recorded(slow)
    #expect(outcome.summary.stopped.count > 5 && outcome.summary.failed.count > 1)
    #expect(outcome.summary.finalists?.isEmpty == false)
    for workers in [1, 2, 5] {
      let fixture = try Self.fixture()
      let (_, proposer) = try Self.run(fixture, workers: workers, try fixture.create())
      #expect(Self.difference(try Self.recorded(fixture), reference) == nil, "\(workers) workers")
      // No reply is asked for twice, whether ahead of its time or not.
      #expect(Set(proposer.asked).count == proposer.asked.count)
    }
  }

  @Test("a proposal is told of the losses that far behind it, and of no later one")
  func told() throws {
    let fixture = try Self.fixture()
    let (_, proposer) = try Self.run(fixture, workers: 2, try fixture.create())
    for (index, names) in proposer.told {
      #expect(names.count == max(0, index + 1 - 5), "\(index)")
    }
    #expect(proposer.told[9]?.last == "loss-4")
    // The same where nothing is asked ahead, and later losses have their verdicts.
    let alone = try Self.fixture()
    let (_, patient) = try Self.run(alone, workers: nil, try alone.create())
    #expect(patient.told == proposer.told.filter { patient.told[$0.key] != nil })
    #expect(patient.told.count > 20)
    // Without a lookahead it hears of all before it, and a run asks nothing before its time.
    let plain = try Self.fixture(lookahead: nil)
    let (_, next) = try Self.run(plain, workers: 2, try plain.create())
    #expect(next.told[9]?.last == "loss-8")
    let replies = try plain.events().filter { $0.body.kind == "received" }.count
    #expect(next.asked == Array(0..<replies))
  }

  @Test("a run that was killed anywhere ends with the journal of one that was not")
  func killed() throws {
    let whole = try Self.fixture()
    _ = try Self.run(whole, workers: 2, try whole.create())
    let reference = try Self.recorded(whole)
    let count = try whole.events().count
    for last in stride(from: 1, to: count, by: 7) {
      let fixture = try Self.fixture()
      try FileManager.default.copyItem(at: whole.url, to: fixture.url)
      try truncateJournal(of: fixture.url, after: Int64(last))
      _ = try Self.run(fixture, workers: 2, try fixture.resume())
      let difference = Self.difference(try Self.recorded(fixture), reference)
      #expect(difference == nil, "killed after event \(last)")
    }
  }

  @Test("the cheap stage lets the best part of the latest losses pass, as the journal has them")
  func share() throws {
    let stage = CheapStage(
      task: "cheap", taskDigest: "d", metric: "reward", seeds: [0, 1], reference: 0.4, share: 0.25)
    func record(_ mean: Double) -> EvaluationRecord {
      EvaluationRecord(
        plugin: "x", finding: Finding(.ok), referenceHash: "r",
        seeds: [
          .init(seed: 0, metrics: ["reward": mean - 0.001]),
          .init(seed: 1, metrics: ["reward": mean + 0.001]),
        ], seconds: 0)
    }
    var earlier: [JournalEvent.Screening] = []
    func screen(_ mean: Double) -> JournalEvent.Screening {
      let screening = stage.result(of: record(mean), after: earlier)
      earlier.append(screening)
      return screening
    }
    // The first is the best of one; one that is worse waits until five share two places.
    let passed = [0.6, 0.5, 0.55, 0.58, 0.59, 0.7, 0.65].map { screen($0).passed }
    #expect(passed == [true, false, false, false, true, true, true])
    let last = try #require(earlier.last?.standing)
    #expect(last == .init(place: 2, count: 7, room: 2))
    let stopped = screen(0.51)
    #expect(stopped.isStop && stopped.standing?.place == 7)
    #expect(stopped.sentence.contains("place 7 of the latest 8 losses there, of which the best 2"))
    // Of equal ones the earlier is better.
    #expect(screen(0.65).standing?.place == 3)
    // What is long ago counts no more: 25 losses later the bar is theirs.
    for _ in 0..<25 { _ = screen(0.5) }
    #expect(screen(0.51).standing == .init(place: 1, count: 20, room: 5))
    // Who learns nothing has no place, however few there are.
    let idle = stage.result(of: record(0.4))
    #expect(idle.isStop && idle.standing == nil && idle.sentence.contains("not seen to teach"))
    // The control: without a share all that learn go on.
    var all = stage
    all.share = nil
    #expect(all.result(of: record(0.45), after: earlier).passed)
  }
}
