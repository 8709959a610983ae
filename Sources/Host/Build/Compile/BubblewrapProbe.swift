import Foundation
import Losses
import Synchronization

/// Finds out once whether bubblewrap can make its namespaces here.
///
/// Containers and some distributions refuse them; nothing but trying tells.
final class BubblewrapProbe: Sendable {
  static let shared = BubblewrapProbe()

  /// Where the scratch folder is seen inside.
  static let scratch = "/build"

  private let answers = Mutex<[String: Bool]>([:])

  /// The bubblewrap on the search path; nil when there is none or it does not work.
  func working(_ environment: [String: String]) -> String? {
    guard let path = SearchPath(environment).program("bwrap") else { return nil }
    if let known = answers.withLock({ $0[path] }) { return known ? path : nil }
    let works = Self.works(path)
    answers.withLock { $0[path] = works }
    return works ? path : nil
  }

  private static func works(_ path: String) -> Bool {
    let scratch = FileManager.default.temporaryDirectory.path
    let arguments =
      arguments(readable: [], scratch: scratch, environment: [:]) + ["/bin/sh", "-c", ":"]
    var command = Command(executable: path, arguments: arguments, wallSeconds: 120)
    command.diesWithUs = false
    let result = try? Launcher.shared.run(command)
    return result?.status == .exited(0)
  }

  /// The options of the jail, up to the program.
  static func arguments(
    readable: [String], scratch: String, environment: [String: String]
  ) -> [String] {
    var arguments = [
      "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
      "--ro-bind", "/usr", "/usr",
    ]
    // Where these are symbolic links into /usr, binding them shows the same files twice.
    for folder in ["/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"] + readable {
      arguments += ["--ro-bind-try", folder, folder]
    }
    arguments += ["--dev", "/dev", "--tmpfs", "/tmp"]
    arguments += ["--bind", scratch, Self.scratch, "--chdir", Self.scratch]
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      arguments += ["--setenv", name, value]
    }
    return arguments + ["--"]
  }
}
