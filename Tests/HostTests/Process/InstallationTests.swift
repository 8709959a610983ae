import Foundation
import Losses
import Testing

@testable import Host

@Suite("Installation")
struct InstallationTests {
  /// A folder tree that goes with the test.
  private func withTree(_ folders: [String], _ body: (URL) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-\(UUID().uuidString)").standardizedFileURL
    defer { try? FileManager.default.removeItem(at: root) }
    for folder in folders {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    try body(root)
  }

  @Test("a program in a checkout finds the checkout")
  func checkout() throws {
    try withTree(["Sources/LossKit", ".build/debug"]) { root in
      let found = try Installation(
        program: root.appendingPathComponent(".build/debug/lossmith"), environment: [:])
      #expect(found.isCheckout)
      #expect(found.lossKitSources.path == root.path + "/Sources/LossKit")
      #expect(found.abiHeaders.path == root.path + "/Sources/PluginABI/include")
    }
  }

  @Test("an installed program finds share/lossmith and the cell in libexec")
  func installed() throws {
    try withTree(["bin", "share/lossmith/LossKit", "libexec/lossmith"]) { root in
      let cell = root.path + "/libexec/lossmith/lossmith-cell"
      #expect(
        FileManager.default.createFile(
          atPath: cell, contents: Data(), attributes: [.posixPermissions: 0o755]))
      let found = try Installation(
        program: root.appendingPathComponent("bin/lossmith"), environment: [:])
      #expect(!found.isCheckout)
      #expect(found.lossKitSources.path == root.path + "/share/lossmith/LossKit")
      #expect(found.plugins.path == root.path + "/share/lossmith/Plugins")
      #expect(try found.cellProgram().path == cell)
    }
  }

  @Test("LOSSMITH_HOME overrides the search, and a wrong one is refused")
  func override() throws {
    try withTree(["checkout/Sources/LossKit", "elsewhere"]) { root in
      let program = root.appendingPathComponent("elsewhere/lossmith")
      let found = try Installation(
        program: program, environment: ["LOSSMITH_HOME": root.path + "/checkout"])
      #expect(found.resourceRoot.path == root.path + "/checkout")
      let error = #expect(throws: LossmithError.self) {
        try Installation(
          program: program, environment: ["LOSSMITH_HOME": root.path + "/elsewhere"])
      }
      #expect(error?.code == .missingTool)
      #expect(throws: LossmithError.self) { try Installation(program: program, environment: [:]) }
    }
  }

  @Test("the cache follows XDG_CACHE_HOME when it is absolute, else the home folder")
  func cache() throws {
    try withTree(["Sources/LossKit"]) { root in
      func cache(_ environment: [String: String]) throws -> String {
        try Installation(program: root.appendingPathComponent("x"), environment: environment)
          .cacheDirectory.path
      }
      let absolute = try cache(["XDG_CACHE_HOME": "/c", "HOME": "/h"])
      let relative = try cache(["XDG_CACHE_HOME": "c", "HOME": "/h"])
      #expect(absolute == "/c/lossmith")
      #expect(relative == "/h/.cache/lossmith")
    }
  }

  @Test("the running program has an installation and a cell")
  func running() throws {
    let found = try Installation.current()
    #expect(FileManager.default.fileExists(atPath: found.abiHeaders.path + "/loss_abi.h"))
    #expect(FileManager.default.isExecutableFile(atPath: try found.cellProgram().path))
  }
}
