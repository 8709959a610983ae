import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Anthropic's messages")
struct AnthropicTests {
  private func endpoint(_ server: ScriptedServer, streams: Bool = false) throws -> ChatEndpoint {
    try ChatEndpoint(
      api: .anthropic, baseURL: EndpointURL(server.url), model: "small",
      key: APIKey.find(variable: Chat.variable, in: Chat.environment), temperature: 0.5,
      streams: streams, limits: Chat.limits)
  }

  private static let answer = #"""
    {"type":"message","model":"m-2","content":[{"type":"thinking","thinking":"hm"},
     {"type":"text","text":"hel"},{"type":"text","text":"lo"}],"stop_reason":"end_turn",
     "usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":300,
     "output_tokens":7}}
    """#

  @Test("A conversation goes out with its own headers and body, and comes back with its counts")
  func wholeAnswer() throws {
    let server = ScriptedServer(.respond(status: 200, body: Self.answer))
    defer { server.stop() }
    let reply = try #require(try Patient(endpoint(server)).propose())
    #expect(reply.text == "hello")
    #expect(reply.source == "m-2")
    #expect(reply.finishReason == "stop")
    #expect(reply.promptTokens == 330)
    #expect(reply.cachedTokens == 300)
    #expect(reply.cacheWriteTokens == 20)
    #expect(reply.completionTokens == 7)
    let sent = try #require(server.received.first)
    #expect(sent.head.hasPrefix("POST /v1/messages HTTP/1.1"))
    #expect(sent.field("x-api-key") == Chat.secret)
    #expect(sent.field("anthropic-version") == "2023-06-01")
    #expect(sent.field("authorization") == nil)
    #expect(sent.object["max_tokens"] as? Int == 8192)
    #expect(sent.object["temperature"] as? Double == 0.5)
    #expect(sent.object["response_format"] == nil)
    let system = try #require(sent.object["system"] as? [[String: Any]])
    #expect(system.first?["text"] as? String == "You are.")
    #expect((system.first?["cache_control"] as? [String: String]) == ["type": "ephemeral"])
    let messages = try #require(sent.object["messages"] as? [[String: Any]])
    #expect(
      messages.map { $0["role"] as? String } == ["user", "assistant", "user", "assistant", "user"])
    let blocks = messages.compactMap {
      ($0["content"] as? [[String: Any]])?.last?["text"] as? String
    }
    #expect(blocks == ["Results.", "{}", "No.", "(empty reply)", "Empty."])
  }

  private static func stream(_ events: [(String, String)]) -> ScriptedServer.Step {
    .respond(
      status: 200, headers: ["Content-Type": "text/event-stream; charset=utf-8"],
      body: events.map { "event: \($0.0)\ndata: \($0.1)\n\n" }.joined())
  }

  private static let start = (
    "message_start",
    #"{"type":"message_start","message":{"model":"m-3","usage":{"input_tokens":5,"output_tokens":1}}}"#
  )
  private static func delta(_ text: String) -> (String, String) {
    (
      "content_block_delta",
      #"{"type":"content_block_delta","delta":{"type":"text_delta","text":"\#(text)"}}"#
    )
  }
  private static let end = (
    "message_delta",
    #"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":9}}"#
  )

  @Test("A stream is put together; one that breaks off is asked for again")
  func streams() throws {
    let server = ScriptedServer(
      Self.stream([Self.start, Self.delta("half a re")]),
      Self.stream([
        Self.start, ("ping", #"{"type":"ping"}"#), Self.delta("a "), Self.delta("reply"), Self.end,
        ("message_stop", #"{"type":"message_stop"}"#),
      ]))
    defer { server.stop() }
    let patient = Patient(try endpoint(server, streams: true))
    let reply = try #require(try patient.propose())
    #expect(reply.text == "a reply")
    #expect(reply.source == "m-3")
    #expect(reply.finishReason == "length")
    #expect(reply.promptTokens == 5)
    #expect(reply.completionTokens == 9)
    #expect(reply.calls == 1)
    #expect(server.received.first?.object["stream"] as? Bool == true)
    #expect(patient.notices.first?.contains("broke off after 9 characters") == true)
  }

  @Test("Errors keep their class, in an answer and within a stream", arguments: [false, true])
  func errors(inStream: Bool) throws {
    let cases: [(status: Int, type: String, tries: Int)] = [
      (401, "authentication_error", 1), (400, "invalid_request_error", 1),
      (429, "rate_limit_error", 2), (529, "overloaded_error", 2),
    ]
    for (status, type, tries) in cases {
      let body = #"{"type":"error","error":{"type":"\#(type)","message":"said \#(Chat.secret)"}}"#
      let server = ScriptedServer(
        inStream
          ? Self.stream([Self.start, ("error", body)]) : .respond(status: status, body: body))
      defer { server.stop() }
      let error = try Patient(endpoint(server), retry: RetryPolicy(retries: 1)).failure()
      #expect(error.code == .endpoint)
      #expect(error.message.contains("\(status)"), "\(error.message)")
      #expect(error.message.contains("said [key]"))
      #expect(server.received.count == tries, "\(type)")
    }
  }

  @Test("A refusal and an empty content are replies; a document of another kind is none")
  func oddAnswers() throws {
    func propose(_ body: String) throws -> ProposalReply? {
      let server = ScriptedServer(.respond(status: 200, body: body))
      defer { server.stop() }
      return try Patient(endpoint(server), retry: RetryPolicy(retries: 0)).propose()
    }
    let refusal = try propose(#"{"content":[],"stop_reason":"refusal"}"#)
    #expect(refusal?.finishReason == "refusal")
    #expect(try propose(#"{"content":[],"stop_reason":"end_turn"}"#)?.text.isEmpty == true)
    for body in [#"{"content":[]}"#, #"{"choices":[]}"#, "{", #"{"content":7}"#] {
      #expect(throws: LossmithError.self) { _ = try propose(body) }
    }
  }

  @Test("The language is guessed from the URL, and each has its own variables for the key")
  func guessed() throws {
    func endpoint(
      _ url: String?, _ api: ChatAPI? = nil, _ environment: [String: String]
    ) throws -> ChatEndpoint? {
      try ChatEndpoint.configured(api: api, baseURL: url, model: "m", environment: environment)
    }
    let keys = ["OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a"]
    let theirs = try #require(try endpoint("https://api.anthropic.com", nil, keys))
    #expect(theirs.api == .anthropic)
    #expect(theirs.completionsURL.shown == "https://api.anthropic.com/v1/messages")
    #expect(theirs.key?.variable == "ANTHROPIC_API_KEY")
    #expect(theirs.settings["api"] == "anthropic")
    let other = try #require(try endpoint("https://host/v1", nil, keys))
    #expect(other.api == .openai)
    #expect(other.key?.variable == "OPENAI_API_KEY")
    // A key of one provider never goes to another's server.
    #expect(try endpoint("https://host/v1", nil, ["ANTHROPIC_API_KEY": "a"])?.key == nil)
    #expect(
      try endpoint("https://notanthropic.com/v1", nil, ["ANTHROPIC_API_KEY": "a"])?.key == nil)
    #expect(try endpoint(nil, .anthropic, keys)?.baseURL.host == "api.anthropic.com")
    #expect(try endpoint(nil, .openai, keys) == nil)
  }
}
