import Glibc

/// A file or folder that one process at a time holds.
///
/// The lock is the kernel's (`flock`): it goes with its holder however that ends, so a killed process
/// leaves nothing to clean up. It tells the living from the dead where process numbers do not: a number
/// means another process in another container, and a killed process keeps its own until it is reaped.
public final class FileLock {
  public enum Failure: Error {
    /// Another process has it, or another lock of this one.
    case held
    /// A system call failed: its errno, and what it was to do.
    case system(Int32, doing: String)
  }

  private let descriptor: Int32

  // In both, the property is set only once all is well: an initializer that throws when all is set runs
  // deinit, which would close again, and by then the number may be another file's.

  /// Makes the file if need be and locks it, or fails at once.
  public init(_ path: String) throws(Failure) {
    descriptor = try Self.locked(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644))
  }

  /// Locks a folder that is there, or fails at once. Some network file systems lock files only.
  public init(folder path: String) throws(Failure) {
    descriptor = try Self.locked(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
  }

  private static func locked(_ descriptor: Int32) throws(Failure) -> Int32 {
    guard descriptor >= 0 else { throw .system(errno, doing: "open the lock") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      close(descriptor)
      throw number == EWOULDBLOCK ? .held : .system(number, doing: "take the lock")
    }
    return descriptor
  }

  /// Whether a path still names what is locked: a holder may remove it while another opens it.
  public func isOf(_ path: String) -> Bool {
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
