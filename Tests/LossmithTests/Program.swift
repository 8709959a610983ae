import Foundation
import Host
import Losses

/// The built program, run as a user runs it.
enum Program {
  struct Result {
    var status: Int32
    var output: String
    var errors: String

    /// The JSON document on standard output.
    func json() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return value as? [String: Any] ?? [:]
    }
  }

  /// `lossmith` beside the test bundle: both come from one build.
  static var executable: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("lossmith")
  }

  /// The checkout.
  static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  static func fixture(_ name: String) -> String {
    root.appendingPathComponent("Tests/LossmithTests/Fixtures/\(name)").path
  }

  /// Reference data beside the checkout; nil where there is none.
  static var shared: URL? {
    let folder = root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }

  /// Every program has workers of its own: with all tests at once they would starve each other's cells
  /// until these count as hung.
  private static let places = DispatchSemaphore(value: 2)

  /// Runs the program to its end; at most two run at a time.
  ///
  /// The environment is PATH, HOME and what is given, so that no key of the person who tests leaks in.
  ///
  /// It waits on a thread of its own: a test that blocked one of the few threads of Swift's pool would
  /// starve the servers that other tests run.
  ///
  /// - Parameter isUrgent: does not wait for its turn, since the test watches it work.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil,
    input: Data = Data(), isUrgent: Bool = false
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        if !isUrgent { places.wait() }
        defer { if !isUrgent { places.signal() } }
        continuation.resume(
          with: Swift.Result {
            try wait(arguments, environment: environment, in: folder, input: input)
          })
      }
    }
  }

  private static func wait(
    _ arguments: [String], environment: [String: String], in folder: URL?, input: Data
  ) throws -> Result {
    let own = ProcessInfo.processInfo.environment
    var variables = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": own["HOME"] ?? "/"]
    variables["XDG_CACHE_HOME"] = own["XDG_CACHE_HOME"]
    variables.merge(environment) { $1 }
    var command = Command(executable: executable.path, arguments: arguments)
    command.environment = variables
    command.outputLimitBytes = 64 << 20
    command.workingDirectory = folder?.path
    // A backstop only: a slow machine fits a policy here while other suites are at work.
    command.wallSeconds = 3600
    command.input = input
    let result = try Launcher.shared.run(command)
    let status: Int32 =
      switch result.status {
      case .exited(let code): code
      case .signalled(let signal): 128 + signal
      default: -1
      }
    return Result(
      status: status, output: String(decoding: result.stdout, as: UTF8.self),
      errors: String(decoding: result.stderr, as: UTF8.self))
  }
}

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("lossmith-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A file of this content.
  func file(_ name: String, _ text: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }
}
