import FlyingFox
import FlyingSocks
import Foundation
import Losses
import Synchronization
import Testing

/// The program against an HTTP server on loopback that speaks the chat protocol.
@Suite(.serialized) struct EndpointTests {
  /// Runs the program while a server answers every request in turn; the last answer repeats.
  private func discover(
    _ answers: [HTTPResponse], _ arguments: [String], key: String? = "sk-test-0123456789"
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
    let folder = try TemporaryFolder()
    let result = try await Program.run(
      [
        "discover", "--json", "--proposer", "llm", "--base-url", "http://127.0.0.1:\(port)/v1",
        "--model", "test-model", "--task", "bandit", "--seeds", "2", "--out",
        folder.url.appendingPathComponent("run").path,
      ] + arguments, environment: key.map { ["LOSSMITH_API_KEY": $0] } ?? [:])
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
        try chat(try proposal("hinge", "relu(1 - tunables.beta * batch.margin)")),
      ], ["--generations", "2"])
    try #require(result.status == 0, "\(result.errors)")
    let summary = try JSON.decode(DiscoverTests.Summary.self, from: Data(result.output.utf8))
    #expect(Set(summary.candidates.map(\.name)) == ["half", "hinge"])
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
  }
}
