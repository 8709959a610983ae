import Discovery
import Foundation
import Losses
import Testing

@Suite("Endpoint configuration")
struct ProposersConfigurationTests {
  private func failure<Value>(_ body: () throws -> Value) throws -> LossmithError {
    do {
      _ = try body()
    } catch let error as LossmithError {
      return error
    }
    throw Patient.Unexpected()
  }

  @Test("Flags go before variables; without a base URL there is no endpoint")
  func configured() throws {
    #expect(try ChatEndpoint.configured(environment: ["OPENAI_API_KEY": "k"]) == nil)
    let environment = [
      "LOSSMITH_BASE_URL": "https://a.example/v1", "LOSSMITH_MODEL": "m",
      "OPENAI_API_KEY": "second", "LOSSMITH_API_KEY": "first",
    ]
    let endpoint = try #require(try ChatEndpoint.configured(environment: environment))
    #expect(endpoint.completionsURL.shown == "https://a.example/v1/chat/completions")
    #expect(endpoint.model == "m")
    #expect(endpoint.key?.variable == "LOSSMITH_API_KEY")
    let other = try #require(
      try ChatEndpoint.configured(
        baseURL: "http://localhost:11434/v1/", model: "n", environment: [:]))
    #expect(other.completionsURL.shown == "http://localhost:11434/v1/chat/completions")
    #expect(other.key == nil)
    #expect(other.settings["url"] == "http://localhost:11434/v1")
  }

  @Test("A key is never part of a text")
  func keyIsHidden() throws {
    let key = try #require(try APIKey.find(variable: "K", in: ["K": " \(Chat.secret)\n"]))
    let endpoint = try ChatEndpoint(
      baseURL: EndpointURL("https://a.example/v1?key=\(Chat.secret)"), model: "m", key: key)
    var dumped = ""
    dump(endpoint.key, to: &dumped)
    for text in [
      "\(key)", String(reflecting: key), dumped, endpoint.completionsURL.shown,
      "\(endpoint.settings)",
    ] {
      #expect(!text.contains(Chat.secret))
    }
    #expect(endpoint.completionsURL.shown == "https://a.example/v1/chat/completions")
  }

  @Test("A named variable must hold a key")
  func missingKey() throws {
    let missing = try failure { try APIKey.find(variable: "NONE", in: [:]) }
    #expect(missing.code == .usage)
    #expect(missing.location == "NONE")
    let split = try failure { try APIKey.find(variable: "K", in: ["K": "a\r\nX-Evil: b"]) }
    #expect(split.code == .usage)
    #expect(!split.description.contains("Evil"))
    #expect(try APIKey.find(in: ["LOSSMITH_API_KEY": "  "]) == nil)
  }

  @Test(
    "A URL that is none, or that would give something away, is refused",
    arguments: [
      "", "host/v1", "ftp://host/v1", "file:///etc/passwd", "https://", "https://a b/v1",
      "https://user:\(Chat.secret)@host/v1", "https://host:99999/v1", "http://h/\r\nX: y",
    ])
  func badURL(text: String) throws {
    let error = try failure { try EndpointURL(text) }
    #expect(error.code == .usage)
    #expect(error.location == "--base-url")
    #expect(error.remedy?.isEmpty == false)
    #expect(!error.description.contains(Chat.secret))
  }

  @Test("A key travels in plain text on loopback only")
  func plainText() throws {
    let key = try APIKey.find(variable: "K", in: ["K": Chat.secret])
    for host in ["127.0.0.1", "localhost", "[::1]", "127.1"] {
      let url = try EndpointURL("http://\(host):1/v1")
      #expect(url.isLoopback)
      _ = try ChatEndpoint(baseURL: url, model: "m", key: key)
    }
    for host in ["10.0.0.1", "localhost.example", "127.0.0.1.example"] {
      let url = try EndpointURL("http://\(host)/v1")
      #expect(!url.isLoopback)
      _ = try ChatEndpoint(baseURL: url, model: "m")
      let error = try failure { try ChatEndpoint(baseURL: url, model: "m", key: key) }
      #expect(error.message.contains("plain text"))
      #expect(!error.description.contains(Chat.secret))
    }
    let noModel = try failure {
      try ChatEndpoint(baseURL: EndpointURL("https://h/v1"), model: " ")
    }
    #expect(noModel.location == "--model")
  }

  @Test("Retry-After is read in seconds and as a date")
  func retryAfter() {
    let now = Date(timeIntervalSince1970: 1_445_412_420)  // Wed, 21 Oct 2015 07:27:00 GMT
    func seconds(_ value: String?) -> Double? {
      HTTPResponse(
        status: 429, headers: value.map { ["retry-after": $0] } ?? [:], body: []
      ).retryAfter(now: now)
    }
    #expect(seconds("120") == 120)
    #expect(seconds("1.5") == 1.5)
    #expect(seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 60)
    #expect(seconds("Wed, 21 Oct 2015 07:00:00 GMT") == 0)
    for nonsense in ["-1", "soon", "", "nan", "inf"] { #expect(seconds(nonsense) == nil) }
    #expect(seconds(nil) == nil)
  }

  @Test("Backoff doubles up to its cap, jitter takes any part of it")
  func backoff() {
    let policy = RetryPolicy(base: 1, cap: 10)
    func delay(_ retry: Int, _ jitter: Double, after: Double? = nil) -> Double? {
      policy.delay(beforeRetry: retry, retryAfter: after, jitter: jitter)
    }
    #expect((1...6).map { delay($0, 1) } == [1, 2, 4, 8, 10, 10])
    #expect(delay(3, 0) == 0)
    #expect(delay(3, 0.25) == 1)
    #expect(delay(3, 1, after: 1) == 4)
    #expect(delay(3, 1, after: 30) == 30)
    #expect(delay(3, 1, after: 301) == nil)
    #expect(delay(1_000_000, 1) == 10)
  }
}
