import Glibc

/// A file that one process at a time holds.
///
/// The lock is the kernel's (`flock`): it goes with its holder however that ends, so a killed process
/// leaves nothing to clean up.
final class FileLock {
  enum Failure: Error {
    /// Another process has it, or another lock of this one.
    case held
    /// A system call failed: its errno, and what it was to do.
    case system(Int32, doing: String)
  }

  private let descriptor: Int32

  /// Makes the file if need be and locks it, or fails at once.
  init(_ path: String) throws(Failure) {
    // Set only once it is locked: an initializer that throws when all is set runs deinit, which would
    // close again, and by then the number may be another file's.
    descriptor = try Self.locked(path)
  }

  private static func locked(_ path: String) throws(Failure) -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(errno, doing: "create the lock") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      close(descriptor)
      throw number == EWOULDBLOCK ? .held : .system(number, doing: "take the lock")
    }
    return descriptor
  }

  /// Whether a path still names the file that is locked: a holder may remove it while another opens it.
  func isOf(_ path: String) -> Bool {
    var (own, there) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0
      && own.st_ino == there.st_ino && own.st_dev == there.st_dev
  }

  deinit {
    // Said aloud, for a child between fork and exec holds a copy of the descriptor.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
