import Foundation
import Losses
import Testing

@testable import Host

/// Every plug-in of examples/: from its source, and as a library that came without one.
@Suite struct ExamplesTests {
  static let folder = BuildFixtures.root.appending(path: "examples")

  /// Path and the warnings that its README could explain.
  static let sources = [
    ("swift/smooth-hinge.swift", [String]()), ("swift/brier.swift", []),
    ("c/weighted-dpo.c", []), ("cpp/list-net.cpp", ["non-monotone"]),
  ]

  @Test("no example is left out")
  func complete() throws {
    let found = try #require(FileManager.default.enumerator(atPath: Self.folder.path))
      .compactMap { $0 as? String }
      .filter {
        PluginSource.Language(fileExtension: URL(fileURLWithPath: $0).pathExtension) != nil
      }
    #expect(Set(found) == Set(Self.sources.map(\.0)))
  }

  @Test("an example builds from its source and passes every check", arguments: sources)
  func source(path: String, warnings: [String]) throws {
    let plugin = try resolve(Self.folder.appending(path: path))
    #expect(plugin.origin == .source)
    #expect(plugin.warnings.isEmpty)
    let report = try CheckFixtures.report(try PluginImage(path: plugin.library.path))
    #expect(report.finding == Finding(.ok))
    #expect(report.warnings.map(\.name) == warnings)
  }

  @Test("the same plug-in passes as a bare library without its source", arguments: sources)
  func bare(path: String, warnings: [String]) throws {
    let elsewhere = BuildFixtures.freshCache()
    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: elsewhere) }
    let library = elsewhere.appending(path: "plugin.so")
    let source = Self.folder.appending(path: path)
    if source.pathExtension == "swift" {
      let built = try resolve(source).library
      try FileManager.default.copyItem(at: built, to: library)
    } else {
      try PlainCompiler.library(source, to: library, flags: ["-Wall", "-Wextra", "-Werror"])
    }
    let plugin = try resolve(library)
    #expect(plugin.origin == .library)
    #expect(plugin.warnings.isEmpty)
    let report = try CheckFixtures.report(try PluginImage(path: plugin.library.path))
    #expect(report.finding == Finding(.ok))
  }

  @Test("the C plug-ins of docs/abi.md build and pass as they stand there", arguments: 0..<3)
  func document(index: Int) throws {
    let text = try String(
      contentsOf: BuildFixtures.root.appending(path: "docs/abi.md"), encoding: .utf8)
    let code = try #require(text.components(separatedBy: "```c\n").dropFirst(index + 1).first)
      .components(separatedBy: "```")[0]
    let outcome = try BuildFixtures.builder().build(
      PluginSource(text: code, language: .c, fileName: "my-dpo.c"),
      name: BuildFixtures.name("my-dpo"), strictness: .trusted)
    let report = try CheckFixtures.report(
      try PluginImage(path: try outcome.plugin().library.path))
    #expect(report.finding == Finding(.ok))
    if index < 2 { #expect(report.warnings.isEmpty) }
  }

  private func resolve(_ file: URL) throws -> ResolvedPlugin {
    try PluginResolver(builder: try BuildFixtures.builder()).resolve(file.path).get()
  }
}
