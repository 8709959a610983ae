import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Streams of events")
struct StreamTests {
  @Test("Events are read as the standard has them, whatever ends their lines")
  func events() {
    #expect(
      EventStream.events(in: "data: a\n\ndata:b\r\n\r\ndata: c\r\rdata: d") == ["a", "b", "c", "d"])
    #expect(EventStream.events(in: "\u{FEFF}data: a\ndata:  b\nid: 7\nevent: x\n\n") == ["a\n b"])
    #expect(EventStream.events(in: ": keep-alive\n\nevent: ping\n\ndata\n\n") == [""])
    #expect(EventStream.events(in: "").isEmpty)
  }

  private static func chunk(_ text: String, finish: String? = nil) -> String {
    let reason = finish.map { #""\#($0)""# } ?? "null"
    return #"data: {"model":"m-4","choices":[{"index":0,"delta":{"content":"\#(text)"},"#
      + #""finish_reason":\#(reason)}]}"# + "\n\n"
  }

  private static func stream(_ body: String) -> ScriptedServer.Step {
    .respond(status: 200, headers: ["Content-Type": "text/event-stream"], body: body)
  }

  private static let usage =
    #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"#
    + #""prompt_tokens_details":{"cached_tokens":8}}}"# + "\n\n"

  private func endpoint(_ server: ScriptedServer) throws -> ChatEndpoint {
    var endpoint = try Chat.endpoint(server.url)
    endpoint.streams = true
    return endpoint
  }

  @Test("A stream is asked for with its usage and put together")
  func whole() throws {
    let server = ScriptedServer(
      Self.stream(
        Self.chunk("he") + ": keep-alive\n\n" + Self.chunk("llo", finish: "stop") + Self.usage
          + "data: [DONE]\n\ndata: nonsense\n\n"))
    defer { server.stop() }
    let reply = try #require(try Patient(endpoint(server)).propose())
    #expect(reply.text == "hello")
    #expect(reply.source == "m-4")
    #expect(reply.promptTokens == 9)
    #expect(reply.cachedTokens == 8)
    #expect(reply.completionTokens == 4)
    #expect(reply.tokensAreGuessed == nil)
    let sent = try #require(server.received.first?.object)
    #expect(sent["stream"] as? Bool == true)
    #expect((sent["stream_options"] as? [String: Bool]) == ["include_usage": true])
  }

  @Test("A stream that is cut, in an event or between two, is asked for again and never a reply")
  func cut() throws {
    let whole = Self.chunk("half a ") + Self.chunk("reply", finish: "stop") + "data: [DONE]\n\n"
    let broken: [ScriptedServer.Step] = [
      Self.stream(Self.chunk("half a ")),
      Self.stream(Self.chunk("half a ") + #"data: {"choices":[{"del"#),
      .raw(
        Array(
          ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + Self.chunk("half")).utf8)),
      Self.stream(""),
    ]
    for step in broken {
      let server = ScriptedServer(step, Self.stream(whole))
      defer { server.stop() }
      let patient = Patient(try endpoint(server))
      #expect(try patient.propose()?.text == "half a reply")
      #expect(patient.waits.count == 1)
    }
  }

  @Test("An error within a stream is the server's, with its class")
  func errorInside() throws {
    let server = ScriptedServer(
      Self.stream(Self.chunk("a") + #"data: {"error":{"message":"gone","code":401}}"# + "\n\n"))
    defer { server.stop() }
    let error = try Patient(endpoint(server)).failure()
    #expect(error.message.contains("401"))
    #expect(server.received.count == 1)
  }

  @Test("What came decides: a stream unasked, a whole answer to the wish for a stream")
  func whateverComes() throws {
    let unasked = ScriptedServer(
      .respond(
        status: 200, headers: ["Content-Type": "text/plain"],
        body: Self.chunk("x", finish: "stop") + "data: [DONE]\n\n"))
    let whole = ScriptedServer(Chat.ok("y"))
    defer {
      unasked.stop()
      whole.stop()
    }
    #expect(try Patient(Chat.endpoint(unasked.url)).propose()?.text == "x")
    #expect(try Patient(endpoint(whole)).propose()?.text == "y")
  }

  @Test("A server that does not stream is not asked to again")
  func conceded() throws {
    let server = ScriptedServer(
      .respond(status: 400, body: #"{"error":"unknown field stream_options"}"#),
      .respond(status: 400, body: #"{"error":"stream is not supported"}"#), Chat.ok("z"))
    defer { server.stop() }
    let patient = Patient(try endpoint(server))
    let reply = try #require(try patient.propose())
    #expect(reply.text == "z")
    #expect(server.received.count == 3)
    let keys = server.received.map { Set($0.object.keys) }
    #expect(keys.map { $0.contains("stream_options") } == [true, false, false])
    #expect(keys.map { $0.contains("stream") } == [true, true, false])
  }

  @Test("Without the server's counts the tokens are guessed, and said to be")
  func guessedTokens() throws {
    let server = ScriptedServer(Self.stream(Self.chunk("12345", finish: "stop")))
    defer { server.stop() }
    let reply = try #require(try Patient(endpoint(server)).propose())
    #expect(reply.completionTokens == 2)
    #expect(reply.tokensAreGuessed == true)
    #expect((reply.promptTokens ?? 0) > 0)
  }

  @Test("All tries of a reply together take no longer than they may")
  func boundedTotal() throws {
    let server = ScriptedServer(.respond(status: 503, headers: ["Retry-After": "40"], body: "{}"))
    defer { server.stop() }
    var time = 0.0
    let proposer = LLMProposer(
      endpoint: try Chat.endpoint(server.url), retry: RetryPolicy(retries: 100, total: 100),
      sleep: {
        time += $0
        return true
      }, jitter: { 1 }, now: { time })
    #expect(throws: LossmithError.self) { _ = try proposer.propose(Chat.request) }
    #expect(time == 80)
    #expect(server.received.count == 3)
  }
}
