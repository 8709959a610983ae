import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Replay")
struct ProposersReplayTests {
  private func withFile<Value>(_ bytes: [UInt8], _ body: (String) throws -> Value) throws -> Value {
    let path = NSTemporaryDirectory() + "transcript-\(UUID().uuidString).jsonl"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func replies(_ text: String) throws -> [String] {
    try withFile(Array(text.utf8)) { try ReplayProposer(path: $0).replies }
  }

  private func failure(_ bytes: [UInt8]) throws -> LossmithError {
    try withFile(bytes) { path in
      do {
        _ = try ReplayProposer(path: path)
      } catch let failure as LossmithError {
        var error = failure
        error.location = error.location?.replacingOccurrences(of: path, with: "FILE")
        return error
      }
      throw Patient.Unexpected()
    }
  }

  @Test("Replies come by their index, and nil after the last")
  func order() throws {
    try withFile(Array("{\"reply\":\"a\"}\n{\"reply\":\"b\"}\n".utf8)) { path in
      let proposer = try ReplayProposer(path: path)
      var request = Chat.request
      request.index = 1
      #expect(try proposer.propose(request) == ProposalReply(text: "b", source: path))
      request.index = 0
      #expect(try proposer.propose(request)?.text == "a")
      request.index = 2
      #expect(try proposer.propose(request) == nil)
    }
  }

  @Test("A recorded run gives whole replies back: the journal is the same, and nobody is paid")
  func recordedRun() throws {
    let original = try RunFixture(["{\"thought\":\"cut", reply("a", "eta 0.7"), "I will not."])
    original.proposer.book = {
      ($0.model, $0.calls, $0.cost, $0.temperature) = ("m", 1, 0.25, 0.7)
      ($0.basis, $0.cachedTokens) = (ProposalBasis(parents: ["dpo"], island: 1), 4)
      $0.finishReason = ["{": "length", "I": "refusal"][$0.text.prefix(1)] ?? "stop"
      if $0.text.contains("eta") { $0.finishReason = "stop" }
    }
    #expect(try original.start().summary.ledger?.usd == 0.75)
    let again = try RunFixture([])
    var parts = again.parts
    let replay = try ReplayProposer(run: original.url)
    #expect(replay.config == original.config)
    parts.proposer = replay
    let outcome = try DiscoveryRun(in: try again.create(), parts: parts).run()
    #expect(outcome.summary.ledger == nil)
    #expect(outcome.summary.failed.contains { $0.finding.message.contains("cut off at the limit") })
    #expect(outcome.summary.failed.contains { $0.finding.message.contains("declined") })
    func recorded(_ fixture: RunFixture) throws -> [Recorded] {
      undisturbed(try fixture.events()).map { row in
        guard case .received(var reply) = row.body else { return row }
        reply.calls = nil
        return Recorded(place: row.place, body: .received(reply))
      }
    }
    #expect(try recorded(again) == recorded(original))
  }

  @Test("All forms of a transcript are read")
  func forms() throws {
    #expect(
      try replies("\u{FEFF}{\"comment\":\"x\"}\r\n\r\n{\"reply\":\"a\\nb\"}\r\n  \n") == ["a\nb"])
    let line = #"{"thought":"t","name":"n","code":"c"}"#
    #expect(try replies(line + "\n") == [line])
    #expect(
      try replies(#"{"role":"user","content":"q"}"# + "\n" + #"{"role":"assistant","content":"r"}"#)
        == ["r"])
    let messages = """
      [{"role":"system","content":"s"},
       {"role":"assistant","content":"one"}, {"role":"user","content":"u"},
       {"role":"assistant","content":null}]
      """
    #expect(try replies(messages) == ["one", ""])
  }

  @Test(
    "A line that is no reply is named",
    arguments: [
      ("{\"reply\":\"a\"}\n\n{\"reply\":", "FILE:3"), ("{\"reply\":\"a\"}\nhello", "FILE:2"),
      ("{\"reply\":1}", "FILE:1"), ("{\"answer\":\"x\"}", "FILE:1"),
      ("{\"thought\":\"x\"}", "FILE:1"),
      ("[{\"role\":1}]", "FILE:1"), ("", "FILE"), ("{\"comment\":\"x\"}", "FILE"), ("7", "FILE:1"),
    ])
  func malformed(text: String, location: String) throws {
    let error = try failure(Array(text.utf8))
    #expect(error.code == .malformedInput)
    #expect(error.location == location)
    #expect(error.remedy?.isEmpty == false)
  }

  @Test("Bytes that are no text, nesting without end and a missing file are errors, not crashes")
  func hostile() throws {
    let bytes = try failure(Array("{\"reply\":\"a\"}\n{\"reply\":\"".utf8) + [0xFF, 0xFE])
    #expect(bytes.location == "FILE:2")
    #expect(bytes.message.contains("UTF-8"))
    let deep = try failure(Array(("{\"reply\":" + String(repeating: "[", count: 200_000)).utf8))
    #expect(deep.code == .malformedInput)
    do {
      _ = try ReplayProposer(path: "/nonexistent/transcript.jsonl")
      Issue.record("no error")
    } catch {
      #expect(error.code == .missingFile)
    }
  }
}
