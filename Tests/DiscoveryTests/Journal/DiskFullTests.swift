import Foundation
import GRDB
import Losses
import Testing

@testable import Discovery

@Suite("A full disk")
struct DiskFullTests {
  @Test("stops the run wherever it strikes, and once there is space the run goes on")
  func pageLimit() throws {
    let reference = try ResumeTests.Reference()
    var struck: Set<Int> = []
    for spare in 0..<12 {
      let fixture = try ResumeTests.fixture()
      let directory = try fixture.create()
      // The limit of SQLite's own gives the very error that a full disk gives.
      try directory.journal.database.writeWithoutTransaction { db in
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        try db.execute(sql: "PRAGMA max_page_count = \(pages + spare)")
      }
      let run = try DiscoveryRun(in: directory, parts: fixture.parts)
      expectStorageError(of: run, at: directory.journal.path)
      // Nothing that was recorded is lost, and the run in memory is what the journal says.
      let recorded = try fixture.events()
      #expect(run.state == (try RunState.fold(recorded)))
      struck.insert(recorded.count)
      #expect(undisturbed(recorded) == Array(reference.recorded.prefix(recorded.count)))
    }
    #expect(struck.count >= 5)
  }

  @Test("after the page limit is lifted, the run ends like an undisturbed one")
  func pageLimitLifted() throws {
    let reference = try ResumeTests.Reference()
    for spare in [0, 2, 5, 9] {
      let fixture = try ResumeTests.fixture()
      try fillThenStop(fixture, spare: spare)
      try expectSameEnd(fixture, reference, "full after \(spare) pages")
    }
  }

  /// In a function of its own: the lock goes with the directory.
  private func fillThenStop(_ fixture: RunFixture, spare: Int) throws {
    let directory = try fixture.create()
    try directory.journal.database.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + spare)")
    }
    let run = try DiscoveryRun(in: directory, parts: fixture.parts)
    expectStorageError(of: run, at: directory.journal.path)
  }

  @Test("a small file system that really fills up, under the journal and under the files")
  func realFileSystem() throws {
    let reference = try ResumeTests.Reference()
    for kilobytes in [140, 200, 280, 360, 440, 520] {
      let scratch = try Scratch()
      let volume = scratch.url.appending(path: "volume")
      try FileManager.default.createDirectory(at: volume, withIntermediateDirectories: true)
      guard mount("-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", volume.path) else {
        print("no file system can be mounted here; a full disk is tested by SQLite's limit only")
        return
      }
      defer { unmount(volume.path) }
      let fixture = try ResumeTests.fixture(in: try Scratch(at: volume.appending(path: "s")))
      let recorded = try workUntilFull(fixture, kilobytes: kilobytes)
      #expect(undisturbed(recorded) == Array(reference.recorded.prefix(recorded.count)))

      let file = fixture.scratch.url.appending(path: "large")
      let large = #expect(throws: LossmithError.self) {
        try DurableFile.write(Data(count: 1 << 20), to: file, run: fixture.url)
      }
      #expect(large?.code == .storage)
      #expect(large?.message.contains("The disk is full") == true)
      let names = try FileManager.default.contentsOfDirectory(atPath: fixture.scratch.url.path)
      #expect(Set(names) == ["built", "run"])

      // Still full: resuming says so again, or gets a little further, and loses nothing.
      if let error = #expect(throws: LossmithError.self, performing: { try fixture.goOn() }) {
        #expect(error.code == .storage)
      }
      #expect(mount("-o", "remount,size=16m", volume.path))
      #expect(
        undisturbed(try fixture.events()).starts(with: undisturbed(recorded)), "\(kilobytes) kB")
      try expectSameEnd(fixture, reference, "full at \(kilobytes) kB")
    }
  }

  private func workUntilFull(_ fixture: RunFixture, kilobytes: Int) throws -> [JournalEvent] {
    let directory = try fixture.create()
    let run = try DiscoveryRun(in: directory, parts: fixture.parts)
    let error = #expect(throws: LossmithError.self, "\(kilobytes) kB") { try run.run() }
    #expect(error?.code == .storage)
    #expect(error?.code.exitCode == .environment)
    #expect(error?.remedy?.contains("--resume") == true)
    return try fixture.events()
  }

  private func expectStorageError(of run: DiscoveryRun, at path: String) {
    let error = #expect(throws: LossmithError.self) { try run.run() }
    #expect(error?.code == .storage)
    #expect(error?.message.contains("full") == true)
    #expect(error?.location == path)
    #expect(error?.remedy?.contains("--resume \(run.directory.url.path)") == true)
  }

  /// Whether `mount` with these arguments succeeded.
  private func mount(_ arguments: String...) -> Bool { command("mount", arguments) }

  private func unmount(_ path: String) { _ = command("umount", ["--lazy", path]) }

  private func command(_ name: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/\(name)")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      return false
    }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
