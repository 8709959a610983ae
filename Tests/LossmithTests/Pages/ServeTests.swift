import Foundation
import Testing

@Suite struct ServeTests {
  @Test("a run is served to be read and in no other way")
  func readOnly() async throws {
    let run = try await SampleRun.made.value.run
    let before = try Self.contents(of: run)
    let served = try await onThread { try ServedRun(run) }
    let page = try await onThread { try served.ask("GET /") }
    #expect(page.status == 200 && page.body.contains("half-temperature"))
    #expect(page.head.contains("Content-Security-Policy: default-src 'none'; script-src 'self'"))
    #expect(page.head.contains("X-Content-Type-Options: nosniff"))
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
      let answer = try await onThread {
        try served.ask("\(method) /", headers: ["Content-Length: 0"])
      }
      #expect(answer.status == 405, "\(method)")
      #expect(answer.head.contains("Allow: GET, HEAD"))
    }
    let head = try await onThread { try served.ask("HEAD /") }
    #expect(head.status == 200 && head.body.isEmpty)
    #expect(head.head.contains("Content-Length: "))
    for path in [
      "/nothing", "/../config.json", "/config.json", "/figures/../config.json", "/journal.sqlite",
      "/figures/%2e%2e%2fconfig.json",
    ] {
      #expect(try await onThread { try served.ask("GET \(path)") }.status == 404, "\(path)")
    }
    served.stop()
    // Nothing came, nothing went, nothing was written.
    #expect(try Self.contents(of: run) == before)
  }

  @Test("names that a stranger's page could have are refused, addresses are not")
  func rebinding() async throws {
    let run = try await SampleRun.made.value.run
    let served = try await onThread { try ServedRun(run, options: ["--name", "lab.example"]) }
    for (host, status) in [
      ("localhost:\(served.port)", 200), ("127.0.0.1", 200), ("[::1]:\(served.port)", 200),
      ("lab.example", 200), ("LAB.example:80", 200), ("evil.example", 403),
      ("127.0.0.1.evil.example", 403), ("localhost.evil.example:\(served.port)", 403), ("", 403),
      ("127.0.0.1:x", 403),
    ] {
      let answer = try await onThread { try served.ask("GET /live.js", host: host) }
      #expect(answer.status == status, "\(host)")
    }
  }

  @Test("a run is served to this machine alone, at another address only when told")
  func loopback() async throws {
    let run = try await SampleRun.made.value.run
    // All of 127.0.0.0/8 is this machine: 127.0.0.2 stands for any address that was not asked for.
    func reaches(_ served: ServedRun, _ place: String) async -> Bool {
      (try? await onThread { try served.ask("GET /live.js", at: place) })?.status == 200
    }
    let usual = try await onThread { try ServedRun(run) }
    #expect(usual.url == "http://127.0.0.1:\(usual.port)/")
    #expect(await reaches(usual, "127.0.0.1"))
    #expect(await !reaches(usual, "127.0.0.2"))
    usual.stop()
    let named = try await onThread { try ServedRun(run, options: ["--host", "127.0.0.2"]) }
    #expect(named.url == "http://127.0.0.2:\(named.port)/")
    #expect(await reaches(named, "127.0.0.2"))
    #expect(await !reaches(named, "127.0.0.1"))
    named.stop()
    let open = try await onThread { try ServedRun(run, options: ["--host", "0.0.0.0"]) }
    #expect(open.url == "http://0.0.0.0:\(open.port)/")
    #expect(await reaches(open, "127.0.0.1"))
    #expect(await reaches(open, "127.0.0.2"))
  }

  @Test("pictures come with their numbers, and events begin with what the reader lacks")
  func figuresAndEvents() async throws {
    let run = try await SampleRun.made.value.run
    let served = try await onThread { try ServedRun(run) }
    let picture = try await onThread { try served.ask("GET /figures/trajectory.svg") }
    #expect(picture.head.contains("image/svg+xml") && picture.body.contains("data-candidate=\"1\""))
    let numbers = try await onThread { try served.ask("GET /figures/ranking.csv") }
    #expect(numbers.body.hasPrefix("rank,loss,candidate"))
    let events = try await onThread { try served.ask("GET /events", until: "\nevent: sections") }
    #expect(events.head.contains("text/event-stream"))
    #expect(events.body.contains("retry: 1000") && events.body.contains("\nid: "))
    let id = try #require(
      events.body.components(separatedBy: .newlines).first { $0.hasPrefix("id: ") }?.dropFirst(4))
    let token = String(id).trimmingCharacters(in: .whitespaces)
    // Who has all of it is told nothing but that the connection lives.
    let rest = try await onThread {
      try served.ask("GET /events?since=\(token)", until: ": nothing new")
    }
    #expect(!rest.body.contains("event: sections"))
    // A token of another session means nothing here.
    let other = try await onThread {
      try served.ask(
        "GET /events", headers: ["Last-Event-ID: abc-9"], until: "\nevent: sections")
    }
    #expect(other.body.contains("event: sections"))
  }

  @Test("what cannot be served is refused with its reason")
  func refusals() async throws {
    let run = try await SampleRun.made.value.run
    let none = try await Program.run(["serve", "/nowhere", "--port", "0"])
    #expect(none.status == 2 && none.errors.contains("There is no such directory"))
    let host = try await Program.run(["serve", run.path, "--host", "example.com", "--port", "0"])
    #expect(host.status == 2 && host.errors.contains("is no address"))
    let served = try await onThread { try ServedRun(run) }
    let taken = try await Program.run(["serve", run.path, "--port", "\(served.port)"])
    #expect(taken.status == 3 && taken.errors.contains("cannot be listened on"))
  }

  /// Every file of a folder with its size and time.
  static func contents(of folder: URL) throws -> [String: String] {
    var contents: [String: String] = [:]
    let files = FileManager.default.enumerator(atPath: folder.path)
    while let name = files?.nextObject() as? String {
      let facts = try FileManager.default.attributesOfItem(
        atPath: folder.appending(path: name).path)
      contents[name] = "\(facts[.size] ?? "") \(facts[.modificationDate] ?? "")"
    }
    return contents
  }
}
