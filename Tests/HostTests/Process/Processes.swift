import Foundation

/// Looks at the process table.
enum Processes {
  /// Living processes (no zombies) that have the argument on their command line.
  static func running(argument: String) -> [Int32] {
    all.filter { pid in
      guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
        return false
      }
      return line.split(separator: 0).contains { String(decoding: $0, as: UTF8.self) == argument }
    }
  }

  /// Waits until no process with the argument lives; false when one still does after a minute.
  ///
  /// A killed process that is nobody's child goes a moment later, not at once.
  static func allGone(argument: String) -> Bool {
    running(argument: argument).allSatisfy(waitUntilGone)
  }

  /// Every living or dead process whose parent is `parent`.
  static func children(of parent: Int32) -> [Int32] {
    all.filter { self.parent(of: $0) == parent }
  }

  /// Everything below a process, parents before their children.
  static func descendants(of ancestor: Int32) -> [Int32] {
    children(of: ancestor).flatMap { [$0] + descendants(of: $0) }
  }

  /// Whether a process exists and is no zombie.
  static func isAlive(_ pid: Int32) -> Bool {
    guard let fields = stat(pid) else { return false }
    return fields.first != "Z" && fields.first != "X"
  }

  /// Waits until a process has gone; false when it is still there after a minute.
  static func waitUntilGone(_ pid: Int32) -> Bool {
    for _ in 0..<6_000 {
      if !isAlive(pid) { return true }
      usleep(10_000)
    }
    return false
  }

  static var all: [Int32] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
  }

  static func parent(of pid: Int32) -> Int32? {
    stat(pid).flatMap { $0.count > 1 ? Int32($0[1]) : nil }
  }

  /// The fields of `/proc/PID/stat` after the name: state, parent …
  private static func stat(_ pid: Int32) -> [Substring]? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    guard let close = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: close)...].split(separator: " ")
  }
}
