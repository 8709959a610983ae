import Discovery
import FlyingFox
import FlyingSocks
import Foundation
import Losses
import Synchronization
import Testing

/// Discovery has one of its own.
private typealias HTTPResponse = FlyingFox.HTTPResponse

/// A run whose proposals come over the network, killed again and again.
@Suite(.serialized) struct EndpointKillTests {
  /// A server that answers the same to the same conversation, and takes its time.
  private final class Model: Sendable {
    private let requests = Mutex(0)

    var count: Int { requests.withLock { $0 } }

    func reset() { requests.withLock { $0 = 0 } }

    func answer(_ body: Data) -> HTTPResponse {
      requests.withLock { $0 += 1 }
      // Blind sampling shows no earlier reply; the model then says the same again.
      let turn = String(decoding: body, as: UTF8.self).components(separatedBy: "\"assistant\"")
      let replies = [SearchCommandTests.proposals[4], SearchCommandTests.proposals[2]]
      let message: [String: Any] = [
        "role": "assistant", "content": replies[min(turn.count - 1, replies.count - 1)],
      ]
      let answer: [String: Any] = [
        "choices": [["message": message, "finish_reason": "stop"]],
        "usage": ["prompt_tokens": 100, "completion_tokens": 10],
      ]
      return HTTPResponse(
        statusCode: .ok, headers: [.contentType: "application/json"],
        body: (try? JSONSerialization.data(withJSONObject: answer)) ?? Data())
    }
  }

  @Test("killed anywhere, with tuning, cheap stage, frontier, blind rival and two workers")
  func kills() async throws {
    let folder = try TemporaryFolder()
    let task = try folder.file("tiny.yaml", SearchCommandTests.tiny)
    let model = Model()
    let server = HTTPServer(
      address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 300, logger: .disabled)
    await server.appendRoute("POST /v1/chat/completions") { request in
      let body = try await request.bodyData
      // Long enough to be killed in.
      try await Task.sleep(for: .milliseconds(150))
      return model.answer(body)
    }
    let running = Task { try await server.run() }
    defer { running.cancel() }
    try await server.waitUntilListening(timeout: 120)
    guard case .ip4(_, let port)? = await server.listeningAddress else {
      throw LossmithError(.hostFault, "the server has no port")
    }
    let url = "http://127.0.0.1:\(port)/v1"
    func start(_ name: String) -> [String] {
      [
        "discover", "--json", "--task", task, "--baselines", "dpo", "--workers", "2", "--seeds",
        "2", "--first-seeds", "1", "--finalists", "1", "--confirm-seeds", "1", "--tune",
        "--equal-budget", "best-of-n", "--generations", "2", "--proposer", "llm", "--base-url",
        url, "--model", "m", "--out", folder.url.appendingPathComponent(name).path,
      ]
    }
    func resume(_ run: URL) -> [String] { ["discover", "--json", "--resume", run.path] }
    func recorded(_ run: URL) throws -> [String] {
      try SearchCommandTests.recorded(run)
        + SearchCommandTests.recorded(run.appendingPathComponent(DiscoveryRun.blindFolder))
    }

    let calm = try await Program.run(start("calm"))
    try #require(calm.status == 0, "\(calm.errors)")
    let expected = try recorded(folder.url.appendingPathComponent("calm"))
    #expect(model.count == 4)
    let lines = calm.errors.split(separator: "\n").count
    let run = folder.url.appendingPathComponent("run")
    model.reset()
    var random = RandomStream(seed: 11, purpose: "endpoint kills")
    var kills = 0
    // A step further each time, so that all of the run is come through in some ten sessions.
    for _ in 0..<60 {
      let exists = FileManager.default.fileExists(atPath: run.path + "/config.json")
      let arguments = exists ? resume(run) : start("run")
      let wait = (2 + random.below(lines / 3), UInt32(random.below(150_000)))
      let isKilled = try await withCheckedThrowingContinuation { done in
        Thread.detachNewThread {
          done.resume(
            with: Result { try SearchCommandTests.killed(arguments, after: wait.0, and: wait.1) })
        }
      }
      guard isKilled else { break }
      kills += 1
    }
    #expect(kills > 1)
    let end = try await Program.run(resume(run))
    try #require(end.status == 0, "\(end.errors)")
    let found = try recorded(run)
    let difference = zip(found, expected).first { $0 != $1 }
    #expect(difference == nil)
    #expect(found.count == expected.count)
    // Each request that the server saw is booked, and each reply was paid for once.
    let ledgers = try [run, run.appendingPathComponent(DiscoveryRun.blindFolder)].map {
      Ledger(of: try RunState.fold(try RunDirectory.read(at: $0).events))
    }
    #expect(ledgers.flatMap(\.models).map(\.replies) == [2, 2])
    #expect(ledgers.allSatisfy { $0.calls == 2 + $0.possiblyPaid })
    #expect(model.count <= ledgers.map(\.calls).reduce(0, +))
    #expect(ledgers.allSatisfy { $0.tokens == 110 * $0.calls })
  }
}
