import Discovery
import Foundation
import Losses
import Testing

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
