import Foundation
import Testing

/// Libraries that the tests compile from C.
enum GateFixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/elf")

  struct CompilerFailed: Error, CustomStringConvertible {
    var description: String
  }

  /// What every library is linked with, so that one rule at a time is broken.
  static let clean = [
    "-shared", "-fPIC", "-O1", "-fno-stack-protector", "-nostartfiles", "-Wl,-z,noexecstack",
    "-Wl,-z,relro", "-Wl,-z,now",
  ]

  /// Compiles a fixture with the system's C compiler.
  ///
  /// - Parameter linked: arguments after the source, where libraries belong.
  static func library(
    _ source: String, flags: [String] = clean, adding extra: [String] = [], linked: [String] = []
  ) throws -> Data {
    let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let output = scratch.appending(path: "fixture.so")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let input = folder.appending(path: source).path
    process.arguments =
      ["cc"] + flags + extra + ["-o", output.path, input] + linked + ["-lm"]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CompilerFailed(description: String(decoding: text, as: UTF8.self))
    }
    return try Data(contentsOf: output)
  }
}
