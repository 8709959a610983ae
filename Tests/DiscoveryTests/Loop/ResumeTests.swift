import Foundation
import GRDB
import Losses
import Testing

@testable import Discovery

@Suite("A run that was disturbed ends like one that was not")
struct ResumeTests {
  static func fixture(in scratch: Scratch? = nil) throws -> RunFixture {
    try RunFixture(eventfulScript, scratch: scratch) { $0.generations = 4 }
  }

  struct Reference {
    var recorded: [Recorded]
    var events: Int
    var summary: RunSummary
    var files: [String: Data]
    var observed: Int

    init(_ make: () throws -> RunFixture = { try ResumeTests.fixture() }) throws {
      let fixture = try make()
      summary = settled(try fixture.start().summary)
      let events = try fixture.events()
      recorded = undisturbed(events)
      self.events = events.count
      files = try snapshot(of: fixture)
      observed = fixture.progress.count
    }
  }

  @Test("the script has every turn in it")
  func scriptIsEventful() throws {
    let reference = try Reference()
    #expect(reference.summary.trajectory.map(\.tries) == [1, 4, 4, 1])
    #expect(reference.summary.trajectory.map(\.name) == ["first", "second-3", nil, "fourth"])
    #expect(reference.summary.failures.count == 7)
  }

  @Test("interrupted at every single thing that is observed")
  func interruptedEverywhere() throws {
    let reference = try Reference()
    #expect(reference.observed > 80)
    for moment in 1..<reference.observed {
      let fixture = try Self.fixture()
      fixture.interruptAfter = moment
      let interrupted = try fixture.start()
      #expect(interrupted.reason == .interrupted, "at \(moment)")
      #expect(interrupted.exitStatus == .interrupted)
      #expect(interrupted.error?.remedy?.contains("--resume") == true)
      fixture.interruptAfter = nil
      try expectSameEnd(fixture, reference, "interrupted at \(moment)")
      // No reply is lost and paid for twice.
      #expect(fixture.proposer.asked == Array(eventfulScript.indices), "at \(moment)")
    }
  }

  @Test("interrupted again and again, a few steps further each time")
  func interruptedRepeatedly() throws {
    let reference = try Reference()
    let fixture = try Self.fixture()
    fixture.interruptAfter = 3
    try fixture.start()
    for patience in 0..<400 {
      fixture.interruptAfter = 8 + patience % 3
      if try fixture.goOn().reason.isEnd { break }
    }
    fixture.interruptAfter = nil
    try expectSameEnd(fixture, reference, "interrupted repeatedly")
  }

  @Test("killed after every single event")
  func killedEverywhere() throws {
    let reference = try Reference()
    let whole = try Self.fixture()
    try whole.start()
    for last in 0..<reference.events {
      let fixture = try Self.fixture()
      try FileManager.default.copyItem(at: whole.url, to: fixture.url)
      try truncateJournal(of: fixture.url, after: Int64(last))
      let replies = try fixture.events().filter { $0.body.kind == "received" }.count
      try expectSameEnd(fixture, reference, "killed after event \(last)")
      // A reply that was recorded is never asked for again.
      #expect(fixture.proposer.asked == Array(replies..<eventfulScript.count))
    }
  }

  @Test("power lost while the journal was written, at any byte")
  func tornJournal() throws {
    let reference = try Reference()
    let whole = try Self.fixture()
    let directory = try whole.create()
    _ = try DiscoveryRun(in: directory, parts: whole.parts).run()
    // While the journal is open, its last pages are in the write-ahead log.
    let name = Journal.fileName
    let log = try Data(contentsOf: whole.url.appending(path: "\(name)-wal"))
    #expect(log.count > 100_000)
    var lengths: Set<Int> = []
    for part in 0...12 {
      let fixture = try Self.fixture()
      try FileManager.default.copyItem(at: whole.url, to: fixture.url)
      try? FileManager.default.removeItem(at: fixture.url.appending(path: "\(name)-shm"))
      try log.prefix(log.count * part / 12).write(
        to: fixture.url.appending(path: "\(name)-wal"))
      let survived = try RunDirectory.resume(at: fixture.url).journal.events().count
      lengths.insert(survived)
      if survived < reference.events {
        try expectSameEnd(fixture, reference, "torn at \(part)/12")
      }
    }
    #expect(lengths.count > 8)
    #expect(lengths.max() == reference.events)
  }

  @Test("a library that vanished between two sessions is built again")
  func vanishedLibrary() throws {
    let reference = try Reference()
    let fixture = try Self.fixture()
    fixture.interruptAfter = 1 + (try #require(try firstCheck()))
    try fixture.start()
    let library = fixture.url.appending(path: "candidates/0001-first/loss.so")
    try FileManager.default.removeItem(at: library)
    fixture.interruptAfter = nil
    let outcome = try fixture.goOn()
    #expect(settled(outcome.summary) == reference.summary)
  }

  @Test("a library that was changed between two sessions is not trained, but built again")
  func changedLibrary() throws {
    let reference = try Reference()
    let fixture = try Self.fixture()
    fixture.interruptAfter = 1 + (try #require(try firstCheck()))
    try fixture.start()
    let library = fixture.url.appending(path: "candidates/0001-first/loss.so")
    #expect(try Data(contentsOf: library) == Data("eta 0.65".utf8))
    try Data("eta 0.99".utf8).write(to: library)
    fixture.interruptAfter = nil
    let outcome = try fixture.goOn()
    #expect(settled(outcome.summary) == reference.summary)
    #expect(fixture.evaluator.builds.filter { $0 == "first" }.count == 2)
  }

  @Test("nor is that of a finalist trained further")
  func changedFinalist() throws {
    func fixture() throws -> RunFixture { try RunFixture(stagedScript) { $0.addStages() } }
    let calm = try fixture()
    let end = settled(try calm.start().summary)
    let first = try #require(calm.progress.firstIndex { $0.stage == .finalist })
    let other = try fixture()
    other.interruptAfter = first + 1
    #expect(try other.start().reason == .interrupted)
    for candidate in try FileManager.default.contentsOfDirectory(
      at: other.url.appending(path: "candidates"), includingPropertiesForKeys: nil)
    {
      let library = candidate.appending(path: "loss.so")
      if FileManager.default.fileExists(atPath: library.path) {
        try Data("eta 0.99".utf8).write(to: library)
      }
    }
    other.interruptAfter = nil
    let outcome = try other.goOn()
    #expect(settled(outcome.summary) == end)
  }

  private func firstCheck() throws -> Int? {
    let fixture = try Self.fixture()
    try fixture.start()
    return fixture.progress.firstIndex { $0.stage == .check && $0.name == "first" }
  }

  @Test("a run that has ended is left as it is")
  func ended() throws {
    let fixture = try Self.fixture()
    let first = try fixture.start()
    let events = try fixture.events()
    let again = try fixture.goOn()
    #expect(again.reason == first.reason)
    #expect(again.summary == first.summary)
    #expect(try fixture.events() == events)
  }

  @Test("the same script and seeds give the same journal but for times")
  func deterministic() throws {
    #expect(try Reference().recorded == Reference().recorded)
  }
}

private func snapshot(of fixture: RunFixture) throws -> [String: Data] {
  try files(of: fixture.url)
}

/// Resumes a run and compares all that is left of it with an undisturbed one.
///
/// The values are large, so only what differs first is shown.
func expectSameEnd(_ fixture: RunFixture, _ reference: ResumeTests.Reference, _ what: String) throws
{
  let outcome = try fixture.goOn()
  #expect(outcome.reason.isEnd, "\(what)")
  let sameSummary = settled(outcome.summary) == reference.summary
  #expect(sameSummary, "\(what)")
  let recorded = undisturbed(try fixture.events())
  let difference = zip(recorded, reference.recorded).first { $0 != $1 }.map {
    "\($0) instead of \($1)"
  }
  #expect(difference == nil, "\(what)")
  #expect(recorded.count == reference.recorded.count, "\(what)")
  let left = try files(of: fixture.url)
  let otherFiles = Set(left.keys).union(reference.files.keys).filter {
    left[$0] != reference.files[$0]
  }
  #expect(otherFiles.isEmpty, "\(what)")
}
