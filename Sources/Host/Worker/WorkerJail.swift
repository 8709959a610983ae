import Foundation

/// What a worker may do with files besides what a job names: run itself, and no more.
enum WorkerJail {
  /// - Parameters:
  ///   - program: the worker's program.
  ///   - scratch: its folder.
  static func make(program: URL, scratch: URL, files: ChildJail) -> ChildJail {
    var own = ChildJail.system
    own.readable += libraryFolders + [program.deletingLastPathComponent().path]
    own.writable = [scratch.path]
    own.executable = [program.path] + interpreters
    if let installation = try? Installation.current() {
      own.readable += [installation.templates.path, installation.plugins.path]
    }
    return own.joined(with: files)
  }

  /// The folders of the libraries in this process: the worker runs the same program.
  private static let libraryFolders: [String] = {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    let folders = maps.split(separator: "\n").compactMap { line -> String? in
      guard let slash = line.firstIndex(of: "/"), line.contains(".so") else { return nil }
      return URL(fileURLWithPath: String(line[slash...])).deletingLastPathComponent().path
    }
    return Array(Set(folders)).sorted()
  }()

  /// What this process finds around itself.
  static var reached: [String] {
    var layers: [String] = []
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    if status.contains("NoNewPrivs:\t1") { layers.append("no_new_privs") }
    if status.contains("CapEff:\t0000000000000000") { layers.append("no capabilities") }
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if number < 0, errno == EPERM { layers.append("no new sockets") }
    if number >= 0 { close(number) }
    let root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if root < 0, errno == EACCES { layers.append("landlock \(ChildJail.landlockVersion)") }
    if root >= 0 { close(root) }
    return layers
  }

  /// The dynamic loader, which the kernel starts with the program.
  private static let interpreters = [
    "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
  ]
}
