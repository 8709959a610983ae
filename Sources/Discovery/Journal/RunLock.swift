import Foundation
import Glibc
import Losses

/// Keeps a second process away from a run while this one works on it.
///
/// The lock is the kernel's (`flock`): it goes with its holder however that ends, so a
/// killed run leaves nothing to clean up.
final class RunLock {
  static let fileName = "lock"
  private let descriptor: Int32

  /// - Throws: `LossmithError`: `runDirectory` when another process holds the lock, `storage`
  ///   when the file cannot be made.
  init(in run: URL) throws {
    // Set only once it is locked: an initializer that throws when all is set runs deinit, which would
    // close again, and by then the number may be another file's.
    descriptor = try Self.locked(in: run)
  }

  private static func locked(in run: URL) throws -> Int32 {
    let path = run.appending(path: fileName).path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StorageFault.posix(errno, doing: "create the lock", path: path, run: run.path)
    }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      close(descriptor)
      if number == EWOULDBLOCK {
        throw LossmithError(
          .runDirectory, "Another process is working on this run.", at: run.path,
          remedy: "Wait until it ends, or stop it, or start a run in another directory.")
      }
      throw StorageFault.posix(number, doing: "lock the run", path: path, run: run.path)
    }
    return descriptor
  }

  deinit {
    // Said aloud, for a child between fork and exec holds a copy of the descriptor.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
