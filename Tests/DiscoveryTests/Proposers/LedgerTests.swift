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

  /// Nine replies of a model that takes 13 tokens and a quarter of a dollar each.
  private func fixture(
    _ configure: @escaping (inout RunConfig) -> Void = { _ in }
  ) throws -> RunFixture {
    let fixture = try RunFixture(
      (0..<9).map { reply("l\($0)", "eta 0.7\($0)") }, configure: configure)
    fixture.proposer.book = {
      $0.model = "m"
      $0.calls = 2
      $0.cost = 0.25
    }
    return fixture
  }

  @Test(
    "A budget stops the run before it is exceeded, says so, and is no failure",
    arguments: [
      (Budget(usd: 1), StopReason.budgetUSD, 4), (Budget(usd: 1.2), .budgetUSD, 4),
      (Budget(tokens: 40), .budgetTokens, 3), (Budget(tokens: 13), .budgetTokens, 1),
      (Budget(calls: 6), .budgetCalls, 3), (Budget(calls: 5), .budgetCalls, 3),
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
    let fixture = try fixture()
    try fixture.start()
    let events = try fixture.events()
    let second = events.filter { $0.body.kind == "requested" }[1]
    try truncateJournal(of: fixture.url, after: second.id)
    let outcome = try fixture.goOn()
    let ledger = try #require(outcome.summary.ledger)
    #expect(ledger.possiblyPaid == 1)
    #expect(ledger.calls == 9 * 2 + 1)
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

  @Test("Runs without a model have no ledger")
  func none() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    #expect(try fixture.start().summary.ledger == nil)
  }
}
