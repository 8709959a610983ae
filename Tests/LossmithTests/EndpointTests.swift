import Discovery
import FlyingFox
import FlyingSocks
import Foundation
import Losses
import Synchronization
import Testing

/// Discovery has one of its own.
private typealias HTTPResponse = FlyingFox.HTTPResponse

/// The program against an HTTP server on loopback that speaks the chat protocol.
@Suite(.serialized) struct EndpointTests {
  /// Runs the program while a server answers every request in turn; the last answer repeats.
  private func discover(
    _ answers: [HTTPResponse], _ arguments: [String], key: String? = "sk-test-0123456789",
    in given: TemporaryFolder? = nil, query: String = "", then resumed: [String]? = nil
  ) async throws -> (result: Program.Result, bodies: [String], keys: [String?]) {
    let seen = Mutex<(bodies: [String], keys: [String?])>(([], []))
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 300, logger: .disabled)
    await server.appendRoute("POST /v1/chat/completions") { request in
      let body = String(decoding: try await request.bodyData, as: UTF8.self)
      return seen.withLock { seen in
        seen.bodies.append(body)
        seen.keys.append(request.headers[.authorization])
        return answers[min(seen.bodies.count, answers.count) - 1]
      }
    }
    let running = Task { try await server.run() }
    defer { running.cancel() }
    try await server.waitUntilListening(timeout: 120)
    guard case .ip4(_, let port)? = await server.listeningAddress else {
      throw LossmithError(.hostFault, "the server has no port")
    }
    let folder = try given ?? TemporaryFolder()
    var result = try await Program.run(
      [
        "discover", "--json", "--proposer", "llm", "--base-url",
        "http://127.0.0.1:\(port)/v1\(query)",
        "--model", "test-model", "--task", "bandit", "--seeds", "2", "--out",
        folder.url.appendingPathComponent("run").path,
      ] + arguments, environment: key.map { ["LOSSMITH_API_KEY": $0] } ?? [:])
    if let resumed {
      result = try await Program.run(
        ["discover", "--json"]
          + resumed.map { $0.replacingOccurrences(of: "PORT", with: "\(port)") },
        environment: key.map { ["LOSSMITH_API_KEY": $0] } ?? [:])
    }
    return seen.withLock { (result, $0.bodies, $0.keys) }
  }

  /// An answer of the chat protocol.
  private func chat(_ content: String) throws -> HTTPResponse {
    struct Answer: Encodable {
      struct Message: Encodable {
        var role = "assistant"
        var content: String
      }
      struct Choice: Encodable {
        var index = 0
        var message: Message
        var finish_reason = "stop"
      }
      var choices: [Choice]
    }
    return HTTPResponse(
      statusCode: .ok, headers: [.contentType: "application/json"],
      body: try JSON.encode(Answer(choices: [.init(message: .init(content: content))])))
  }

  /// A loss that has its slope from none of the catalogue.
  private static let squared =
    "softplus(-tunables.beta * batch.margin) * softplus(-tunables.beta * batch.margin)"

  private func proposal(_ name: String, _ body: String) throws -> String {
    struct Proposal: Encodable {
      var thought = "Try this."
      var name: String
      var code: String
    }
    let code =
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {\n  \(body)\n}\n"
    return try JSON.text(Proposal(name: name, code: code))
  }

  @Test("a model's proposals are built, measured and fed back; what is no proposal is resampled")
  func conversation() async throws {
    let (result, bodies, keys) = try await discover(
      [
        try chat("I would rather talk about something else."),
        try chat(
          "Sure!\n```json\n\(try proposal("half", "softplus(-tunables.beta * batch.margin / 2)"))\n```"
        ),
        try chat(try proposal("broken", "softplus(-tunables.beta * batch.margins)")),
        try chat(try proposal("squared", Self.squared)),
      ], ["--generations", "2"])
    try #require(result.status == 0, "\(result.errors)")
    let summary = try JSON.decode(DiscoverTests.Summary.self, from: Data(result.output.utf8))
    #expect(Set(summary.candidates.map(\.name)) == ["half", "squared"])
    #expect(summary.failed.map(\.finding.verdict) == ["rejected(parse)", "rejected(compile)"])
    #expect(bodies.count == 4)
    #expect(keys.allSatisfy { $0 == "Bearer sk-test-0123456789" })
    // LossKit's manual and the measured baselines are in the prompt; results come back as feedback.
    #expect(bodies[0].contains("standardDeviation") && bodies[0].contains("kto-pair"))
    #expect(bodies[2].contains("half"))
    #expect(bodies[3].contains("margins"))
    // The key is nowhere but in the header.
    #expect(!result.errors.contains("sk-test") && !result.output.contains("sk-test"))
    #expect(bodies.allSatisfy { !$0.contains("sk-test") })
  }

  /// Processes but the program's own whose environment holds a text, and how many others were seen.
  private static func holders(of secret: String) -> (holders: Set<String>, workers: Int) {
    var holders = Set<String>()
    var workers = 0
    let needle = Data(secret.utf8)
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard Int(entry) != nil,
        let words = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline"), !words.isEmpty,
        let variables = FileManager.default.contents(atPath: "/proc/\(entry)/environ")
      else { continue }
      let arguments = words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      let isProgram = arguments.dropFirst().first == "discover"
      if arguments.contains("worker") { workers += 1 }
      if !isProgram, variables.range(of: needle) != nil {
        holders.insert(arguments.joined(separator: " "))
      }
    }
    return (holders, workers)
  }

  @Test("the key is in no file of a run, in nothing that it prints and in no child's environment")
  func secrets() async throws {
    let secret = "Qv8-unlike-any-pattern.\(UInt64.random(in: 0..<UInt64.max))"
    let folder = try TemporaryFolder()
    let watch = Mutex<(holders: Set<String>, workers: Int, isOver: Bool)>(([], 0, false))
    Thread.detachNewThread {
      while !watch.withLock({ $0.isOver }) {
        let seen = Self.holders(of: secret)
        watch.withLock {
          $0.holders.formUnion(seen.holders)
          $0.workers += seen.workers
        }
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
    defer { watch.withLock { $0.isOver = true } }
    let answer = try chat(
      try proposal("half", "softplus(-tunables.beta * batch.margin / 2)")
        .replacingOccurrences(of: "Try this.", with: "They say \(secret)."))
    let busy = HTTPResponse(
      statusCode: .tooManyRequests, headers: [.contentType: "application/json"],
      body: Data(#"{"error": {"message": "too many for \#(secret)"}}"#.utf8))
    let gone = HTTPResponse(
      statusCode: .unauthorized, headers: [.contentType: "application/json"],
      body: Data(#"{"error": {"message": "no longer \#(secret)"}}"#.utf8))
    let (result, bodies, keys) = try await discover(
      [busy, answer, gone], ["--baselines", "dpo"], key: secret, in: folder)
    #expect(result.status == 3)
    #expect(keys.allSatisfy { $0 == "Bearer " + secret })
    #expect(bodies.count == 3)
    #expect(result.errors.contains("too many for [key]"))
    #expect(result.errors.contains("no longer [key]"))
    #expect(!result.errors.contains(secret) && !result.output.contains(secret))
    var files = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.url.path) {
      let file = folder.url.appendingPathComponent(path).path
      guard let bytes = FileManager.default.contents(atPath: file) else { continue }
      files += 1
      #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(path)")
    }
    #expect(files > 10)
    // Workers were seen, so a key in their environment would have been.
    let seen = watch.withLock { ($0.holders, $0.workers) }
    #expect(seen.0.isEmpty, "\(seen.0)")
    #expect(seen.1 > 0)
  }

  @Test("a key in the query of the URL goes to the server and nowhere else")
  func queryKey() async throws {
    let secret = "Qw7~unlike-any-pattern.\(UInt64.random(in: 0..<UInt64.max))"
    let folder = try TemporaryFolder()
    let answer = try chat(
      try proposal("half", "softplus(-tunables.beta * batch.margin / 2)")
        .replacingOccurrences(
          of: "Try this.",
          with: "They say \(secret) or \(secret.replacingOccurrences(of: "-", with: "\\u002d"))."))
    func fault(_ status: HTTPStatusCode) -> HTTPResponse {
      HTTPResponse(
        statusCode: status, headers: [.contentType: "application/json"],
        body: Data(#"{"error": {"message": "not with api_key=\#(secret)&v=1"}}"#.utf8))
    }
    let (result, bodies, keys) = try await discover(
      [fault(.tooManyRequests), answer, fault(.unauthorized)], ["--baselines", "dpo"], key: nil,
      in: folder, query: "?api_key=\(secret)&v=1")
    #expect(result.status == 3)
    #expect(bodies.count == 3 && keys.allSatisfy { $0 == nil })
    #expect(result.errors.contains("not with [query]"))
    #expect(!result.errors.contains(secret) && !result.output.contains(secret))
    let run = folder.url.appendingPathComponent("run")
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.url.path) {
      let file = folder.url.appendingPathComponent(path).path
      guard let bytes = FileManager.default.contents(atPath: file) else { continue }
      #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(path)")
      #expect(bytes.range(of: Data(secret.dropFirst(4).utf8)) == nil, "\(path)")
    }
    let state = try RunState.fold(try RunDirectory.read(at: run).events)
    #expect(state.candidates[0].proposal?.thought == "They say [key] or [key].")
    #expect(state.candidates[0].attempts.map(\.status) == [429])
  }

  @Test("a recorded run of a model is replayed with its ways of selection, and costs nothing")
  func replayed() async throws {
    let folder = try TemporaryFolder()
    let (result, bodies, _) = try await discover(
      [
        try chat(try proposal("half", "softplus(-tunables.beta * batch.margin / 2)")),
        try chat(try proposal("squared", Self.squared)), try chat("No."),
      ],
      [
        "--baselines", "dpo", "--generations", "3", "--resamples", "0", "--selection",
        "map-elites", "--hide", "thoughts", "--confirm-seeds", "0", "--search-seed", "3",
      ], in: folder)
    try #require(result.status == 0, "\(result.errors)")
    #expect(bodies.count == 3)
    let run = folder.url.appendingPathComponent("run")
    let other = folder.url.appendingPathComponent("other")
    let again = try await Program.run([
      "discover", "--json", "--proposer", "replay:\(run.path)", "--out", other.path,
    ])
    try #require(again.status == 0, "\(again.errors)")
    #expect(try SearchCommandTests.recorded(other) == SearchCommandTests.recorded(run))
    #expect(try again.json()["ledger"] == nil)
    #expect(try result.json()["ledger"] != nil)
  }

  @Test("a budget stops with code 0 and its reason, and --resume may raise it")
  func budget() async throws {
    let folder = try TemporaryFolder()
    let prices = try folder.file("prices.yaml", "default: {input: 1, output: 2}\n")
    let replies = try (1...4).map {
      try chat(try proposal("scaled\($0)", "softplus(-tunables.beta * batch.margin / \($0 + 1))"))
    }
    let (result, bodies, _) = try await discover(
      replies,
      [
        "--baselines", "dpo", "--budget-calls", "2", "--prices", prices, "--selection",
        "map-elites",
        "--temperature", "0.2,0.8", "--hide", "fitness",
      ], in: folder,
      then: ["--resume", folder.url.appendingPathComponent("run").path, "--budget-calls", "3"])
    try #require(result.status == 0, "\(result.errors)")
    #expect(bodies.count == 3)
    let summary = try result.json()
    #expect(summary["stop"] as? String == "budgetCalls")
    let ledger = try #require(summary["ledger"] as? [String: Any])
    #expect(ledger["calls"] as? Int == 3)
    #expect((ledger["usd"] as? Double ?? 0) > 0)
    #expect(bodies[0].contains("0.2") && bodies[1].contains("0.8"))
    // The slopes of dpo and of the proposals were measured, and niches made of them.
    #expect(bodies[0].contains("slope -------: dpo"))
    #expect(bodies[2].contains("slope -------: "))
    #expect(!bodies[2].contains("Rank 1"))
  }

  @Test("a run whose endpoint had the wrong address and model goes on with others, and says so")
  func otherEndpoint() async throws {
    let folder = try TemporaryFolder()
    let run = folder.url.appendingPathComponent("run")
    let (result, bodies, _) = try await discover(
      [try chat(try proposal("half", "softplus(-tunables.beta * batch.margin / 2)"))],
      ["--baselines", "dpo", "--confirm-seeds", "0", "--generations", "1"], in: folder,
      query: "/wrong",
      then: [
        "--resume", run.path, "--base-url", "http://127.0.0.1:PORT/v1", "--model", "other-model",
      ])
    try #require(result.status == 0, "\(result.errors)")
    #expect(bodies.count == 1 && bodies[0].contains("other-model"))
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    #expect(config.proposerSettings["url"]?.hasSuffix("/v1/wrong") == true)
    #expect(config.proposerSettings(after: state)["url"]?.hasSuffix("/v1") == true)
    #expect(state.candidates.map(\.reply.model) == ["other-model"])
    // What decides the protocol is refused as before.
    let refused = try await Program.run([
      "discover", "--resume", run.path, "--history", "none", "--model", "third",
    ])
    #expect(refused.status == 2, "\(refused.errors)")
    #expect(refused.errors.contains("history") && !refused.errors.contains("third"))
  }

  @Test("what contradicts a run or makes no sense is refused with code 2")
  func refused() async throws {
    let folder = try TemporaryFolder()
    let base = ["discover", "--task", "bandit", "--base-url", "http://127.0.0.1:1/v1", "--out"]
    let cases: [(arguments: [String], words: String)] = [
      (["--model", "a=0,b"], "--model"), (["--model", "m", "--budget-usd", "1"], "--prices"),
      (["--model", "m", "--prices", folder.url.path + "/none"], "price file"),
      (["--model", "m", "--selection", "best"], "--selection"),
      (["--model", "m", "--temperature", "warm"], "--temperature"),
      (["--model", "a=2,b", "--ensemble", "bandit"], "bandit"),
      (["--model", "m", "--budget-calls", "0"], "--budget-calls"),
      (["--model", "m", "--prompts", "/none"], "template"),
      (["--model", "m", "--ensemble", "bandit"], "--ensemble"),
      (["--model", "m", "--evolve-seed", "5"], "--evolve-seed"),
    ]
    for (arguments, words) in cases {
      let out = folder.url.appendingPathComponent("\(UUID())").path
      let result = try await Program.run(base + [out] + arguments)
      #expect(result.status == 2, "\(arguments) \(result.errors)")
      #expect(result.errors.contains(words), "\(result.errors)")
    }
  }

  @Test("flags that the proposer would pass over in silence are refused with code 2, one and all")
  func idleFlags() async throws {
    let folder = try TemporaryFolder()
    let prices = try folder.file("prices.yaml", "default: {input: 1, output: 2}\n")
    let prompts: [[String]] = [
      ["--history", "top:2"], ["--order", "best"], ["--hide", "fitness"],
      ["--selection", "islands:3"], ["--search-seed", "1"], ["--prompts", folder.url.path],
    ]
    let endpoint: [[String]] = [
      ["--base-url", "http://127.0.0.1:1/v1"], ["--api", "openai"], ["--model", "x"],
      ["--ensemble", "bandit"], ["--temperature", "0.7"], ["--max-tokens", "9"], ["--stream"],
      ["--no-json-mode"], ["--retries", "1"], ["--timeout", "5"], ["--key-variable", "K"],
      ["--prices", prices], ["--budget-usd", "1"], ["--budget-tokens", "100"],
      ["--budget-calls", "5"], ["--curve-images"],
    ]
    let cases: [(proposer: [String], idle: [[String]])] = [
      (["--proposer", "evolve"], prompts + endpoint),
      (["--proposer", "replay"], prompts + endpoint + [["--evolve-seed", "5"]]),
      (["--proposer", "manual"], endpoint + [["--evolve-seed", "5"]]),
      // Without an endpoint the recorded run would be replayed.
      ([], [["--model", "x"], ["--budget-calls", "5"]]),
    ]
    for (proposer, idle) in cases {
      let out = folder.url.appendingPathComponent("\(UUID())").path
      let result = try await Program.run(
        ["discover", "--task", "bandit", "--out", out] + proposer + idle.flatMap { $0 })
      #expect(result.status == 2, "\(proposer) \(result.errors)")
      for flag in idle { #expect(result.errors.contains(flag[0]), "\(flag) \(result.errors)") }
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("a budget in dollars needs prices in every session, also where it was raised")
  func unpricedResume() async throws {
    let folder = try TemporaryFolder()
    let prices = try folder.file("prices.yaml", "default: {input: 1, output: 2}\n")
    let other = try folder.file("other.yaml", "models:\n  large: {input: 1, output: 2}\n")
    let run = folder.url.appendingPathComponent("run").path
    let first = try await discover(
      [try chat(try proposal("half", "softplus(-tunables.beta * batch.margin / 2)"))],
      [
        "--baselines", "dpo", "--budget-calls", "1", "--prices", prices, "--confirm-seeds", "0",
      ], in: folder, then: ["--resume", run, "--budget-usd", "0.000001", "--budget-calls", "9"])
    try #require(first.result.status == 0, "\(first.result.errors)")
    #expect(try first.result.json()["stop"] as? String == "budgetUSD")
    #expect(first.bodies.count == 1)
    // The budget is not named here: it is the run's.
    let refused = try await Program.run(["discover", "--resume", run, "--prices", other])
    #expect(refused.status == 2, "\(refused.errors)")
    #expect(refused.errors.contains("no price for test-model"))
    let control = try await Program.run(["discover", "--json", "--resume", run])
    #expect(control.status == 0, "\(control.errors)")
  }

  @Test("a person's replies come through a pipe, one after the other")
  func manual() async throws {
    let folder = try TemporaryFolder()
    let first = try proposal("mine", "softplus(-tunables.beta * batch.margin / 2)")
    let second = try folder.file(
      "second.json", try proposal("second", Self.squared))
    let replies = try folder.file("replies", "\(first)\n.\n@\(second)\n.\n")
    let out = folder.url.appendingPathComponent("run").path
    let result = try await Program.run(
      [
        "discover", "--json", "--proposer", "manual", "--task", "bandit", "--seeds", "2",
        "--baselines", "dpo", "--out", out,
      ], input: try Data(contentsOf: URL(fileURLWithPath: replies)))
    try #require(result.status == 0, "\(result.errors)")
    let summary = try JSON.decode(DiscoverTests.Summary.self, from: Data(result.output.utf8))
    #expect(Set(summary.candidates.map(\.name)) == ["mine", "second"])
    #expect(summary.stop == "exhausted")
    #expect(result.errors.contains("Propose the first loss of your own."))
    let prompt = try String(contentsOfFile: out + "/prompt.md", encoding: .utf8)
    #expect(prompt.contains("standardDeviation") && prompt.contains("mine: η"))
  }

  @Test("a refused key stops at once with code 3 and is not repeated")
  func unauthorised() async throws {
    let refusal = HTTPResponse(
      statusCode: .unauthorized, headers: [.contentType: "application/json"],
      body: Data(#"{"error": {"message": "Incorrect API key provided: sk-test-0123456789"}}"#.utf8))
    let (result, bodies, _) = try await discover([refusal], [])
    #expect(result.status == 3)
    #expect(bodies.count == 1)
    #expect(result.errors.contains("401"))
    #expect(!result.errors.contains("sk-test"))
    #expect(result.errors.contains("LOSSMITH_API_KEY"))
  }

  @Test("an answer that is not JSON is an endpoint error with code 3")
  func notJSON() async throws {
    let page = HTTPResponse(
      statusCode: .notFound, headers: [.contentType: "text/html"], body: Data("<html>".utf8))
    let (result, _, _) = try await discover([page], [])
    #expect(result.status == 3)
    #expect(result.errors.contains("error[endpoint]"))
  }

  @Test("an endpoint that nobody serves ends with code 3 and names the address")
  func unreachable() async throws {
    let folder = try TemporaryFolder()
    // Port 1 on loopback: refused at once.
    let result = try await Program.run([
      "discover", "--task", "bandit", "--proposer", "llm", "--base-url", "http://127.0.0.1:1/v1",
      "--model", "m", "--seeds", "1", "--baselines", "dpo", "--retries", "1", "--out",
      folder.url.appendingPathComponent("run").path,
    ])
    #expect(result.status == 3)
    #expect(result.errors.contains("127.0.0.1:1"))
    // Seen before any work was done for it.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }
}
