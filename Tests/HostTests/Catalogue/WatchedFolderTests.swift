import Foundation
import Testing

@testable import Host

@Suite struct WatchedFolderTests {
  @Test("the first look gives all plug-ins, later ones what has other contents")
  func changes() throws {
    let folder = BuildFixtures.freshCache()
    try FileManager.default.createDirectory(
      at: folder.appending(path: "nested"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws {
      // As editors do: a new file takes the place of the old one.
      try Data(text.utf8).write(to: folder.appending(path: name), options: .atomic)
    }
    try write("a.swift", "1")
    try write("b.so", "1")
    try write("notes.txt", "1")
    try write(".hidden.swift", "1")
    try write("nested/nested.c", "1")
    var watched = WatchedFolder(folder)
    func names() -> [String] { watched.look().changed.map(\.lastPathComponent) }
    #expect(watched.exists)
    #expect(names() == ["a.swift", "b.so", "nested.c"])
    #expect(names() == [])
    try write("a.swift", "2")
    #expect(names() == ["a.swift"])
    // The same text in a new file is no change.
    try write("a.swift", "2")
    #expect(names() == [])
    try write("b.so", "22")
    try write("c.cpp", "1")
    #expect(names() == ["b.so", "c.cpp"])
    try FileManager.default.removeItem(at: folder.appending(path: "c.cpp"))
    #expect(names() == [])
    try write("c.cpp", "1")
    #expect(names() == ["c.cpp"])
    #expect(!WatchedFolder(folder.appending(path: "none")).exists)
  }

  @Test("what is removed, and what is named like a plug-in and is no file, is told once")
  func others() throws {
    let folder = BuildFixtures.freshCache()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func place(_ name: String) -> String { folder.appending(path: name).path }
    try Data("1".utf8).write(to: folder.appending(path: "a.swift"))
    #expect(mkfifo(place("pipe.swift"), 0o600) == 0)
    #expect(mkfifo(place("notes"), 0o600) == 0)
    #expect(symlink("/dev/null", place("null.so")) == 0)
    #expect(symlink("loop.c", place("loop.c")) == 0)
    #expect(symlink("a.swift", place("link.swift")) == 0)
    var watched = WatchedFolder(folder)
    let first = watched.look()
    #expect(first.changed.map(\.lastPathComponent) == ["a.swift", "link.swift"])
    #expect(first.removed.isEmpty)
    #expect(
      first.ignored.map { "\($0.file.lastPathComponent): \($0.reason)" } == [
        "loop.c: this link leads nowhere: Too many levels of symbolic links",
        "null.so: this is a device", "pipe.swift: this is a pipe",
      ])
    let calm = watched.look()
    #expect(calm.changed.isEmpty && calm.removed.isEmpty && calm.ignored.isEmpty)
    #expect(unlink(place("link.swift")) == 0 && unlink(place("pipe.swift")) == 0)
    let second = watched.look()
    // A pipe was never measured: nothing is missed when it goes.
    #expect(second.removed.map(\.lastPathComponent) == ["link.swift"])
    #expect(second.changed.isEmpty && second.ignored.isEmpty)
    #expect(watched.look().removed.isEmpty)
    try Data("1".utf8).write(to: folder.appending(path: "pipe.swift"))
    #expect(watched.look().changed.map(\.lastPathComponent) == ["pipe.swift"])
  }
}
