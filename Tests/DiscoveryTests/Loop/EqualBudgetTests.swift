import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Blind sampling at equal cost")
struct EqualBudgetTests {
  static func fixture(
    _ count: Int = 12, configure: (inout RunConfig) -> Void = { _ in }
  ) throws -> RunFixture {
    let fixture = try RunFixture((0..<count).map { reply("l\($0)", "eta 0.\(700 + $0)") }) {
      var plan = SearchPlan()
      plan.confirmation = [1000, 1001]
      (plan.equalBudget, plan.sharesBudget) = (.bestOfN, true)
      ($0.search, $0.finalists) = (plan, 1)
      configure(&$0)
    }
    fixture.proposer.book = { ($0.model, $0.calls, $0.cost) = ("m", 1, 0.25) }
    return fixture
  }

  /// What the command does: the search, then its rival; both summaries.
  static func both(
    _ fixture: RunFixture, resuming: Bool = false, raise: Budget? = nil
  ) throws -> (search: DiscoveryRun.Outcome, rival: DiscoveryRun.Outcome?) {
    let search = try DiscoveryRun(
      in: resuming ? try fixture.resume() : try fixture.create(), parts: fixture.parts, raise: raise
    )
    var outcome = try search.run()
    let rival = try DiscoveryRun.rival(of: search, parts: fixture.parts, clock: fixture.clock.clock)
    let blind = try rival?.run()
    if let blind { outcome.summary.compare(with: blind.summary) }
    return (outcome, blind)
  }

  @Test(
    "the limits are for both sides together: the search stops at half, with a confirmed number",
    arguments: [Budget(calls: 8), Budget(usd: 2), Budget(tokens: 104)])
  func halves(budget: Budget) throws {
    let fixture = try Self.fixture { $0.budget = budget }
    let (search, rival) = try Self.both(fixture)
    #expect(search.reason.isBudget && search.summary.proposals == 4)
    #expect(rival?.reason == .generations && rival?.summary.proposals == 4)
    #expect(fixture.proposer.asked.count == 8)
    let sides = try #require(search.summary.equalBudget).sides
    // Both are judged by the same thing: the best finalist, on fresh seeds.
    #expect(sides.allSatisfy { $0.best == "l3" && $0.confirmed?.n == 2 })
    #expect(sides.allSatisfy { $0.confirmedDelta != nil })
    // Without a rival the search has all of it.
    let alone = try Self.fixture {
      $0.budget = budget
      $0.search?.equalBudget = nil
      $0.search?.sharesBudget = nil
    }
    #expect(try alone.start().summary.proposals == 8)
  }

  @Test("minutes too: the rival ends when both together have worked as long as the run may")
  func minutes() throws {
    let fixture = try Self.fixture { $0.minutes = 20 }
    let clock = fixture.clock
    fixture.evaluator.onEvaluation = { _ in clock.advance(by: 61) }
    let (search, rival) = try Self.both(fixture)
    #expect(search.reason == .minutes)
    // The scripted evaluator says that it takes a second, so the time for the confirmation comes on top.
    #expect(search.summary.elapsed < 10 * 60 + 3 * 61)
    let blind = try #require(rival).summary
    #expect(search.summary.elapsed + blind.elapsed < 20 * 60 + 3 * 61)
    #expect(search.summary.proposals >= 7 && blind.proposals >= 7)
  }

  @Test("a search that goes on with a raised budget takes its rival along")
  func follows() throws {
    let fixture = try Self.fixture { $0.budget = Budget(calls: 4) }
    let first = try Self.both(fixture)
    #expect([first.search.summary.proposals, first.rival?.summary.proposals] == [2, 2])
    let more = try Self.both(fixture, resuming: true, raise: Budget(calls: 10))
    #expect([more.search.summary.proposals, more.rival?.summary.proposals] == [5, 5])
    #expect(more.search.summary.equalBudget?.sides.map(\.best) == ["l4", "l4"])
    #expect(fixture.proposer.asked.count == 10)
    // Nothing is asked or trained again when both are where they should be.
    let trained = fixture.evaluator.evaluations.count
    let again = try Self.both(fixture, resuming: true)
    #expect(again.rival?.summary.proposals == 5)
    #expect(fixture.proposer.asked.count == 10 && fixture.evaluator.evaluations.count == trained)
  }

  @Test("a search that left nothing has no rival, and a budget too small to halve is refused")
  func nothingLeft() throws {
    // The first request may be dearer than everything.
    let fixture = try Self.fixture { $0.budget = Budget(usd: 0.2) }
    let (search, rival) = try Self.both(fixture)
    #expect(search.summary.proposals == 1 && rival == nil)
    #expect(throws: LossmithError.self) {
      try Self.fixture { $0.budget = Budget(calls: 1) }.create()
    }
  }

  @Test("a run of an older program keeps its whole budget on each side")
  func older() throws {
    let fixture = try Self.fixture {
      $0.budget = Budget(calls: 4)
      $0.search?.sharesBudget = nil
    }
    let (search, rival) = try Self.both(fixture)
    #expect([search.summary.proposals, rival?.summary.proposals] == [4, 4])
  }

  @Test("trainings that failed, tuned or ended at the cheap stage are counted")
  func trainings() throws {
    let fixture = try RunFixture([
      reply("sound", "eta 0.7"), reply("diverges", "diverge 4"), reply("wrong", "check shape"),
      reply("idle", "eta 0.9|eta 0.4"), reply("unbuilt", "compile"),
    ]) {
      $0.addStages()
      $0.finalists = 1
    }
    let counted = try #require(try fixture.start().summary.trainings)
    // Three seeds each of `sound` and of the one that diverged, and two more of the finalist; the one
    // that fails its check on the task was not trained there.
    #expect(counted.task == 2 * 3 + 2)
    #expect(counted.cheapStage == 4 * 3)
    let tuned = try SearchPlanTests.fixture([reply("a", "best 0.05 0.7")]) { $0.tuning = [50, 51] }
    let outcome = try tuned.start()
    let trials = tuned.evaluator.requests.filter { $0.name == "a" && $0.seeds[0] >= 50 }
    let seeds = trials.reduce(0) { $0 + $1.seeds.count }
    #expect(seeds > 5 && outcome.summary.trainings?.task == 3 + seeds)
  }
}
