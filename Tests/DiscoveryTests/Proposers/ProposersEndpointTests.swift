import Discovery
import FlyingFox
import FlyingSocks
import Foundation
import Losses
import Testing

/// What the tests of the endpoint share.
enum Chat {
  /// A key whose shape no redaction by pattern would catch.
  static let secret = "Zx9quite-unlike-anything.else"
  static let variable = "TEST_KEY"
  static let environment = [variable: secret]

  static let request = ProposalRequest(
    generation: 2, attempt: 0, index: 1, system: "You are.", opening: "Results.",
    exchanges: [.init(reply: "{}", feedback: "No."), .init(reply: " ", feedback: "Empty.")])

  static func answer(_ content: String = "hello") -> String {
    #"{"model":"m-1","choices":[{"message":{"role":"assistant","content":"\#(content)"},"#
      + #""finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7}}"#
  }

  static func ok(_ content: String = "hello") -> ScriptedServer.Step {
    .respond(status: 200, body: answer(content))
  }

  /// Far more than an answer takes on a machine that does all tests at once. Where nothing answers, a test
  /// sets a total of its own.
  static let limits = HTTPLimits(connect: 120, total: 240, silence: 240, answer: 1 << 20)

  /// Where nobody listens. The port of a server that has stopped may be another's by now.
  static let nowhere = "http://127.0.0.1:1/v1"

  /// For a server that stalls: long enough for the request to get there.
  static let stall = 1.0

  static func endpoint(_ url: String, limits: HTTPLimits = limits) throws -> ChatEndpoint {
    try ChatEndpoint(
      baseURL: EndpointURL(url), model: "small",
      key: APIKey.find(variable: variable, in: environment), temperature: 0.7, limits: limits)
  }
}

/// A proposer whose waits are written down instead of waited.
final class Patient {
  let proposer: LLMProposer
  private(set) var waits: [Double] = []
  private(set) var notices: [String] = []

  init(_ endpoint: ChatEndpoint, retry: RetryPolicy = RetryPolicy()) {
    let log = Log()
    proposer = LLMProposer(
      endpoint: endpoint, retry: retry,
      sleep: {
        log.waits.append($0)
        return true
      }, jitter: { 0.5 })
    proposer.notice = { log.notices.append($0) }
    self.log = log
  }

  private final class Log {
    var waits: [Double] = []
    var notices: [String] = []
  }

  private let log: Log

  func propose() throws -> ProposalReply? {
    defer { (waits, notices) = (log.waits, log.notices) }
    return try proposer.propose(Chat.request)
  }

  /// The error of a proposal that must fail.
  func failure() throws -> LossmithError {
    do {
      _ = try propose()
    } catch let error as LossmithError {
      return error
    }
    throw Unexpected()
  }

  struct Unexpected: Error {}
}

@Suite("Chat endpoint")
struct ProposersEndpointTests {
  @Test("A conversation goes out as chat messages, and reply and usage come back")
  func happyPath() throws {
    let server = ScriptedServer(Chat.ok())
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url))
    let reply = try #require(try patient.propose())
    var expected = ProposalReply(
      text: "hello", source: "m-1", promptTokens: 11, completionTokens: 7, finishReason: "stop")
    expected.model = "small"
    expected.temperature = 0.7
    expected.calls = 1
    #expect(reply == expected)
    let sent = try #require(server.received.first)
    #expect(sent.head.hasPrefix("POST /v1/chat/completions HTTP/1.1"))
    #expect(sent.field("authorization") == "Bearer " + Chat.secret)
    #expect(sent.field("content-type") == "application/json")
    #expect(sent.field("expect") == nil)
    #expect(sent.object["model"] as? String == "small")
    #expect(sent.object["temperature"] as? Double == 0.7)
    #expect(sent.object["max_tokens"] as? Int == 8192)
    #expect((sent.object["response_format"] as? [String: String]) == ["type": "json_object"])
    let messages = try #require(sent.object["messages"] as? [[String: String]])
    #expect(
      messages.map { $0["role"] } == ["system", "user", "assistant", "user", "assistant", "user"])
    #expect(
      messages.map { $0["content"] }
        == ["You are.", "Results.", "{}", "No.", "(empty reply)", "Empty."])
    #expect(patient.waits.isEmpty)
  }

  @Test("It works against a web server that others wrote")
  func independentServer() async throws {
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 300, logger: .disabled)
    await server.appendRoute("POST /v1/chat/completions") { request in
      let body = try await request.bodyData
      let isAuthorized = request.headers[.authorization] == "Bearer " + Chat.secret
      let isChat = String(decoding: body, as: UTF8.self).contains("messages")
      return HTTPResponse(
        statusCode: isAuthorized && isChat ? .ok : .badRequest,
        headers: [.contentType: "application/json"], body: Data(Chat.answer("fox").utf8))
    }
    let task = Task { try await server.run() }
    defer { task.cancel() }
    try await server.waitUntilListening(timeout: 120)
    guard case .ip4(_, let port)? = await server.listeningAddress else {
      Issue.record("the server has no address")
      return
    }
    // The server shares Swift's few threads with every other test: it may take its time.
    let endpoint = try Chat.endpoint(
      "http://127.0.0.1:\(port)/v1/",
      limits: HTTPLimits(connect: 300, total: 600, silence: 600, answer: 1 << 20))
    // The proposer blocks, and the server needs the threads of the test.
    let text = try await withCheckedThrowingContinuation { done in
      Thread.detachNewThread {
        done.resume(with: Result { try Patient(endpoint).propose()?.text })
      }
    }
    #expect(text == "fox")
  }

  @Test(
    "A fault that stays stops at once and names what to change",
    arguments: [
      (401, "TEST_KEY"), (403, "TEST_KEY"), (404, "/v1"), (400, "--model"), (402, "credit"),
      (302, "--base-url"), (501, "later"),
    ])
  func permanentStatus(status: Int, hint: String) throws {
    let server = ScriptedServer(
      .respond(
        status: status, headers: ["Location": "http://127.0.0.1:1/"],
        body: #"{"error":{"message":"key \#(Chat.secret) is bad","code":"x"}}"#))
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url))
    let error = try patient.failure()
    #expect(error.code == .endpoint)
    #expect(error.location == server.url + "/chat/completions")
    #expect(error.message.contains("\(status)"))
    #expect(error.message.contains("key [key] is bad"))
    #expect(error.remedy?.contains(hint) == true)
    #expect(!error.description.contains(Chat.secret))
    #expect(patient.waits.isEmpty)
    #expect(server.received.count == 1)
  }

  @Test("A bad request stops at once, and JSON mode is given up only where it is named")
  func badRequests() throws {
    func body(_ message: String, _ code: String) -> String {
      #"{"error":{"message":"\#(message)","type":"invalid_request_error","code":"\#(code)"}}"#
    }
    let bodies = [
      body("This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
      body("Too long for max_completion_tokens; response_format", "context_length_exceeded"),
      body("The model `small` does not exist, with response_format or not", "model_not_found"),
      body("Something is wrong.", "x"), "<html>", "",
    ]
    for body in bodies {
      for status in [400, 422] {
        let server = ScriptedServer(.respond(status: status, body: body), Chat.ok())
        defer { server.stop() }
        let patient = Patient(try Chat.endpoint(server.url))
        #expect(try patient.failure().message.contains("at the first try"), "\(body)")
        #expect(server.received.count == 1, "\(body)")
        // Nothing was given up.
        #expect(try patient.propose()?.text == "hello")
        #expect(server.received.last?.object["response_format"] != nil, "\(body)")
      }
    }
  }

  @Test("Counts of a server that does not count are not believed")
  func noCounts() throws {
    func reply(_ usage: String, content: String = "hello") throws -> ProposalReply {
      let server = ScriptedServer(
        .respond(
          status: 200,
          body: #"{"choices":[{"message":{"content":"\#(content)"}}],"usage":{\#(usage)}}"#))
      defer { server.stop() }
      return try #require(try Patient(Chat.endpoint(server.url)).propose())
    }
    for usage in [
      #""prompt_tokens":0,"completion_tokens":0"#, #""prompt_tokens":-1,"completion_tokens":0"#,
      #""prompt_tokens":0"#, #""completion_tokens":0"#,
    ] {
      let guessed = try reply(usage)
      #expect(guessed.tokensAreGuessed == true, "\(usage)")
      #expect((guessed.promptTokens ?? 0) > 5 && guessed.completionTokens == 2, "\(usage)")
    }
    let half = try reply(#""prompt_tokens":0,"completion_tokens":7"#)
    #expect(half.completionTokens == 7 && (half.promptTokens ?? 0) > 5)
    // The controls: real counts, and an empty reply of no tokens.
    let real = try reply(#""prompt_tokens":9,"completion_tokens":7"#)
    #expect(real.promptTokens == 9 && real.tokensAreGuessed == nil)
    let empty = try reply(#""prompt_tokens":9,"completion_tokens":0"#, content: "")
    #expect(empty.completionTokens == 0 && empty.tokensAreGuessed == nil)
  }

  @Test("What came with a reply holds no secret of the URL, and words of the server are short")
  func quotedQuery() throws {
    let content = "Query \(Chat.secret), escaped Zx9quite\\\\u002dunlike-anything.else"
    let server = ScriptedServer(
      .respond(
        status: 200,
        body: #"{"model":"m \#(Chat.secret)","choices":[{"message":{"content":"\#(content)"},"#
          + #""finish_reason":"\#(Chat.secret + String(repeating: "x", count: 9000))"}]}"#))
    defer { server.stop() }
    let endpoint = try ChatEndpoint(
      baseURL: EndpointURL(server.url + "?api_key=\(Chat.secret)&a=1"), model: "small",
      limits: Chat.limits)
    let reply = try #require(try Patient(endpoint).propose())
    #expect(server.received.first?.head.contains("?api_key=\(Chat.secret)&a=1 HTTP") == true)
    #expect(reply.text == "Query [key], escaped [key]")
    #expect(reply.source == "m [key]")
    #expect(reply.finishReason?.hasPrefix("[key]xx") == true && reply.finishReason?.count == 64)
  }

  @Test("A word that a local server takes for a key is no secret, and stays in the reply")
  func shortKey() throws {
    let server = ScriptedServer(Chat.ok("let none = 1"))
    defer { server.stop() }
    let endpoint = try ChatEndpoint(
      baseURL: EndpointURL(server.url), model: "small",
      key: APIKey.find(variable: "K", in: ["K": "none"]), limits: Chat.limits)
    #expect(try Patient(endpoint).propose()?.text == "let none = 1")
  }

  @Test("429 waits as long as the server says, without that as long as the backoff says")
  func rateLimit() throws {
    let busy = #"{"error":"slow down"}"#
    let server = ScriptedServer(
      .respond(status: 429, headers: ["Retry-After": "7"], body: busy),
      .respond(status: 429, body: busy),
      .respond(status: 503, headers: ["Retry-After": "soon"], body: "<html>"), Chat.ok())
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url))
    #expect(try patient.propose()?.text == "hello")
    #expect(patient.waits == [7, 1, 2])
    #expect(patient.notices.count == 3)
    #expect(patient.notices[0].contains("slow down"))
  }

  @Test("A server that wants more patience than there is, or money, is not asked again")
  func noPatience() throws {
    let tooLong = ScriptedServer(
      .respond(status: 429, headers: ["Retry-After": "86400"], body: "{}"))
    let noMoney = ScriptedServer(
      .respond(status: 429, body: #"{"error":{"message":"m","code":"insufficient_quota"}}"#))
    defer {
      tooLong.stop()
      noMoney.stop()
    }
    for server in [tooLong, noMoney] {
      let patient = Patient(try Chat.endpoint(server.url))
      #expect(try patient.failure().code == .endpoint)
      #expect(patient.waits.isEmpty)
      #expect(server.received.count == 1)
    }
  }

  @Test("500 for ever ends after the retries with the last cause")
  func serverDown() throws {
    let server = ScriptedServer(.respond(status: 500, body: #"{"message":"out of memory"}"#))
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url), retry: RetryPolicy(retries: 3))
    let error = try patient.failure()
    #expect(error.code == .endpoint)
    #expect(error.message.contains("after 4 tries"))
    #expect(error.message.contains("out of memory"))
    #expect(patient.waits == [0.5, 1, 2])
    #expect(server.received.count == 4)
  }

  @Test("Nobody listening, a stall, a cut and an answer that is no HTTP are tried again")
  func transientTransport() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    let cases: [(step: ScriptedServer.Step?, words: String)] = [
      (nil, "connect"), (.stall, "imed out"), (.raw(Array((head + #"{"choi"#).utf8)), "bytes"),
      (.raw([]), "mpty reply"), (.raw(Array("SSH-2.0-x\r\n".utf8)), "HTTP"),
    ]
    for (step, words) in cases {
      var limits = Chat.limits
      if case .stall? = step { limits.total = Chat.stall }
      let server = step.map { ScriptedServer($0) }
      defer { server?.stop() }
      let patient = Patient(
        try Chat.endpoint(server?.url ?? Chat.nowhere, limits: limits),
        retry: RetryPolicy(retries: 1))
      let error = try patient.failure()
      #expect(error.code == .endpoint)
      #expect(error.message.contains(words), "\(error.message)")
      #expect(error.message.contains("after 2 tries"))
      #expect(!error.description.contains(Chat.secret))
      #expect(patient.waits == [0.5])
    }
  }

  @Test("A server without TLS behind an https URL is told apart and not asked again")
  func noTLS() throws {
    let server = ScriptedServer(Chat.ok())
    defer { server.stop() }
    let url = server.url.replacingOccurrences(of: "http:", with: "https:")
    let patient = Patient(try Chat.endpoint(url))
    let error = try patient.failure()
    #expect(error.code == .endpoint)
    #expect(error.remedy?.contains("certificate") == true)
    #expect(patient.waits.isEmpty)
    // The key went nowhere.
    #expect(
      !server.received.contains { String(decoding: $0.body, as: UTF8.self).contains(Chat.secret) })
  }

  @Test("A connection that is cut once does no harm")
  func recovers() throws {
    let server = ScriptedServer(.raw([]), Chat.ok("again"))
    defer { server.stop() }
    #expect(try Patient(Chat.endpoint(server.url)).propose()?.text == "again")
  }

  @Test("An answer that is too long is dropped at the limit")
  func tooLarge() throws {
    let server = ScriptedServer(.flood(bytes: 50 << 20))
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url))
    let error = try patient.failure()
    #expect(error.message.contains("more than 1048576 bytes"))
    #expect(patient.waits.isEmpty)
  }

  @Test("Success that is no chat completion is an error of the endpoint")
  func notAChat() throws {
    let page: [String: String] = ["Content-Type": "text/html; charset=utf-8"]
    let cases: [(ScriptedServer.Step, String, tries: Int)] = [
      (.respond(status: 200, headers: page, body: "<html>login</html>"), "text/html", 1),
      (.respond(status: 200, body: #"{"object":"list"}"#), "no “choices”", 1),
      (.respond(status: 200, body: #"{"choices":[]}"#), "empty list of choices", 2),
      (.respond(status: 200, body: #"{"choices":"#), "not the JSON", 2),
      (
        .respond(status: 200, body: String(repeating: "[", count: 100_000)), "not the JSON", 2
      ),
      (.respond(status: 200, body: #"{"error":{"message":"gone","code":502}}"#), "gone", 2),
    ]
    for (step, words, tries) in cases {
      let server = ScriptedServer(step)
      defer { server.stop() }
      let patient = Patient(try Chat.endpoint(server.url), retry: RetryPolicy(retries: 1))
      let error = try patient.failure()
      #expect(error.code == .endpoint)
      #expect(error.message.contains(words), "\(error.message)")
      #expect(server.received.count == tries, "\(words)")
      #expect(error.remedy?.isEmpty == false)
    }
  }

  @Test("An empty content, a refusal and half a character are replies")
  func oddReplies() throws {
    let broken =
      Array(#"HTTP/1.1 200 OK\#r\#n\#r\#n{"choices":[{"message":{"content":"a"#.utf8)
      + [0xF0, 0x9F] + Array(#""}}]}"#.utf8)
    let cases: [(ScriptedServer.Step, text: String, reason: String?)] = [
      (
        .respond(
          status: 200,
          body: #"{"choices":[{"message":{"content":null},"finish_reason":"length"}]}"#), "",
        "length"
      ),
      (.respond(status: 200, body: #"{"choices":[{"finish_reason":"x"}]}"#), "", "x"),
      (
        .respond(
          status: 200, body: #"{"choices":[{"message":{"content":null,"refusal":"I won't"}}]}"#),
        "I won't", "refusal"
      ),
      (
        .respond(
          status: 200,
          body: #"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#
        ), "ab", nil
      ),
      (.raw(broken), "a\u{FFFD}", nil),
    ]
    for (step, text, reason) in cases {
      let server = ScriptedServer(step)
      defer { server.stop() }
      let reply = try #require(try Patient(Chat.endpoint(server.url)).propose())
      #expect(reply.text == text)
      #expect(reply.finishReason == reason)
    }
  }

  @Test("What a server does not know is given up once, and for the rest of the run")
  func concessions() throws {
    let server = ScriptedServer(
      .respond(
        status: 400,
        body: #"{"error":{"message":"'max_tokens': use 'max_completion_tokens' instead"}}"#),
      .respond(status: 400, body: #"{"error":{"message":"unsupported value: temperature"}}"#),
      .respond(status: 422, body: #"{"detail":"response_format"}"#), Chat.ok())
    defer { server.stop() }
    let patient = Patient(try Chat.endpoint(server.url))
    #expect(try patient.propose()?.text == "hello")
    _ = try patient.propose()
    #expect(patient.waits.isEmpty)
    let keys = server.received.map { Set($0.object.keys).subtracting(["model", "messages"]) }
    #expect(
      keys == [
        ["max_tokens", "temperature", "response_format"],
        ["max_completion_tokens", "temperature", "response_format"],
        ["max_completion_tokens", "response_format"],
        ["max_completion_tokens"], ["max_completion_tokens"],
      ])
  }

  @Test("An interruption ends a request that hangs, and a wait between tries")
  func interruption() throws {
    let hanging = ScriptedServer(.stall)
    let busy = ScriptedServer(.respond(status: 503, headers: ["Retry-After": "200"], body: ""))
    defer {
      hanging.stop()
      busy.stop()
    }
    for server in [hanging, busy] {
      let endpoint = try Chat.endpoint(
        server.url, limits: HTTPLimits(connect: 60, total: 600, silence: 600))
      // Nothing but the interruption ends either of these within minutes.
      let proposer = LLMProposer(
        endpoint: endpoint, shouldAbort: { !server.received.isEmpty })
      do {
        _ = try proposer.propose(Chat.request)
        Issue.record("no error")
      } catch let error as LossmithError {
        #expect(error.code == .interrupted)
      }
      #expect(server.received.count == 1)
    }
  }
}
