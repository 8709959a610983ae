import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Confirmation")
struct ConfirmationTests {
  static func fixture(
    _ replies: [String], configure: (inout RunConfig) -> Void = { _ in }
  ) throws -> RunFixture {
    let fixture = try RunFixture(replies) {
      var plan = SearchPlan()
      plan.confirmation = [1000, 1001, 1002, 1003]
      plan.comparesAtEqualKL = true
      ($0.search, $0.finalists) = (plan, 1)
      configure(&$0)
    }
    fixture.proposer.book = { ($0.model, $0.calls, $0.cost) = ("m", 1, 0.25) }
    return fixture
  }

  static func raise(_ fixture: RunFixture, calls: Int) throws -> RunSummary {
    try DiscoveryRun(
      in: try fixture.resume(), parts: fixture.parts, raise: Budget(calls: calls)
    ).run().summary
  }

  // MARK: - Several ends

  static let rising = [
    reply("first", "wobble 0.02 0.70"), reply("second", "wobble 0.02 0.72"),
    reply("third", "wobble 0.02 0.74"),
  ]

  @Test("whoever raises a budget after a look at the table tests more hypotheses, not new ones")
  func family() throws {
    let fixture = try Self.fixture(Self.rising) { $0.budget = Budget(calls: 1) }
    let alone = try #require(try fixture.start().summary.finalists)
    #expect(alone.map(\.name) == ["first"] && alone[0].holm == alone[0].p)
    let two = try #require(try Self.raise(fixture, calls: 2).finalists)
    #expect(two.map(\.name) == ["second", "first"])
    #expect(two.map(\.isFormer) == [nil, true])
    let summary = try Self.raise(fixture, calls: 3)
    let three = try #require(summary.finalists)
    #expect(three.map(\.name) == ["third", "first", "second"])
    // Each was measured once on the fresh seeds, which are the same for all.
    #expect(
      fixture.evaluator.requests.filter { $0.seeds.first == 1000 }.map(\.name)
        == ["dpo", "first", "second", "third"])
    let least = try #require(three.compactMap(\.p).min())
    #expect(abs(try #require(three.compactMap(\.holm).min()) - 3 * least) < 1e-15)
    let equal = try #require(three.compactMap(\.equalKLP).min())
    #expect(abs(try #require(three.compactMap(\.equalKLHolm).min()) - 3 * equal) < 1e-15)
    // The bar for what the first session called detectable has risen with them.
    #expect(try #require(three[1].detectable) > (try #require(alone[0].detectable)))
    #expect(summary.table.contains("first (former)"))
    #expect(summary.table.contains("p (Holm) counts 2 more"))
    // It is in no table of measured losses twice, and the best of a list is a finalist.
    #expect(summary.side(named: "search").best == "third")
  }

  @Test("a former finalist that fails in a later race is listed no more and counts")
  func formerFailure() throws {
    let fixture = try Self.fixture([
      reply("fragile", "wobble 0.05 0.7|eta 0.6|diverge 9"), reply("sound", "wobble 0.02 0.69"),
    ]) {
      $0.addStages()
      $0.cheapStage = nil
      $0.budget = Budget(calls: 1)
    }
    fixture.config.search?.confirmation = [1000, 1001]
    try fixture.start()
    let summary = try Self.raise(fixture, calls: 2)
    #expect(summary.failed.map(\.name) == ["fragile"])
    let finalists = try #require(summary.finalists)
    #expect(finalists.map(\.name) == ["sound"])
    #expect(finalists[0].holm == finalists[0].p.map { 2 * $0 })
  }

  // MARK: - Equal KL that comes to nothing

  @Test("a frontier that fails is in the journal, and the table says why nothing is compared")
  func lostFrontier() throws {
    let fixture = try Self.fixture(Self.rising)
    fixture.evaluator.frontierFinding = Finding(.diverged(step: 3), "β = 0.02 left the finite.")
    let summary = try fixture.start().summary
    #expect(summary.finalists?.first?.confirmed != nil)
    #expect(summary.finalists?.first?.beats == nil)
    #expect(summary.equalKLProblem?.contains("diverged(3)") == true)
    #expect(summary.table.contains("β = 0.02 left the finite."))
    let confirmed = try fixture.events().compactMap { event -> JournalEvent.Evaluation? in
      guard case .confirmed(let evaluation) = event.body else { return nil }
      return evaluation
    }
    #expect(confirmed.map { $0.frontierFinding?.verdict } == [.diverged(step: 3), nil])
    #expect(fixture.progress.contains { $0.message.contains("nothing is compared") })
    // The control: with a frontier there is no such word, and rows without one read as before.
    let sound = try Self.fixture(Self.rising).start().summary
    #expect(sound.equalKLProblem == nil && !sound.table.contains("Nothing is compared"))
    #expect(sound.finalists?.first?.beats == true)
  }

  @Test("too few β in the frontier of an older run: said, not passed over")
  func fewBetas() throws {
    let fixture = try Self.fixture(Self.rising)
    fixture.evaluator.frontierPoints = 4
    let summary = try fixture.start().summary
    #expect(summary.equalKLProblem?.contains("4 policies") == true)
    #expect(summary.table.contains("evaluation.betas"))
  }

  @Test("a loss with a KL that is not finite keeps its η, beats nobody and is on no front")
  func infiniteKL() throws {
    for kl in [Double.infinity, .nan] {
      let fixture = try Self.fixture([
        reply("far", "wobble 0.05 0.9"), reply("near", "wobble -0.05 0.88"),
      ]) {
        $0.finalists = 2
        $0.search?.klCap = 20
        $0.search?.referenceReward = 0.4
      }
      fixture.evaluator.kls = ["far": kl]
      let summary = try fixture.start().summary
      #expect(summary.measured.first?.name == "far")
      let far = try #require(summary.finalists?.first { $0.name == "far" })
      #expect(far.outside == 4 && far.beats == false && far.atEqualKL == nil)
      #expect(summary.finalists?.first { $0.name == "near" }?.beats == true)
      #expect(summary.front?.points.first { $0.name == "far" }?.isOnFront == false)
      #expect(summary.front?.hypervolume?.mean.isFinite == true)
      #expect(summary.table.contains("KL outside of DPO's frontier on 4 seeds"))
      // It survives the JSON, as does the journal.
      let again = try JSON.decode(RunSummary.self, from: try JSON.encode(summary))
      #expect(again.finalists == summary.finalists)
      #expect(try fixture.goOn().summary.finalists == summary.finalists)
    }
  }
}
