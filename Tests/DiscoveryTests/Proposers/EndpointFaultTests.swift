import Foundation
import Losses
import Testing

@testable import Discovery

/// Whole runs against a server that misbehaves: each fault ends in its typed outcome, and nothing that
/// the run leaves behind or says holds the key.
@Suite("Endpoint faults")
struct EndpointFaultTests {
  private struct Ended {
    var outcome: DiscoveryRun.Outcome
    var requests: Int
    /// All that the run left behind and said.
    var traces: Data
    var folders: [String]
  }

  /// A run against a server; the last step repeats.
  private func run(
    _ steps: [ScriptedServer.Step], retries: Int = 1, total: Double = Chat.limits.total,
    generations: Int = 1,
    resamples: Int = 0, breaker: Int = 10
  ) throws -> Ended {
    let server = ScriptedServer(steps)
    defer { server.stop() }
    let fixture = try RunFixture([]) {
      $0.generations = generations
      $0.resamples = resamples
      $0.breaker = breaker
    }
    var limits = Chat.limits
    limits.total = total
    let proposer = LLMProposer(
      endpoint: try Chat.endpoint(server.url, limits: limits),
      retry: RetryPolicy(retries: retries), sleep: { _ in true })
    var said = ""
    proposer.notice = { said += $0 + "\n" }
    var parts = fixture.parts
    parts.proposer = proposer
    let outcome = try DiscoveryRun(in: try fixture.create(), parts: parts).run()
    said += fixture.progress.map { "\($0)" }.joined(separator: "\n")
    said += "\(outcome.error?.description ?? "") \(outcome.summary.table)"
    var traces = Data(said.utf8)
    for path in try FileManager.default.subpathsOfDirectory(atPath: fixture.url.path) {
      traces += Data(path.utf8)
      traces +=
        FileManager.default.contents(atPath: fixture.url.appending(path: path).path) ?? Data()
    }
    let candidates = fixture.url.appending(path: "candidates").path
    // A server that stalls may not have read yet what was sent before the client gave up.
    if case .stall? = steps.last {
      for _ in 0..<6000 where server.received.count <= retries { usleep(10_000) }
    }
    return Ended(
      outcome: outcome, requests: server.received.count, traces: traces,
      folders: (try? FileManager.default.contentsOfDirectory(atPath: candidates))?.sorted() ?? [])
  }

  /// A run whose requests are limited, begun or taken up again against a server.
  private func limited(
    _ fixture: RunFixture, _ url: String, retries: Int, raise: Budget? = nil,
    total: Double = Chat.limits.total, prices: PriceBook? = nil
  ) throws -> DiscoveryRun.Outcome {
    var limits = Chat.limits
    limits.total = total
    var parts = fixture.parts
    parts.proposer = LLMProposer(
      endpoint: try Chat.endpoint(url, limits: limits), prices: prices,
      retry: RetryPolicy(retries: retries), sleep: { _ in true })
    let isThere = FileManager.default.fileExists(atPath: fixture.url.path)
    return try DiscoveryRun(
      in: isThere ? try fixture.resume() : try fixture.create(), parts: parts, raise: raise
    ).run()
  }

  @Test("A server that only fails is asked as often as the budget says, over all sessions")
  func failuresAreBooked() throws {
    let server = ScriptedServer(.respond(status: 500, body: "{}"))
    defer { server.stop() }
    let fixture = try RunFixture([]) { $0.budget = Budget(calls: 3) }
    let outcome = try limited(fixture, server.url, retries: 4)
    #expect(outcome.reason == .budgetCalls && outcome.exitStatus == .success)
    #expect(outcome.summary.ledger?.calls == 3 && server.received.count == 3)
    #expect(outcome.summary.ledger?.possiblyPaid == 0)
    #expect(outcome.summary.cause?.contains("status 500") == true)
    #expect(try limited(fixture, server.url, retries: 4).reason == .budgetCalls)
    #expect(server.received.count == 3)
    // With more to spend the retries end it, and the ledger has all requests.
    let more = try limited(fixture, server.url, retries: 1, raise: Budget(calls: 9))
    #expect(more.reason == .proposer)
    #expect(server.received.count == 5 && more.summary.ledger?.calls == 5)
    #expect(more.summary.table.contains("Endpoint: 5 calls"))
  }

  @Test("A stream that is cut may be paid for, and counts against every budget")
  func cutsAreBooked() throws {
    let cut = ScriptedServer.Step.respond(
      status: 200, headers: ["Content-Type": "text/event-stream"],
      body: #"data: {"choices":[{"delta":{"content":"x"}}]}"# + "\n\n")
    let good = (1...9).map { Self.chat(reply("l\($0)", "eta 0.7\($0)")) }
    let server = ScriptedServer(good.flatMap { [cut, $0] })
    defer { server.stop() }
    let prices = PriceBook(models: ["small": .init(input: 0, output: 1e6)])
    let fixture = try RunFixture([]) { $0.budget = Budget(calls: 5) }
    let outcome = try limited(fixture, server.url, retries: 4, prices: prices)
    #expect(outcome.reason == .budgetCalls)
    #expect(server.received.count == 5)
    let ledger = try #require(outcome.summary.ledger)
    #expect(ledger.calls == 5 && ledger.possiblyPaid == 3)
    let row = try #require(ledger.models.first)
    #expect(row.replies == 2 && row.failed == 3)
    // Each as dear as the reply that came then, the last as dear as the dearest.
    #expect(abs((ledger.usd ?? 0) - (row.usd ?? 0) * 2.5) < 1e-9)
    #expect((row.usd ?? 0) > 10)
  }

  @Test("What a time-out may have cost ends a budget of tokens before any reply came")
  func timeoutsAreBooked() throws {
    let stall = ScriptedServer(.stall)
    defer { stall.stop() }
    let fixture = try RunFixture([]) { $0.budget = Budget(tokens: 30) }
    let outcome = try limited(fixture, stall.url, retries: 50, total: Chat.stall)
    #expect(outcome.reason == .budgetTokens)
    #expect((outcome.summary.ledger?.tokens ?? 0) > 30)
    let attempts = try fixture.events().compactMap { event -> JournalEvent.Attempt? in
      if case .attempted(let attempt) = event.body { attempt } else { nil }
    }
    #expect(attempts.allSatisfy { $0.outcome == .timeout && $0.mayBePaid })
    #expect(attempts.count == outcome.summary.ledger?.possiblyPaid)
    // Where nobody listens, nothing was sent: the retries end it.
    let other = try RunFixture([]) { $0.budget = Budget(tokens: 30) }
    let unreachable = try limited(other, Chat.nowhere, retries: 5)
    #expect(unreachable.reason == .proposer)
    #expect(unreachable.summary.ledger?.tokens == 0)
    #expect(unreachable.summary.ledger?.calls == 6)
  }

  private static let secretError = #"{"error":{"message":"bad key \#(Chat.secret)"}}"#

  @Test("A fault of the endpoint stops the run with its cause, after as many tries as it deserves")
  func stopping() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    let page = ["Content-Type": "text/html"]
    let cases: [(step: ScriptedServer.Step, words: String, tries: Int)] = [
      (.respond(status: 401, body: Self.secretError), "status 401", 1),
      (.respond(status: 403, body: Self.secretError), "status 403", 1),
      (.respond(status: 404, body: Self.secretError), "status 404", 1),
      (.respond(status: 429, headers: ["Retry-After": "3"], body: Self.secretError), "429", 2),
      (.respond(status: 429, body: Self.secretError), "status 429", 2),
      (
        .respond(
          status: 429, headers: ["Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"], body: "{}"),
        "status 429", 1
      ),
      (.respond(status: 500, body: Self.secretError), "status 500", 2),
      (.respond(status: 200, headers: page, body: "<html>\(Chat.secret)"), "text/html", 1),
      (.respond(status: 200, body: #"{"choices":[]}"#), "empty list", 2),
      (.raw(Array((head + #"{"choices":[{"mess"#).utf8)), "bytes", 2),
      (
        .respond(
          status: 200, headers: ["Content-Type": "text/event-stream"],
          body: #"data: {"choices":[{"delta":{"content":"x"}}]}"# + "\n\n"), "broke off", 2
      ),
      (.flood(bytes: 50 << 20), "more than 1048576 bytes", 1),
      (.raw([0xFF, 0xFE, 0x00, 0x80]), "HTTP", 2),
    ]
    for (step, words, tries) in cases {
      let ended = try run([step])
      #expect(ended.outcome.reason == .proposer, "\(words)")
      #expect(ended.outcome.exitStatus == .environment)
      #expect(ended.outcome.error?.code == .endpoint)
      #expect(ended.outcome.error?.message.contains(words) == true, "\(words)")
      #expect(ended.outcome.error?.remedy?.isEmpty == false)
      #expect(ended.outcome.summary.proposals == 0)
      #expect(ended.requests == tries, "\(words)")
      #expect(ended.traces.range(of: Data(Chat.secret.utf8)) == nil, "\(words)")
    }
  }

  @Test("A stall ends at the time limit, and is tried again")
  func stall() throws {
    let ended = try run([.stall], total: Chat.stall)
    #expect(ended.outcome.reason == .proposer)
    #expect(ended.outcome.error?.message.contains("imed out") == true)
    #expect(ended.requests == 2)
  }

  private static func chat(_ content: String, extra: [String: Any] = [:]) -> ScriptedServer.Step {
    var message: [String: Any] = ["role": "assistant", "content": content]
    message.merge(extra) { $1 }
    let answer: [String: Any] = ["choices": [["message": message, "finish_reason": "stop"]]]
    let body = (try? JSONSerialization.data(withJSONObject: answer)) ?? Data()
    return .respond(status: 200, body: String(decoding: body, as: UTF8.self))
  }

  @Test("What a model writes ends in a verdict of its own, or is read where it can be")
  func replies() throws {
    let good = reply("good", "eta 0.7")
    let invalid =
      Array(#"HTTP/1.1 200 OK\#r\#n\#r\#n{"choices":[{"message":{"content":"a"#.utf8)
      + [0xC3, 0x28, 0xF0] + Array(#""}}]}"#.utf8)
    let cases: [(step: ScriptedServer.Step, verdict: String?, words: String)] = [
      (Self.chat(""), "rejected(parse)", "empty"),
      (Self.chat("I will not."), "rejected(parse)", "no JSON object"),
      (Self.chat("", extra: ["refusal": "I can't help"]), "rejected(parse)", "declined"),
      (.raw(invalid), "rejected(parse)", "no JSON object"),
      (Self.chat(#"{"thought":"t","name":"n"}"#), "rejected(parse)", "no “code”"),
      (Self.chat("```json\n\(good)\n```"), nil, ""),
      (Self.chat("Here:\n\(good)\nEnjoy."), nil, ""),
      (
        Self.chat("{\"thought\":\"t\",\"name\":\"good\"}\n```swift\neta 0.7\n```"), nil, ""
      ),
    ]
    for (step, verdict, words) in cases {
      let ended = try run([step])
      #expect(ended.outcome.reason == .generations)
      let failed = ended.outcome.summary.failed.first
      #expect(failed?.finding.verdict.description == verdict)
      if verdict == nil {
        #expect(ended.outcome.summary.measured.contains { $0.name == "good" })
      } else {
        #expect(failed?.finding.message.contains(words) == true, "\(failed?.finding.message ?? "")")
        #expect(failed?.finding.remedy.isEmpty == false)
      }
    }
  }

  @Test("A name is never a path, and the same name twice makes two losses")
  func names() throws {
    let names = [
      "../../../etc/passwd", "/tmp/x", "..", ".", "a/b\\c", "same", "same", "SAME", "",
      "con\u{0}trol\u{1B}[31m", String(repeating: "n", count: 5000), "naïve 名",
    ]
    let steps = names.enumerated().map { index, name in
      Self.chat(reply(name, "eta 0.7\(index)"))
    }
    let ended = try run(steps, generations: names.count)
    #expect(ended.outcome.summary.proposals == names.count)
    #expect(ended.folders.count == names.count)
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
    #expect(ended.folders.allSatisfy { $0.count < 70 && $0.allSatisfy(allowed.contains) })
    let shown = ended.outcome.summary.measured.filter { !$0.origin.isBaseline }.map(\.name)
    #expect(Set(shown).count == names.count)
    #expect(Set(shown).isSuperset(of: ["etc-passwd", "tmp-x", "same", "same-2", "same-3"]))
  }

  @Test("A model that is told the key does not get it into the run's files")
  func quotedKey() throws {
    let ended = try run([Self.chat(reply("leak", "eta 0.7", thought: "Key \(Chat.secret)?"))])
    #expect(ended.outcome.summary.measured.contains { $0.name == "leak" })
    #expect(ended.traces.range(of: Data(Chat.secret.utf8)) == nil)
    #expect(ended.traces.range(of: Data("Key [key]?".utf8)) != nil)
  }

  @Test("Nor is it there in the escapes of JSON, and the parser does not bring it back")
  func escapedKey() throws {
    let escaped = Chat.secret.utf16.map { String(format: "\\u%04X", $0) }.joined()
    let half = "Zx9quite\\u002dunlike-anything\\u002Eelse"
    let answer =
      #"{"thought":"\#(escaped) or \#(half)","name":"leak \#(escaped)","code":"eta 0.7"}"#
    let ended = try run([Self.chat(answer)])
    #expect(ended.outcome.summary.measured.contains { $0.name == "leak-key" })
    #expect(ended.traces.range(of: Data(Chat.secret.utf8)) == nil)
    #expect(ended.traces.range(of: Data(escaped.utf8)) == nil)
    #expect(ended.traces.range(of: Data(half.utf8)) == nil)
    #expect(ended.traces.range(of: Data("[key] or [key]".utf8)) != nil)
  }

  @Test("What reading a reply puts together is cleaned as the reply was")
  func joinedKey() throws {
    // Code on one line that spells its line breaks out is unescaped once more.
    let fixture = try RunFixture([
      #"{"thought":"ab\u0022cd","name":"ab\u0022cd","code":"// ab\\\"cd\\neta 0.7"}"#
    ])
    fixture.proposer.secret = "ab\"cd"
    try fixture.start()
    let proposal = try #require(try RunState.fold(try fixture.events()).candidates[0].proposal)
    #expect(proposal.thought == "[key]" && proposal.name == "[key]")
    #expect(proposal.code == "// [key]\neta 0.7")
  }

  @Test("A model that never writes a loss stops the run at the breaker, with the first cause")
  func breaker() throws {
    let ended = try run([Self.chat("No.")], generations: 50, breaker: 4)
    #expect(ended.outcome.reason == .breaker)
    #expect(ended.requests == 4)
    #expect(ended.outcome.error?.message.contains("rejected(parse)") == true)
  }
}
