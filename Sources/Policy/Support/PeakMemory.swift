import Foundation
import Glibc

/// The resident memory of this process, as Linux counts it.
public enum PeakMemory {
  /// The most that it has had since it began, or since ``reset()``, in bytes; 0 where the system does
  /// not tell.
  public static var bytes: Int { field("VmHWM:") }

  /// What it has now, in bytes; 0 where the system does not tell.
  public static var resident: Int { field("VmRSS:") }

  /// Gives freed memory back and starts counting anew from what is resident then; without effect where
  /// that is not allowed.
  public static func reset() {
    trim()
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }

  /// What an earlier piece of work has freed would count for the next one.
  ///
  /// Swift's module of glibc lacks `malloc.h`.
  private static func trim() {
    typealias Trim = @convention(c) (Int) -> Int32
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: Trim.self)(0)
  }

  private static func field(_ name: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
      let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return number * 1024
  }
}
