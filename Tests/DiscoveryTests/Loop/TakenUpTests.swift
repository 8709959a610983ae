import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("A run that is taken up with other flags")
struct TakenUpTests {
  private static let settings = [
    "url": "http://127.0.0.1:1/401/v1", "model": "first", "json-mode": "true", "history": "last:3",
  ]

  private static func fixture(_ replies: [String] = []) throws -> RunFixture {
    try RunFixture(replies) {
      $0.proposer = "llm"
      $0.proposerSettings = settings
      $0.generations = 1
    }
  }

  @Test("may have another endpoint and model, and no other protocol")
  func flags() throws {
    let fixture = try Self.fixture()
    try fixture.start()
    var flags = RunFlags()
    flags.proposerSettings = [
      "url": "http://127.0.0.1:1/v1", "model": "second", "api": "anthropic",
      "maximum-tokens": "9", "json-mode": "false", "stream": "true", "prices": "{}",
      "history": "last:3",
    ]
    _ = try RunDirectory.resume(at: fixture.url, flags: flags)
    for (name, value) in [("history", "all"), ("selection", "crossover"), ("temperature", "1")] {
      var other = flags
      other.proposerSettings[name] = value
      let error = #expect(throws: LossmithError.self) {
        try RunDirectory.resume(at: fixture.url, flags: other)
      }
      #expect(error?.message.contains("\(name) of the proposer is") == true)
      #expect(error?.message.contains("url") == false)
    }
  }

  @Test("keeps the endpoint that a later session gave it, and the journal has it once")
  func endpoint() throws {
    let fixture = try Self.fixture([reply("a", "eta 0.7"), reply("b", "eta 0.71")])
    try fixture.start()
    func state() throws -> RunState { try RunState.fold(try fixture.events()) }
    #expect(fixture.config.proposerSettings(after: try state()) == Self.settings)

    var parts = fixture.parts
    var settings = Self.settings
    (settings["model"], settings["json-mode"], settings["stream"]) = ("second", "false", "true")
    parts.proposerSettings = settings
    for generations in 2...3 {
      _ = try DiscoveryRun(in: try fixture.resume(), parts: parts, generations: generations).run()
      #expect(fixture.config.proposerSettings(after: try state()) == settings)
    }
    let recorded = try fixture.events().compactMap { event -> [String: String]? in
      if case .resumed(let session) = event.body { session.endpoint } else { nil }
    }
    #expect(recorded.count == 1)
    #expect(recorded.first?["model"] == "second" && recorded.first?["history"] == nil)
    // What stands in the configuration stays as it was begun.
    #expect(try RunDirectory.read(at: fixture.url).config.proposerSettings == Self.settings)
    #expect(fixture.config.proposerName(after: RunState()) == "first")
    #expect(fixture.config.proposerName(after: try state()) == "second")
  }

  @Test("goes on with more generations where it had ended for them, and refuses fewer than done")
  func generations() throws {
    let replies = ["a", "b", "c", "d"].enumerated().map { reply($1, "eta 0.7\($0)") }
    let fixture = try Self.fixture(replies)
    #expect(try fixture.start().reason == .generations)
    func goOn(_ generations: Int?) throws -> DiscoveryRun.Outcome {
      try DiscoveryRun(in: try fixture.resume(), parts: fixture.parts, generations: generations)
        .run()
    }
    let events = try fixture.events()
    #expect(try goOn(1).reason == .generations)
    #expect(try fixture.events() == events)

    let more = try goOn(3)
    #expect(more.reason == .generations)
    #expect(more.summary.trajectory.count == 3)
    // It is the run's limit from now on.
    #expect(try goOn(nil).summary.trajectory.count == 3)
    let error = #expect(throws: LossmithError.self) { try goOn(2) }
    #expect(error?.code == .usage && error?.location == "--generations")
    #expect(error?.message.contains("has done 3 generations, more than 2") == true)
    #expect(try goOn(9).reason == .exhausted)
  }
}
