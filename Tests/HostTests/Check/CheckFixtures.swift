import Foundation
import Losses
import Synchronization
import Testing

@testable import Host

/// The plug-ins of `Fixtures/check`, each with one fault, checked as a user's are: in cells.
enum CheckFixtures {
  private static let built = Mutex<[String: PluginImage]>([:])

  static func image(_ name: String) throws -> PluginImage {
    try built.withLock { built in
      if let image = built[name] { return image }
      let image = try PluginImage(path: try compile(name).path)
      built[name] = image
      return image
    }
  }

  /// The report on a fixture.
  static func report(_ name: String) throws -> CheckReport {
    try report(try image(name))
  }

  /// The report on a library.
  static func report(_ image: PluginImage, overrides: [String: Double] = [:]) throws -> CheckReport
  {
    let cells = try LocalCells()
    return CheckSuite(overrides: overrides) { () throws(LossFailure) in
      try CellLoss(image: image, cells: cells)
    }.run()
  }

  private static func compile(_ name: String) throws -> URL {
    let library = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-check-\(name)-\(UUID().uuidString).so")
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/check")
    try PlainCompiler.library(
      folder.appendingPathComponent("\(name).c"), to: library,
      flags: ["-I", folder.path, "-Wno-unused"])
    return library
  }
}

/// The system's compilers, called as a person without Lossmith calls them.
enum PlainCompiler {
  /// Makes a shared library of a C or C++ source. The C driver links both: C++'s own library is
  /// nothing that a loss needs.
  static func library(_ source: URL, to library: URL, flags: [String] = []) throws {
    let isC = source.pathExtension == "c"
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let compiler = ["cc", "clang"].flatMap { name in
      path.split(separator: ":").map { "\($0)/\(name)" }
    }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
    let executable = try #require(compiler, "there is no compiler")
    var command = Command(
      executable: executable,
      arguments: [
        "-shared", "-fPIC", "-O1", isC ? "-std=c11" : "-std=c++17", "-fno-exceptions", "-I",
        try BuildFixtures.installation().abiHeaders.path,
      ] + flags + [source.path, "-o", library.path, "-lm"], wallSeconds: 600)
    command.environment = ["PATH": path]
    let result = try Launcher.shared.run(command)
    let words = String(decoding: result.stderr, as: UTF8.self)
    try #require(result.status == .exited(0), "\(source.lastPathComponent): \(words)")
  }
}
