import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Replies that a person pastes")
struct ManualTests {
  /// Replies read from a pipe that has all of the text at once.
  private func replies(
    _ text: String, in folder: URL? = nil, count: Int = 9, shown: (String) -> Void = { _ in }
  ) throws -> [String] {
    let scratch = try Scratch()
    let pipe = Pipe()
    // It closes with its last reference, and the proposer holds only a number.
    defer { withExtendedLifetime(pipe) {} }
    try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try pipe.fileHandleForWriting.close()
    var words: [String] = []
    let proposer = ManualProposer(
      folder: folder ?? scratch.url, input: pipe.fileHandleForReading.fileDescriptor,
      show: { words.append($0) })
    var replies: [String] = []
    while replies.count < count, let reply = try proposer.propose(Chat.request) {
      #expect(reply.source == "a person")
      replies.append(reply.text)
    }
    words.forEach(shown)
    return replies
  }

  @Test("A line with a dot ends a reply, and so does the end of the input")
  func ends() throws {
    #expect(try replies("a\nb\n.\nc\n") == ["a\nb\n", "c\n"])
    #expect(try replies("a\n. \nb") == ["a\n", "b"])
    #expect(try replies("a\r\n.\r\nb\n.\n") == ["a\r\n", "b\n"])
    #expect(try replies("").isEmpty)
    #expect(try replies(" \n\n").isEmpty)
    #expect(try replies("x.y\n..\n.\n") == ["x.y\n..\n"])
  }

  @Test("A line @FILE stands for the file; one that cannot be read is said and asked again")
  func files() throws {
    let scratch = try Scratch()
    let file = scratch.url.appending(path: "reply.json")
    try Data("from a file".utf8).write(to: file)
    var shown = ""
    let read = try replies("@/no/such/file\n.\n@\(file.path)\n.\n@a\n@b\n.\n") { shown += $0 }
    #expect(read == ["from a file", "@a\n@b\n"])
    #expect(shown.contains("/no/such/file"))
  }

  @Test("The prompt is in a file, whole and what is new, and what is new is shown")
  func prompts() throws {
    let scratch = try Scratch()
    var shown = ""
    _ = try replies("a\n", in: scratch.url, count: 1) { shown += $0 }
    let whole = try String(contentsOf: scratch.url.appending(path: "prompt.md"), encoding: .utf8)
    for part in ["You are.", "Results.", "No.", "(empty reply)", "Empty."] {
      #expect(whole.contains(part))
    }
    let new = try String(contentsOf: scratch.url.appending(path: "message.md"), encoding: .utf8)
    #expect(new == "Empty.")
    #expect(shown.hasPrefix("Empty.\n") && shown.contains("prompt.md"))
  }

  @Test("A reply beyond all bounds is refused, and the next one is read")
  func tooLong() throws {
    let line = String(repeating: "x", count: 1 << 16) + "\n"
    let pipe = Pipe()
    // It closes with its last reference, and the proposer holds only a number.
    defer { withExtendedLifetime(pipe) {} }
    let scratch = try Scratch()
    Thread.detachNewThread {
      let handle = pipe.fileHandleForWriting
      for _ in 0..<80 { try? handle.write(contentsOf: Data(line.utf8)) }
      try? handle.write(contentsOf: Data(".\nshort\n.\n".utf8))
      try? handle.close()
    }
    let proposer = ManualProposer(
      folder: scratch.url, input: pipe.fileHandleForReading.fileDescriptor, show: { _ in })
    do {
      _ = try proposer.propose(Chat.request)
      Issue.record("no error")
    } catch let error as LossmithError {
      #expect(error.code == .malformedInput)
    }
    #expect(try proposer.propose(Chat.request)?.text == "short\n")
  }

  @Test("Ctrl-C ends the wait, and a resumed run asks again")
  func interruption() throws {
    let fixture = try RunFixture([])
    let pipe = Pipe()
    // It closes with its last reference, and the proposer holds only a number.
    defer { withExtendedLifetime(pipe) {} }
    var isAborted = false
    func parts() -> DiscoveryRun.Parts {
      var parts = fixture.parts
      parts.proposer = ManualProposer(
        folder: fixture.url, input: pipe.fileHandleForReading.fileDescriptor, show: { _ in },
        shouldAbort: { isAborted })
      return parts
    }
    try pipe.fileHandleForWriting.write(contentsOf: Data((reply("one", "eta 0.7") + "\n.\n").utf8))
    isAborted = true
    let first = try DiscoveryRun(in: try fixture.create(), parts: parts()).run()
    #expect(first.reason == .interrupted)
    isAborted = false
    try pipe.fileHandleForWriting.close()
    let second = try DiscoveryRun(in: try fixture.resume(), parts: parts()).run()
    #expect(second.reason == .exhausted)
    #expect(second.summary.measured.map(\.name).contains("one"))
    // A person is no endpoint.
    #expect(second.summary.ledger == nil)
  }
}
