import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Ledger, prices and budgets")
struct LedgerTests {
  private func failure(_ text: String) -> LossmithError? {
    do {
      _ = try PriceBook(text: text, path: "p.yaml")
      return nil
    } catch {
      return error
    }
  }

  @Test("A price file is YAML or JSON, with a price for all others if wanted")
  func prices() throws {
    let yaml = """
      models:
        large-1: {input: 3, cached_input: 0.3, output: 15}
        llama3:8b:
          input: 0
          output: 0.5e0
      default: {input: 1, output: 2}
      """
    let book = try PriceBook(text: yaml, path: "p")
    #expect(book.price(of: "large-1") == .init(input: 3, output: 15, cachedInput: 0.3))
    #expect(book.price(of: "llama3:8b") == .init(input: 0, output: 0.5))
    #expect(book.price(of: "other") == .init(input: 1, output: 2))
    let json = try PriceBook(text: #"{"models": {"a": {"input": 1, "output": 2}}}"#, path: "p")
    #expect(json.price(of: "a") == .init(input: 1, output: 2))
    #expect(json.price(of: "b") == nil)
    var reply = ProposalReply(text: "", source: "", promptTokens: 1000, completionTokens: 100)
    reply.model = "large-1"
    reply.cachedTokens = 600
    let cost = try #require(book.cost(of: reply))
    // 400 new tokens, 600 from the cache, 100 written.
    #expect(abs(cost - 0.00288) < 1e-12)
    #expect(json.cost(of: reply) == nil)
  }

  @Test("A file that is no price file is refused with its line")
  func badPrices() {
    let cases: [(String, line: String)] = [
      ("", "p.yaml"), ("models: {", "p.yaml"), ("- a", "p.yaml:1"),
      ("models:\n  a: {input: 1}", "p.yaml:2"),
      ("models:\n  a: {input: -1, output: 2}", "p.yaml:2"),
      ("models:\n  a: {input: .nan, output: 2}", "p.yaml:2"),
      ("models:\n  a: {input: 1, output: 2, fee: 3}", "p.yaml:2"),
      ("modles:\n  a: {input: 1, output: 2}", "p.yaml:1"),
      ("models:\n  a: {input: 1, output: 2}\n  a: {input: 1, output: 2}", "p.yaml:"),
      ("models: {}", "p.yaml"),
    ]
    for (text, line) in cases {
      let error = failure(text)
      #expect(error?.code == .malformedInput, "\(text)")
      #expect(error?.location?.hasPrefix(line) == true, "\(text): \(error?.location ?? "")")
      #expect(error?.remedy?.isEmpty == false)
    }
  }

  @Test("What a server puts into its cache costs more than plain input")
  func cacheWrites() throws {
    let text = "models:\n  a: {input: 4, cached_input: 1, output: 10}\n"
    let named = "models:\n  a: {input: 4, cache_write: 8, output: 10}\n"
    var reply = ProposalReply(text: "", source: "", promptTokens: 1000, completionTokens: 100)
    reply.model = "a"
    reply.cachedTokens = 300
    reply.cacheWriteTokens = 200
    // 500 new, 300 read, 200 written at 1.25 times the price, 100 of the reply.
    let usual = try #require(try PriceBook(text: text, path: "p").cost(of: reply))
    #expect(abs(usual - (500 * 4 + 300 + 200 * 5 + 100 * 10) / 1e6) < 1e-12)
    let own = try #require(try PriceBook(text: named, path: "p").cost(of: reply))
    #expect(abs(own - (500 * 4 + 300 * 4 + 200 * 8 + 100 * 10) / 1e6) < 1e-12)
    reply.cacheWriteTokens = nil
    let none = try #require(try PriceBook(text: text, path: "p").cost(of: reply))
    #expect(abs(none - (700 * 4 + 300 + 100 * 10) / 1e6) < 1e-12)
  }

  private static let refused = JournalEvent.Attempt(
    outcome: .refused, status: 500, model: "m", mayBePaid: false, cause: "status 500")
  private static let timeout = JournalEvent.Attempt(
    outcome: .timeout, model: "m", mayBePaid: true, promptTokens: 9, cost: 0.1, cause: "timed out")

  /// Nine replies of a model that takes 13 tokens and a quarter of a dollar each, after one request
  /// that the server refuses.
  private func fixture(
    _ configure: @escaping (inout RunConfig) -> Void = { _ in }
  ) throws -> RunFixture {
    let fixture = try RunFixture(
      (0..<9).map { reply("l\($0)", "eta 0.7\($0)") }, configure: configure)
    fixture.proposer.book = {
      $0.model = "m"
      $0.calls = 1
      $0.cost = 0.25
    }
    fixture.proposer.attempts = [Self.refused]
    return fixture
  }

  @Test(
    "A budget stops the run before it is exceeded, says so, and is no failure",
    arguments: [
      (Budget(usd: 1), StopReason.budgetUSD, 4), (Budget(usd: 1.2), .budgetUSD, 4),
      (Budget(tokens: 40), .budgetTokens, 3), (Budget(tokens: 13), .budgetTokens, 1),
      (Budget(calls: 6), .budgetCalls, 3),
    ])
  func budgets(budget: Budget, reason: StopReason, replies: Int) throws {
    let fixture = try fixture { $0.budget = budget }
    let outcome = try fixture.start()
    #expect(outcome.reason == reason)
    #expect(outcome.exitStatus == .success)
    #expect(fixture.proposer.asked.count == replies)
    let ledger = try #require(outcome.summary.ledger)
    #expect(ledger.usd == 0.25 * Double(replies))
    #expect(ledger.tokens == 13 * replies)
    #expect(ledger.calls == 2 * replies)
    #expect(ledger.models.map(\.model) == ["m"])
    #expect(ledger.models.first?.measured == replies)
    #expect(outcome.summary.table.contains("Endpoint: \(2 * replies) calls"))
    #expect(outcome.summary.stop == reason)
    // Without a budget all nine are asked for: it was the budget that stopped it.
    #expect(try self.fixture().start().reason == .exhausted)
  }

  @Test("No request is made beyond the budget, be it the second one for a reply")
  func withinReply() throws {
    let fixture = try fixture { $0.budget = Budget(calls: 5) }
    let outcome = try fixture.start()
    #expect(outcome.reason == .budgetCalls)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.summary.ledger?.calls == 5)
    #expect(outcome.summary.ledger?.models.map(\.replies) == [2])
    #expect(outcome.summary.ledger?.models.map(\.failed) == [3])
    #expect(outcome.summary.cause == "status 500")
    // The third reply was asked for once, and is asked for again when there is money.
    #expect(try fixture.goOn().summary.ledger?.calls == 5)
    let more = try DiscoveryRun(
      in: try fixture.resume(), parts: fixture.parts, raise: Budget(calls: 7)
    ).run()
    #expect(more.summary.ledger?.models.map(\.replies) == [3])
    #expect(more.summary.ledger?.calls == 7)
    let kinds = try fixture.events().map(\.body.kind)
    // The second tries of three replies, and the first after the pause, are repeated.
    for (kind, count) in [("requested", 3), ("attempted", 4), ("repeated", 4)] {
      #expect(kinds.filter { $0 == kind }.count == count, "\(kind)")
    }
  }

  @Test("A request that timed out may be paid for, at the price of the reply that came then")
  func timeouts() throws {
    let fixture = try fixture { $0.generations = 2 }
    fixture.proposer.attempts = [Self.refused, Self.timeout]
    let ledger = try #require(try fixture.start().summary.ledger)
    #expect(ledger.calls == 6 && ledger.possiblyPaid == 2)
    #expect(ledger.tokens == 4 * 13)
    #expect(ledger.usd == 4 * 0.25)
    #expect(ledger.models.map(\.usd) == [2 * 0.25])

    // Before any reply it is the prompt alone, then at least the dearest reply.
    let state = { (attempts: [JournalEvent.Attempt]) in
      var state = RunState()
      state.attempts = attempts
      return state
    }
    #expect(Ledger(of: state([Self.timeout])).tokens == 9)
    #expect(Ledger(of: state([Self.timeout])).usd == 0.1)
    #expect(Ledger(of: state([Self.refused])).usd == 0)
    #expect(Budget(usd: 0.15).stop(after: state([Self.timeout])) == nil)
    #expect(Budget(usd: 0.15).stop(after: state([Self.timeout, Self.timeout])) == .budgetUSD)
    #expect(Budget(tokens: 17).stop(after: state([Self.timeout, Self.timeout])) == .budgetTokens)
  }

  @Test("A budget in dollars ends the asking once a reply has no price; prices given later count")
  func unpriced() throws {
    let unpriced = try fixture { $0.budget = Budget(usd: 100) }
    unpriced.proposer.book = { $0.model = "m" }
    let outcome = try unpriced.start()
    #expect(outcome.reason == .budgetUSD)
    #expect(unpriced.proposer.asked == [0])
    #expect(outcome.summary.cause?.contains("no price") == true)

    var parts = unpriced.parts
    parts.prices = PriceBook(models: ["m": .init(input: 1e6, output: 0)])
    let more = try DiscoveryRun(in: try unpriced.resume(), parts: parts).run()
    // Ten dollars a reply.
    #expect(more.reason == .exhausted)
    #expect(more.summary.ledger?.usd == 90)
    #expect(try unpriced.goOn().summary.ledger?.usd == 90)
  }

  @Test("A later session may raise a budget, and its limits hold from there on")
  func raised() throws {
    let fixture = try fixture { $0.budget = Budget(calls: 4) }
    #expect(try fixture.start().reason == .budgetCalls)
    #expect(try fixture.goOn().reason == .budgetCalls)
    #expect(fixture.proposer.asked.count == 2)
    let more = try DiscoveryRun(
      in: try fixture.resume(), parts: fixture.parts, raise: Budget(calls: 10)
    ).run()
    #expect(more.reason == .budgetCalls)
    #expect(fixture.proposer.asked.count == 5)
    // The raised limit is in the journal: a session that names none keeps it.
    #expect(try fixture.goOn().reason == .budgetCalls)
    #expect(fixture.proposer.asked.count == 5)
  }

  @Test("Minutes may be raised as well, although they are a run's end")
  func raisedMinutes() throws {
    let fixture = try fixture { $0.minutes = 5 }
    let clock = fixture.clock
    fixture.evaluator.onEvaluation = { _ in clock.advance(by: 61) }
    #expect(try fixture.start().reason == .minutes)
    #expect(try fixture.goOn().reason == .minutes)
    #expect(fixture.proposer.asked.count == 3)
    let more = try DiscoveryRun(
      in: try fixture.resume(), parts: fixture.parts, raise: Budget(minutes: 7)
    ).run()
    #expect(more.reason == .minutes)
    #expect(fixture.proposer.asked.count == 5)
    #expect(throws: LossmithError.self) {
      _ = try DiscoveryRun(
        in: try fixture.resume(), parts: fixture.parts, raise: Budget(minutes: -1))
    }
  }

  @Test("Finalists get their seeds when money ends a run")
  func finalists() throws {
    let fixture = try fixture {
      $0.addStages()
      $0.budget = Budget(calls: 6)
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .budgetCalls)
    #expect(try fixture.events().contains { $0.body.kind == "extended" })
    #expect(outcome.summary.finalists?.map(\.name) == ["l2"])
    #expect(outcome.summary.raced?.map(\.name) == ["l0", "l1"])
  }

  @Test("What fresh seeds say is in the summary and in the table when money ends a run")
  func confirmation() throws {
    let fixture = try fixture {
      $0.finalists = 1
      $0.budget = Budget(calls: 6)
      var plan = SearchPlan()
      plan.confirmation = [1000, 1001]
      $0.search = plan
    }
    let outcome = try fixture.start()
    #expect(outcome.reason == .budgetCalls)
    let finalist = try #require(outcome.summary.finalists?.first)
    #expect(finalist.name == "l2" && finalist.confirmed?.n == 2 && finalist.holm != nil)
    #expect(outcome.summary.table.contains("measured again on seeds that no selection saw"))
  }

  @Test("A request under way at a kill is booked as possibly paid, and counts")
  func possiblyPaid() throws {
    let fixture = try fixture { $0.generations = 9 }
    try fixture.start()
    let events = try fixture.events()
    let second = events.filter { $0.body.kind == "requested" }[1]
    try truncateJournal(of: fixture.url, after: second.id)
    let outcome = try fixture.goOn()
    let ledger = try #require(outcome.summary.ledger)
    #expect(ledger.possiblyPaid == 1)
    #expect(ledger.calls == 9 * 2 + 1)
    #expect(try fixture.events().contains { $0.body.kind == "repeated" })
    #expect(ledger.tokens == 10 * 13)
    #expect(ledger.usd == 10 * 0.25)
    #expect(ledger.line.contains("1 possibly paid"))
    // Once more after the end: nothing was under way, so nothing is added.
    #expect(try fixture.goOn().summary.ledger == ledger)
  }

  @Test("An interruption while a reply is awaited is booked; a fault that the server told is not")
  func interruptedRequest() throws {
    let fixture = try fixture()
    fixture.proposer.errors = [1: LossmithError(.interrupted, "Ctrl-C")]
    try fixture.start()
    fixture.proposer.errors = [3: LossmithError(.endpoint, "500")]
    #expect(try fixture.goOn().reason == .proposer)
    #expect(try fixture.goOn().summary.ledger?.possiblyPaid == 1)
  }

  @Test("Nothing is lost by a kill between two requests; one under way is, each time")
  func killsWithinReply() throws {
    func ledger(after last: [String]) throws -> Ledger? {
      let fixture = try fixture { $0.generations = 2 }
      try fixture.start()
      let events = try fixture.events()
      let start = try #require(events.first { $0.body.kind == "requested" }).id
      let row = try #require(events.first { $0.id > start && $0.body.kind == last[0] })
      try truncateJournal(of: fixture.url, after: row.id)
      for kind in last.dropFirst() {
        try fixture.goOn()
        let again = try #require(
          try fixture.events().first { $0.id > row.id && $0.body.kind == kind })
        try truncateJournal(of: fixture.url, after: again.id)
      }
      return try fixture.goOn().summary.ledger
    }
    let calm = try fixture { $0.generations = 2 }.start().summary.ledger
    #expect(calm?.calls == 4 && calm?.possiblyPaid == 0)
    // The attempt that was on record, and then all four again.
    #expect(try ledger(after: ["attempted"])?.calls == 5)
    #expect(try ledger(after: ["attempted"])?.possiblyPaid == 0)
    #expect(try ledger(after: ["repeated"])?.possiblyPaid == 1)
    #expect(try ledger(after: ["repeated", "repeated"])?.possiblyPaid == 2)
    // Killed after it was resumed and before anything was sent.
    #expect(try ledger(after: ["repeated", "resumed"])?.possiblyPaid == 1)
  }

  @Test("Nothing is booked where Ctrl-C came before the request went out")
  func interruptedBefore() throws {
    let calm = try fixture { $0.generations = 1 }
    try calm.start()
    let asking = try #require(calm.progress.firstIndex { $0.stage == .propose })
    let fixture = try fixture { $0.generations = 1 }
    fixture.interruptAfter = asking + 1
    #expect(try fixture.start().reason == .interrupted)
    #expect(fixture.progress.dropLast().last?.stage == .propose)
    #expect(fixture.proposer.asked.isEmpty)
    #expect(try fixture.events().last?.body.kind == "stopped")
    #expect(!(try fixture.events().contains { $0.body.kind == "requested" }))
    fixture.interruptAfter = nil
    #expect(try fixture.goOn().summary.ledger?.possiblyPaid == 0)
  }

  @Test(
    "A journal of an older program counts as it did: calls with the reply, each kill in a request")
  func olderJournal() throws {
    let session = [JournalEvent.Body.resumed(.init(environment: [:], inFlight: nil, budget: nil))]
    var reply = ProposalReply(text: "x", source: "s", promptTokens: 10, completionTokens: 3)
    (reply.model, reply.calls, reply.cost) = ("m", 3, 0.5)
    let stop = JournalEvent.Body.stopped(.init(reason: .proposer, cause: "500"))
    func ledger(_ between: [JournalEvent.Body]) throws -> Ledger {
      let bodies =
        [.runStarted(.init(environment: [:], inFlight: nil, budget: nil)), .requested] + between
        + [.received(reply)]
      let events = try bodies.enumerated().map { index, body in
        // As it stands in the file.
        JournalEvent(
          id: Int64(index + 1), time: "", elapsed: 0,
          place: .init(generation: 1, attempt: 0, candidate: 1),
          body: try JournalEvent.Body(kind: body.kind, payload: try body.payload()))
      }
      return Ledger(of: try RunState.fold(events))
    }
    #expect(try ledger([]).calls == 3)
    #expect(try ledger(session).calls == 4)
    #expect(try ledger(session + session).possiblyPaid == 2)
    #expect(try ledger([stop] + session).possiblyPaid == 0)
    #expect(try ledger([stop] + session + session).possiblyPaid == 1)
    #expect(try ledger(session).usd == 1)
  }

  @Test("Runs without a model have no ledger")
  func none() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    #expect(try fixture.start().summary.ledger == nil)
  }
}
