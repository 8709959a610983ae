import Foundation
import Synchronization

/// The program that makes namespaces without privileges.
///
/// Containers and some distributions refuse them; nothing but trying tells, and it is tried once.
struct Bubblewrap: Sendable {
  /// Absolute.
  let path: String

  private static let answers = Mutex<[[String]: Bool]>([:])

  /// The one on the search path.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let standard = SearchPath(["PATH": "/usr/bin:/bin:/usr/local/bin"])
    guard let path = SearchPath(environment).program("bwrap") ?? standard.program("bwrap")
    else { return nil }
    self.path = path
  }

  /// Whether a program that does nothing succeeds with these options.
  func works(_ options: [String], program: [String]) -> Bool {
    let key = [path] + options + program
    if let known = Self.answers.withLock({ $0[key] }) { return known }
    var command = Command(
      executable: path, arguments: options + ["--"] + program, wallSeconds: 120)
    command.diesWithUs = false
    let result = try? Launcher.shared.run(command)
    let works = result?.status == .exited(0)
    Self.answers.withLock { $0[key] = works }
    return works
  }

  /// Options that show folders of the system read-only; where one is a link, so it is inside.
  static func showing(_ folders: [String]) -> [String] {
    folders.flatMap { folder -> [String] in
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder) {
        return ["--symlink", target, folder]
      }
      return ["--ro-bind-try", folder, folder]
    }
  }
}
