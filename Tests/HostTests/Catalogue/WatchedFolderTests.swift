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
    func names() -> [String] { watched.changes().map(\.lastPathComponent) }
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
}
