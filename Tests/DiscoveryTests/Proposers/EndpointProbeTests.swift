import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("The look at an endpoint before a run") struct EndpointProbeTests {
  private func probe(
    _ url: String, api: ChatAPI = .openai, models: [String] = ["m"], key: String? = nil,
    sleep: @escaping (Double) -> Bool = { _ in true },
    shouldAbort: @escaping () -> Bool = { false }
  ) throws -> EndpointProbe {
    let endpoint = try ChatEndpoint(
      api: api, baseURL: try EndpointURL(url), model: models[0],
      key: try key.map {
        try #require(try APIKey.find(variable: "KEY", for: api, in: ["KEY": $0]))
      })
    return EndpointProbe(endpoint, models: models, sleep: sleep, shouldAbort: shouldAbort)
  }

  private func list(_ names: String..., more: Bool? = nil) -> ScriptedServer.Step {
    let models = names.map { #"{"id": "\#($0)"}"# }.joined(separator: ", ")
    let end = more.map { #", "has_more": \#($0)"# } ?? ""
    return .respond(status: 200, body: #"{"data": [\#(models)]\#(end)}"#)
  }

  @Test("a server that lists the models is asked once, with the key, and nothing is said")
  func listed() throws {
    let server = ScriptedServer(list("large", "small:latest", "other"))
    defer { server.stop() }
    let note = try probe(server.url, models: ["large", "small"], key: "sk-0123456789").check()
    #expect(note == nil)
    #expect(server.received.count == 1)
    let request = try #require(server.received.first)
    #expect(request.head.hasPrefix("GET /v1/models "))
    #expect(request.field("authorization") == "Bearer sk-0123456789")
    #expect(request.body.isEmpty)
  }

  @Test("a model that is not listed is told, the nearest names first, and is no error")
  func unlisted() throws {
    let server = ScriptedServer(
      list("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "claude-large"))
    defer { server.stop() }
    let note = try #require(try probe(server.url, models: ["alpha", "claude-larg"]).check())
    #expect(note.contains("does not list claude-larg;"))
    #expect(note.contains("it lists claude-large, alpha, beta"))
    #expect(note.hasSuffix(" and 2 more."))
    // On further pages it may stand.
    let pages = ScriptedServer(list("alpha", more: true))
    defer { pages.stop() }
    #expect(try probe(pages.url).check() == nil)
  }

  @Test("Anthropic's list lies below v1, with its own header, whatever the base URL ends in")
  func anthropic() throws {
    let server = ScriptedServer(list("m"))
    defer { server.stop() }
    let root = String(server.url.dropLast("/v1".count))
    for url in [root, root + "/v1", root + "/v1/messages"] {
      #expect(try probe(url, api: .anthropic, key: "sk-0123456789").check() == nil)
    }
    #expect(try probe(server.url + "/chat/completions").check() == nil)
    #expect(server.received.allSatisfy { $0.head.hasPrefix("GET /v1/models ") })
    #expect(
      server.received.map { $0.field("x-api-key") }
        == ["sk-0123456789", "sk-0123456789", "sk-0123456789", nil])
  }

  @Test("a key that is refused is an error that names its variable and never the key")
  func refused() throws {
    let server = ScriptedServer(
      .respond(status: 401, body: #"{"error": {"message": "wrong key sk-0123456789"}}"#))
    defer { server.stop() }
    let error = #expect(throws: LossmithError.self) {
      try probe(server.url, key: "sk-0123456789").check()
    }
    #expect(error?.code == .endpoint)
    #expect(error?.message.contains("401") == true)
    #expect(error?.message.contains("sk-0123") == false)
    #expect(error?.remedy?.contains("KEY") == true)
  }

  @Test("what has no list, or is busy, broken or no API at all, is no error yet")
  func unknown() throws {
    let answers: [ScriptedServer.Step] =
      [403, 404, 405, 429, 500, 503].map { .respond(status: $0, body: "") } + [
        .respond(status: 200, headers: ["Content-Type": "text/html"], body: "<html>"),
        .respond(status: 200, body: #"{"data": []}"#),
        .respond(status: 302, headers: ["Location": "http://127.0.0.1:1/"], body: ""),
        .raw([]), .raw(Array("nonsense".utf8)),
      ]
    for answer in answers {
      let server = ScriptedServer(answer)
      defer { server.stop() }
      #expect(try probe(server.url).check() == nil, "\(answer)")
      #expect(server.received.count == 1, "\(answer)")
    }
  }

  @Test("where nothing listens it is tried a few times, then an error says how to mend it")
  func unreachable() throws {
    var pauses = 0
    let error = #expect(throws: LossmithError.self) {
      try probe(
        "http://127.0.0.1:1/v1",
        sleep: { _ in
          pauses += 1
          return true
        }
      ).check()
    }
    #expect(error?.code == .endpoint)
    #expect(error?.remedy?.contains("--base-url") == true)
    #expect(pauses == 2)
    let broken = #expect(throws: LossmithError.self) {
      try probe("http://127.0.0.1:1/v1", sleep: { _ in false }).check()
    }
    #expect(broken?.code == .interrupted)
  }

  @Test("a server that answers nothing does not keep an interrupt waiting")
  func interrupted() throws {
    let server = ScriptedServer(.stall)
    defer { server.stop() }
    let error = #expect(throws: LossmithError.self) {
      try probe(server.url, shouldAbort: { !server.received.isEmpty }).check()
    }
    #expect(error?.code == .interrupted)
  }
}
