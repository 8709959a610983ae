import Foundation
import Losses

/// Keeps a second process away from a run while this one works on it.
final class RunLock {
  static let fileName = "lock"
  /// Held, never read.
  private let lock: FileLock

  /// - Throws: `LossmithError`: `runDirectory` when another process holds the lock, `storage`
  ///   when the file cannot be made.
  init(in run: URL) throws {
    let path = run.appending(path: Self.fileName).path
    do throws(FileLock.Failure) {
      lock = try FileLock(path)
    } catch {
      switch error {
      case .held:
        throw LossmithError(
          .runDirectory, "Another process is working on this run.", at: run.path,
          remedy: "Wait until it ends, or stop it, or start a run in another directory.")
      case .system(let number, let action):
        throw StorageFault.posix(number, doing: action, path: path, run: run.path)
      }
    }
  }
}
