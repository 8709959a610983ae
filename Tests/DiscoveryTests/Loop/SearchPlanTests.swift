import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Fingerprints, tuning and confirmation in a run")
struct SearchPlanTests {
  static func fixture(
    _ replies: [String], configure: (inout SearchPlan) -> Void
  ) throws -> RunFixture {
    try RunFixture(replies) {
      var plan = SearchPlan()
      configure(&plan)
      $0.search = plan
      $0.finalists = plan.confirmation.isEmpty ? nil : 2
    }
  }

  // MARK: - Fingerprints

  static let twins = [
    reply("again", "eta 0.9 #1,2"), reply("unbuilt", "eta 0.8 #3,1"),
    reply("louder", "eta 0.7 #2,4"), reply("new", "eta 0.65 #7,1"),
    reply("newer", "eta 0.66 #7,1.0000000001"), reply("reversed", "eta 0.5 #-1,-2"),
  ]

  @Test("a loss with known gradients is never trained, and the proposer hears whose they are")
  func duplicates() throws {
    let fixture = try Self.fixture(Self.twins) { $0.duplicates = .refused }
    let outcome = try fixture.start()
    #expect(fixture.evaluator.evaluations == ["dpo", "slic", "new", "reversed"])
    #expect(
      outcome.summary.failed.map(\.finding.verdict) == [
        .duplicate(of: "dpo"), .duplicate(of: "exp"), .duplicate(of: "dpo"),
        .duplicate(of: "new"),
      ])
    #expect(outcome.summary.failed.map { $0.twin?.scale } == [nil, nil, 2, nil])
    let told = try #require(fixture.proposer.requests.last).exchanges.map(\.feedback)
    #expect(told[0].contains("The gradients are those of dpo on every probe"))
    #expect(told[0].contains("dpo has η = 0.601"))
    #expect(told[2].contains("dpo up to scale"))
    // Not so where gradients are clipped.
    #expect(told[2].contains("clipped") && !told[2].contains("same policy"))
    #expect(told[4].contains("new has η = 0.651"))
    #expect(outcome.summary.table.contains("duplicate up to scale(dpo)"))
    #expect(outcome.summary.table.contains("louder = dpo up to scale 2.0000"))
    // The fingerprints are in the journal, taken once.
    let kinds = try fixture.events().map(\.body.kind)
    #expect(kinds.filter { $0 == "catalogue-probed" }.count == 1)
    #expect(kinds.filter { $0 == "fingerprinted" }.count == 6)

    // Who is not told how good losses are does not learn it from a refusal.
    let blind = try Self.fixture(Self.twins + [Self.twins[3]]) { $0.duplicates = .refused }
    blind.promptPlan = try PromptPlan(["hide": "fitness"])
    _ = try blind.start()
    let words = try #require(blind.proposer.requests.last).exchanges.map(\.feedback)
    #expect(words[0].contains("The gradients are those of dpo on every probe"))
    #expect(words.allSatisfy { !$0.contains("η =") && !$0.contains("0.65") })
  }

  @Test("of a loss that was stopped at the cheap stage a twin hears just that")
  func twinOfStopped() throws {
    let fixture = try RunFixture([
      reply("idle", "eta 0.9|eta 0.4 #5,1"), reply("again", "eta 0.9|eta 0.7 #5,1"),
      reply("sound", "eta 0.7 #6,1"),
    ]) {
      $0.addStages()
      var plan = SearchPlan()
      plan.duplicates = .refused
      $0.search = plan
    }
    try fixture.start()
    let told = try #require(fixture.proposer.requests.last).exchanges.map(\.feedback)
    #expect(told[1].contains("idle was stopped at the cheap stage cheap"))
  }

  @Test("on request those up to scale are trained, or all of them; each with a word on its twin")
  func trained() throws {
    let scaled = try Self.fixture(Self.twins) { $0.duplicates = .trainedIfScaled }
    let summary = try scaled.start().summary
    #expect(scaled.evaluator.evaluations == ["dpo", "slic", "louder", "new", "reversed"])
    #expect(
      summary.measured.first { $0.name == "louder" }?.twin == .init(name: "dpo", scale: 2))
    let all = try Self.fixture(Self.twins) { $0.duplicates = .trained }
    #expect(try all.start().summary.failed.isEmpty)
    #expect(all.evaluator.evaluations.count == 8)
    // Without the stage nothing is compared.
    let unseen = try Self.fixture(Self.twins) { _ in }
    #expect(try unseen.start().summary.measured.allSatisfy { $0.twin == nil })
    let kinds = try unseen.events().map(\.body.kind)
    #expect(!kinds.contains("fingerprinted"))
  }

  // MARK: - Tuning

  @Test("every loss is tuned on seeds of its own, baselines too, and measured with what was chosen")
  func tuning() throws {
    let fixture = try Self.fixture([reply("a", "best 0.05 0.7"), reply("b", "best 0.4 0.8")]) {
      $0.tuning = [50, 51, 52]
    }
    let summary = try fixture.start().summary
    #expect(summary.measured.first { $0.name == "a" }?.tunables == ["beta": 0.05])
    #expect(summary.measured.first { $0.name == "b" }?.tunables == ["beta": 0.4])
    #expect(summary.measured.first { $0.name == "dpo" }?.tunables == ["beta": 0.1])
    // At its best β the scripted loss has its whole η.
    #expect(abs(try #require(summary.measured.first).eta.mean - 0.801) < 1e-12)
    #expect(summary.table.contains("a: beta 0.05"))
    let search = fixture.evaluator.requests.filter { $0.seeds == [0, 1, 2] }
    #expect(search.count == 4)
    let tuned = fixture.evaluator.requests.filter { $0.seeds != [0, 1, 2] }
    #expect(!tuned.isEmpty && tuned.allSatisfy { $0.seeds.allSatisfy { $0 >= 50 } })
  }

  @Test("a loss that fails at some settings is measured at one that works")
  func failingTrials() throws {
    let fixture = try Self.fixture([reply("a", "diverge 3")]) { $0.tuning = [50] }
    let summary = try fixture.start().summary
    #expect(summary.failed.map(\.finding.verdict) == [.diverged(step: 3)])
    let trials = try fixture.events().filter { $0.body.kind == "trial" && $0.place.candidate == 1 }
    #expect(trials.count == 5)
  }

  // MARK: - Confirmation

  static let confirmed = [
    reply("steady", "wobble 0.01 0.8"), reply("lucky", "wobble 0.02 0.79|eta 0.6|wobble 0.02 0.5"),
    reply("third", "wobble 0.02 0.7"),
  ]

  static func confirming(_ replies: [String] = confirmed) throws -> RunFixture {
    try fixture(replies) {
      $0.confirmation = [1000, 1001, 1002, 1003]
      $0.comparesAtEqualKL = true
      $0.equalBudget = .bestOfN
      ($0.klCap, $0.referenceReward) = (20, 0.4)
    }
  }

  @Test("finalists and DPO are measured on fresh seeds; both numbers are there, and Holm's p")
  func confirmation() throws {
    let fixture = try Self.confirming()
    let summary = try fixture.start().summary
    let finalists = try #require(summary.finalists)
    #expect(finalists.map(\.name) == ["steady", "lucky"])
    let lucky = finalists[1]
    // The search saw 0.79; fresh seeds say 0.5.
    #expect(abs(lucky.search.mean - 0.7977) < 0.001)
    #expect(abs(try #require(lucky.confirmed).mean - 0.5015) < 1e-9)
    #expect(lucky.beats == false && (lucky.confirmedDelta?.high ?? 0) < 0)
    let steady = finalists[0]
    #expect(steady.confirmed?.n == 4)
    let (p, holm) = (try #require(steady.p), try #require(steady.holm))
    #expect(p < 0.01 && holm == 2 * p)
    // DPO's frontier reaches 0.6 at KL 1, where the candidate has 0.8.
    #expect(steady.beats == true && steady.outside == 0)
    #expect(abs(try #require(steady.atEqualKL).mean - 0.2) < 0.001)
    #expect(summary.hiddenMetric == "winrate")
    #expect(abs(try #require(steady.hidden).mean - 0.40075) < 1e-9)
    #expect(summary.front?.hypervolume != nil)
    #expect(summary.table.contains("Beats DPO at equal KL: steady."))
    #expect(
      fixture.evaluator.requests.filter { $0.metric == "frontier" }.map(\.name) == ["dpo"])
    // No proposer ever hears of the hidden metric or of fresh seeds.
    for request in fixture.proposer.requests {
      let told = request.exchanges.map(\.feedback).joined() + request.opening + request.system
      #expect(!told.contains("winrate") && !told.contains("confirm"))
    }
  }

  @Test("the confirmation, and it alone, measures untold prompts and continues DPO's frontier")
  func untold() throws {
    let fixture = try Self.confirming()
    fixture.config.search?.measuresUntold = true
    fixture.config.search?.rates = [2, 4]
    let summary = try fixture.start().summary
    #expect(summary.hiddenMetric == "winrate_untold")
    let steady = try #require(summary.finalists?.first)
    let confirmed = try #require(steady.confirmed)
    #expect(abs(try #require(steady.untold).mean - (confirmed.mean - 0.1)) < 1e-12)
    #expect(abs(try #require(steady.hidden).mean - (confirmed.mean / 2 - 0.1)) < 1e-12)
    // Of two losses on the same prompts the difference is that of η.
    #expect(
      abs(
        try #require(steady.untoldDelta).mean - (try #require(steady.confirmedDelta).mean)) < 1e-12)
    #expect(summary.table.contains("reward, untold prompts"))
    #expect(summary.table.contains("winrate, untold prompts"))
    for request in fixture.evaluator.requests {
      let isConfirmation = request.seeds.first == 1000
      #expect(request.measuresUntold == isConfirmation, "\(request)")
      #expect(request.rates == (request.metric == "frontier" ? [2, 4] : []))
    }
    #expect(summary.klCap == 20)
    // Nothing of it is told.
    for request in fixture.proposer.requests {
      let told = request.exchanges.map(\.feedback).joined() + request.opening + request.system
      #expect(!told.contains("untold"))
    }
    // A run of an older program has neither.
    let old = try Self.confirming().start().summary
    #expect(old.hiddenMetric == "winrate" && old.finalists?.first?.untold == nil)
    #expect(!old.table.contains("untold prompts"))
  }

  @Test("a finalist that fails on fresh seeds keeps its search result and has no confirmed number")
  func failingConfirmation() throws {
    let fixture = try Self.confirming([
      reply("fragile", "wobble 0.01 0.8|eta 0.6|diverge 4"), reply("b", "wobble 0.02 0.79"),
    ])
    let finalists = try #require(try fixture.start().summary.finalists)
    #expect(finalists[0].finding.verdict == .diverged(step: 4))
    #expect(finalists[0].confirmed == nil && finalists[0].p == nil && finalists[0].beats == nil)
    // It was a hypothesis all the same.
    #expect(finalists[1].holm == finalists[1].p.map { 2 * $0 } && finalists[0].holm == nil)
  }

  @Test("blind sampling asks as often, tells nothing, and shares what it can with the search")
  func blind() throws {
    let fixture = try Self.confirming()
    let search = try DiscoveryRun(in: try fixture.create(), parts: fixture.parts)
    var summary = try search.run().summary
    let before = fixture.evaluator.evaluations.count
    let directory = try DiscoveryRun.blindRival(of: search, clock: fixture.clock.clock)
    let blind = try DiscoveryRun(in: directory, parts: fixture.parts).run()
    #expect(blind.reason == .generations)
    let asked = fixture.proposer.requests.dropFirst(4)
    #expect(asked.map(\.index) == [0, 1, 2])
    #expect(asked.allSatisfy { $0.exchanges.isEmpty })
    // Baselines and DPO's confirmation are those of the search.
    #expect(
      fixture.evaluator.evaluations.dropFirst(before) == [
        "steady", "lucky", "third", "steady", "lucky",
      ])
    summary.compare(with: blind.summary)
    let sides = try #require(summary.equalBudget).sides
    #expect(sides.map(\.name) == ["search", "best-of-n"])
    #expect(sides.map(\.proposals) == [3, 3] && sides.map(\.trainings.task) == [9, 9])
    #expect(sides[0].confirmed == sides[1].confirmed)
  }

  // MARK: - Disturbances

  static func everything() throws -> RunFixture {
    let replies = [
      reply("a", "best 0.05 0.75|eta 0.55|wobble 0.02 0.7 #7,1"), "nonsense",
      reply("twin", "eta 0.7 #1,2"), reply("idle", "eta 0.9|eta 0.4|eta 0.9 #5,1"),
      reply("b", "wobble 0.04 0.74|eta 0.6|wobble 0.03 0.72 #9,1"),
      reply("c", "eta 0.3|eta 0.6|eta 0.3 #8,1"),
    ]
    return try RunFixture(replies) {
      $0.addStages()
      var plan = SearchPlan()
      plan.duplicates = .refused
      plan.tuning = [2000, 2001]
      plan.confirmation = [1000, 1001]
      plan.comparesAtEqualKL = true
      $0.search = plan
    }
  }

  @Test("a run with everything in it that was disturbed anywhere ends like one that was not")
  func disturbed() throws {
    let reference = try ResumeTests.Reference { try Self.everything() }
    #expect(reference.summary.finalists?.count == 2)
    #expect(reference.summary.stopped.count == 1 && reference.summary.failed.count == 2)
    let kinds = Set(reference.recorded.map(\.body.kind))
    for kind in [
      "catalogue-probed", "fingerprinted", "trial", "tuned", "extended", "confirmation-started",
      "confirmed",
    ] { #expect(kinds.contains(kind), "\(kind)") }
    let whole = try Self.everything()
    try whole.start()
    for last in 0..<reference.events {
      let fixture = try Self.everything()
      try FileManager.default.copyItem(at: whole.url, to: fixture.url)
      try truncateJournal(of: fixture.url, after: Int64(last))
      let replies = try fixture.events().filter { $0.body.kind == "received" }.count
      try expectSameEnd(fixture, reference, "killed after event \(last)")
      #expect(fixture.proposer.asked.first ?? replies == replies)
    }
    for moment in stride(from: 1, to: reference.observed, by: 9) {
      let fixture = try Self.everything()
      fixture.interruptAfter = moment
      #expect(try fixture.start().reason == .interrupted, "at \(moment)")
      fixture.interruptAfter = nil
      try expectSameEnd(fixture, reference, "interrupted at \(moment)")
    }
  }

  @Test("a request under way at a kill is booked as possibly paid, once for each kill")
  func possiblyPaid() throws {
    let whole = try Self.everything()
    try whole.start()
    let requests = try whole.events().filter { $0.body.kind == "requested" }
    let third = try #require(requests.dropFirst(2).first)
    let fixture = try Self.everything()
    try FileManager.default.copyItem(at: whole.url, to: fixture.url)
    try truncateJournal(of: fixture.url, after: third.id)
    let outcome = try fixture.goOn()
    #expect(outcome.summary.possiblyPaid == 1)
    // Asked once more, and no reply that was recorded is asked for again.
    #expect(fixture.proposer.asked.prefix(2) == [2, 3])
    #expect(try whole.goOn().summary.possiblyPaid == 0)
    // A request whose failure is known was not paid for.
    let failing = try Self.everything()
    failing.proposer.errors[1] = LossmithError(.endpoint, "No.")
    #expect(try failing.start().reason == .proposer)
    #expect(try failing.goOn().summary.possiblyPaid == 0)
  }

  @Test("a resumed run refuses other flags, and seeds never serve two ends")
  func flags() throws {
    let fixture = try Self.confirming()
    try fixture.start()
    var flags = RunFlags()
    flags.search = ["confirmation seeds": "9", "tuning": "off", "beats": "on"]
    let error = #expect(throws: LossmithError.self) {
      try RunDirectory.resume(at: fixture.url, flags: flags)
    }
    #expect(error?.message.contains("confirmation seeds is 4 in the run and 9 on") == true)
    #expect(error?.message.contains("tuning") == false)
    #expect(throws: LossmithError.self) {
      try Self.fixture([]) { $0.confirmation = [2, 1000] }.create()
    }
  }
}
