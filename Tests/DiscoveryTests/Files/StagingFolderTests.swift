import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Folders that are filled beside their place")
struct StagingFolderTests {
  private func names(_ scratch: Scratch) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted()
  }

  @Test("a folder can be locked too, by one at a time, and only a folder that is there")
  func folderLock() throws {
    let scratch = try Scratch()
    let (path, aside) = (scratch.url.path, scratch.url.path + ".aside")
    var first: FileLock? = try FileLock(folder: path)
    let refused = #expect(throws: FileLock.Failure.self) { try FileLock(folder: path) }
    guard case .held = refused else {
      return #expect(Bool(false), "\(String(describing: refused))")
    }
    // The lock is the folder's, whatever its name.
    #expect(rename(path, aside) == 0)
    #expect(first?.isOf(path) == false && first?.isOf(aside) == true)
    #expect(rename(aside, path) == 0)
    first = nil
    _ = try FileLock(folder: path)
    let missing = #expect(throws: FileLock.Failure.self) { try FileLock(folder: aside) }
    guard case .system(ENOENT, doing: _) = missing else {
      return #expect(Bool(false), "\(String(describing: missing))")
    }
    let file = scratch.url.appending(path: "file").path
    try Data().write(to: URL(fileURLWithPath: file))
    #expect(throws: FileLock.Failure.self) { try FileLock(folder: file) }
  }

  @Test("is new and empty, takes the leftovers away, and goes with all that is in it")
  func filled() throws {
    let scratch = try Scratch()
    let place = scratch.url.appending(path: "loss")
    // Our parent lives, but who holds nothing is dead, or another that had the number.
    for process in [getpid(), getppid(), Int32.max] {
      let stale = scratch.url.appending(path: ".loss.\(process).part")
      try FileManager.default.createDirectory(at: stale, withIntermediateDirectories: true)
      try Data().write(to: stale.appending(path: "half"))
    }
    let staging = try StagingFolder(beside: place)
    #expect(try names(scratch) == [staging.url.lastPathComponent])
    #expect(try FileManager.default.contentsOfDirectory(atPath: staging.url.path) == [])
    try Data().write(to: staging.url.appending(path: "whole"))
    // To another process it is no leftover.
    Leftovers(of: place).remove()
    #expect(FileManager.default.fileExists(atPath: staging.url.path + "/whole"))
    staging.remove()
    #expect(try names(scratch) == [])
    let deep = try StagingFolder(beside: scratch.url.appending(path: "new/deep/loss"))
    #expect(FileManager.default.fileExists(atPath: deep.url.path))
  }

  @Test("two for one place in one process are refused, and the first is unharmed")
  func twice() throws {
    let scratch = try Scratch()
    let place = scratch.url.appending(path: "loss")
    let first = try StagingFolder(beside: place)
    let error = #expect(throws: LossmithError.self) { try StagingFolder(beside: place) }
    #expect(error?.code == .storage)
    #expect(try names(scratch) == [first.url.lastPathComponent])
    first.remove()
    try StagingFolder(beside: place).remove()
    #expect(try names(scratch) == [])
  }

  @Test("where no folder can be made, the error names the place")
  func impossible() throws {
    let error = #expect(throws: LossmithError.self) {
      try StagingFolder(beside: URL(fileURLWithPath: "/proc/loss"))
    }
    #expect(error?.code == .storage && error?.location == "/proc/loss")
  }
}
