import Foundation
import Glibc
import Losses

/// Files that other processes see whole or not at all.
///
/// Nothing is forced to the disk: after a power cut a file may be torn, which the cache notices by
/// its digest, and waiting for a busy disk would cost more than the compiler does.
enum AtomicFile {
  /// Writes beside the target, then renames.
  ///
  /// Makes the folder when it is missing.
  ///
  /// - Throws: `storage`.
  static func write(_ data: Data, to target: URL) throws(LossmithError) {
    let folder = target.deletingLastPathComponent()
    try makeFolder(folder)
    let temporary = folder.appending(path: ".\(UUID().uuidString).tmp")
    do {
      try data.write(to: temporary)
    } catch {
      unlink(temporary.path)
      throw failure(at: target, error)
    }
    guard rename(temporary.path, target.path) == 0 else {
      let code = errno
      unlink(temporary.path)
      throw failure(at: target, POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO))
    }
  }

  /// Renames a folder to a place where none was before; a folder that came first stays.
  static func move(folder: URL, to target: URL) throws(LossmithError) {
    try makeFolder(target.deletingLastPathComponent())
    if rename(folder.path, target.path) != 0 {
      let code = errno
      guard code == EEXIST || code == ENOTEMPTY else {
        throw failure(at: target, POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO))
      }
    }
  }

  static func makeFolder(_ folder: URL) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw failure(at: folder, error)
    }
  }

  static func failure(at place: URL, _ error: any Error) -> LossmithError {
    LossmithError(
      .storage, "A file of the cache cannot be written.", at: place.path,
      remedy: "Make room or make the folder writable, or set XDG_CACHE_HOME to another one.",
      underlying: error)
  }
}
