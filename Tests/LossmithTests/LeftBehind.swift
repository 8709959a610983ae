import Foundation

/// Processes of this build's cells that nobody looks after any more.
enum LeftBehind {
  /// Numbers of the processes that were left behind before this call and live on after it.
  ///
  /// - Parameter seconds: what those that are about to end may take.
  static func processes(after seconds: Double) async throws -> Set<Int32> {
    var left = orphans()
    let end = Date() + seconds
    while !left.isEmpty, Date() < end {
      try await Task.sleep(for: .milliseconds(50))
      left.formIntersection(orphans())
    }
    return left
  }

  /// What wraps a cell while its parent is no `lossmith`.
  private static func orphans() -> Set<Int32> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let cell = Data((Program.executable.path + "-cell").utf8)
    return Set(
      names.compactMap { Int32($0) }.filter { pid in
        guard let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
          command.range(of: cell) != nil, let parent = parent(of: pid)
        else { return false }
        let name = try? String(contentsOfFile: "/proc/\(parent)/comm", encoding: .utf8)
        return name?.hasPrefix("lossmith") != true && name?.hasPrefix("bwrap") != true
      })
  }

  private static func parent(of pid: Int32) -> Int32? {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = status.lastIndex(of: ")")
    else { return nil }
    return Int32(status[end...].split(separator: " ").dropFirst(2).first ?? "")
  }
}
