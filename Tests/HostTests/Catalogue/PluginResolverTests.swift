import Foundation
import Losses
import Testing

@testable import Host

@Suite struct PluginResolverTests {
  func resolver() throws -> PluginResolver {
    try PluginResolver(builder: try BuildFixtures.builder())
  }

  func code(_ text: String) throws -> LossmithError? {
    let resolver = try resolver()
    return #expect(throws: LossmithError.self) { _ = try resolver.resolve(text).get() }
  }

  /// A folder with files, removed afterwards.
  func withFolder(
    _ name: String, _ files: [String: String], _ body: (URL) throws -> Void
  ) throws {
    let parent = BuildFixtures.freshCache()
    let folder = parent.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: parent) }
    for (file, text) in files { try Data(text.utf8).write(to: folder.appending(path: file)) }
    try body(folder)
  }

  @Test("the catalogue knows its losses with family, summary and aliases")
  func catalogue() throws {
    let catalogue = try resolver().catalogue
    #expect(catalogue.entries.count >= 13)
    let lrml = try #require(catalogue.entry(named: "lrml"))
    #expect(lrml.family == .pairwise)
    #expect(!lrml.summary.isEmpty)
    #expect(lrml.aliases.contains("discopop"))
    #expect(catalogue.entry(named: "discopop") == lrml)
    #expect(catalogue.entries.map(\.name.text) == catalogue.entries.map(\.name.text).sorted())
  }

  @Test("a name and its alias give the same library")
  func alias() throws {
    let resolver = try resolver()
    let plugin = try resolver.resolve("lrml").get()
    #expect(plugin.origin == .catalogue)
    #expect(plugin.name.text == "lrml")
    #expect(try resolver.resolve("discopop").get() == plugin)
  }

  @Test("an unknown name is an error that proposes the nearest")
  func unknown() throws {
    let error = try code("lmrl")
    #expect(error?.code == .unknownName)
    #expect(error?.remedy?.contains("lrml") == true)
    #expect(try code("something-quite-different")?.code == .unknownName)
    #expect(try code("")?.code != nil)
  }

  @Test("a missing file, an unusable one and a broken library each have their error")
  func files() throws {
    #expect(try code("/nowhere/x.so")?.code == .missingFile)
    #expect(try code("nowhere.swift")?.code == .missingFile)
    try withFolder("f", ["x.so": "not a library", "x.txt": "text"]) { (folder: URL) throws in
      #expect(try code(folder.appending(path: "x.so").path)?.code == .notAPlugin)
      #expect(try code(folder.appending(path: "x.txt").path)?.code == .notAPlugin)
    }
    try withFolder("f", ["bad.swift": "x"]) { (folder: URL) throws in
      try Data([0xff, 0xfe, 0x00]).write(to: folder.appending(path: "bad.swift"))
      #expect(try code(folder.appending(path: "bad.swift").path)?.code == .malformedInput)
    }
  }

  @Test("a library is copied to the path of its content")
  func library() throws {
    try withFolder("f", [:]) { (folder: URL) throws in
      let file = folder.appending(path: "My Loss.so")
      let bytes = try GateFixtures.library("benign.c")
      try bytes.write(to: file)
      let plugin = try resolver().resolve(file.path).get()
      #expect(plugin.origin == .library)
      #expect(plugin.name.text == "my-loss")
      #expect(plugin.library != file)
      #expect(plugin.library.lastPathComponent == "\(SHA256Digest(of: bytes).hex).so")
      #expect(try Data(contentsOf: plugin.library) == bytes)
    }
  }

  @Test("a library that a person drops in is loaded with warnings for what the gate finds odd")
  func dropIn() throws {
    try withFolder("f", [:]) { (folder: URL) throws in
      let file = folder.appending(path: "odd.so")
      try GateFixtures.library("system.c").write(to: file)
      let plugin = try resolver().resolve(file.path).get()
      #expect(plugin.warnings.contains { $0.contains("system") })
    }
  }

  @Test("a source and a folder are built; the folder gives the name")
  func sources() throws {
    let text = try BuildFixtures.source("plain.swift").text
    try withFolder("my-folder", ["any.swift": text, "notes.txt": ""]) { (folder: URL) throws in
      let inFolder = try resolver().resolve(folder.path).get()
      #expect(inFolder.name.text == "my-folder")
      #expect(inFolder.origin == .source)
      let alone = try resolver().resolve(folder.appending(path: "any.swift").path).get()
      #expect(alone.name.text == "any")
    }
    try withFolder("two", ["a.swift": text, "two.swift": text]) { (folder: URL) throws in
      #expect(try resolver().resolve(folder.path).get().file.lastPathComponent == "two.swift")
    }
  }

  @Test("a folder with nothing, or with too much, is an error")
  func unclearFolders() throws {
    try withFolder("f", ["notes.txt": ""]) { (folder: URL) throws in
      #expect(try code(folder.path)?.code == .malformedInput)
    }
    try withFolder("f", ["a.swift": "", "b.c": ""]) { (folder: URL) throws in
      #expect(try code(folder.path)?.code == .malformedInput)
    }
  }

  @Test("a source that does not build is a result, and an error of the candidate when insisted on")
  func rejected() throws {
    let file = BuildFixtures.sources.appending(path: "misspelt.swift").path
    guard case .rejected(let name, let rejection) = try resolver().resolve(file) else {
      Issue.record("the source built")
      return
    }
    #expect(name.text == "misspelt")
    #expect(rejection.finding.verdict == .rejected(.compile))
    let error = try code(file)
    #expect(error?.code == .candidate)
    #expect(error?.code.exitCode == .candidate)
  }

  @Test("damaged aliases are an error that names the file")
  func aliases() throws {
    for text in ["{", "{\"a\": 1}", "{\"a\": \"nothing\"}", "{\"a b\": \"x\"}", "{\"x\": \"x\"}"] {
      try withFolder("plugins", ["aliases.json": text]) { (folder: URL) throws in
        let loss = folder.appending(path: "x")
        try FileManager.default.createDirectory(at: loss, withIntermediateDirectories: true)
        try Data("/// X.".utf8).write(to: loss.appending(path: "x.swift"))
        let error = #expect(throws: LossmithError.self) { try Catalogue(folder: folder) }
        #expect(error?.code == .malformedInput)
      }
    }
    try withFolder("plugins", [:]) { (folder: URL) throws in
      #expect(try Catalogue(folder: folder).entries.isEmpty)
    }
  }
}
