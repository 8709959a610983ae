import Foundation

/// Starts the cell program in namespaces of its own, where the system allows them.
///
/// The root is empty but for the system's libraries, read-only, and `/proc` of the new process
/// namespace. The reporter is its first process, so that when it ends, all within ends; and it ends
/// when its socket closes, as it does when worker or supervisor die.
struct CellWrapper: Sendable {
  /// The namespaces in the order in which the cell program is told of them.
  static let namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]

  private static let inside = "/lossmith-cell"

  private let bubblewrap: Bubblewrap
  private let options: [String]

  /// nil where there is no bubblewrap or the system refuses what it asks for.
  init?(program: URL, bubblewrap: Bubblewrap? = Bubblewrap()) {
    guard let bubblewrap else { return nil }
    self.bubblewrap = bubblewrap
    options =
      [
        "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
        "--unshare-cgroup-try", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL",
        "--as-pid-1",
      ] + Bubblewrap.showing(["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"])
      + [
        "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--proc", "/proc",
        "--ro-bind", program.path, Self.inside, "--chdir", "/", "--remount-ro", "/",
      ]
    guard bubblewrap.works(options, program: [Self.inside, "probe"]) else { return nil }
  }

  /// The command for the cell program with its arguments.
  func command(_ arguments: [String]) -> Command {
    var command = Command(
      executable: bubblewrap.path, arguments: options + ["--", Self.inside] + arguments)
    command.diesWithUs = false
    return command
  }

  /// Numbers of this process's own namespaces, joined by commas, 0 for one that the kernel has not.
  static let own: String = namespaces.map { name in
    var status = stat()
    return stat("/proc/self/ns/\(name)", &status) == 0 ? String(status.st_ino) : "0"
  }.joined(separator: ",")
}
