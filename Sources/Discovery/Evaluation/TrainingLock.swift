import Foundation
import Glibc
import Losses
import Policy

/// Keeps a second training away from the folder of a training's state while this one goes on.
///
/// It is a file in that folder, locked by the kernel. A training that is killed frees it, and the next
/// one takes the file over; one that ends removes it, and the folder too when no state is in it. Where the
/// file system has no locks, trainings go on without.
public final class TrainingLock {
  static let fileName = "lock"
  private let folder: URL
  /// Folders above it that were made for it, the lowest first.
  private let made: [URL]
  private var lock: FileLock?
  private var isReleased = false

  /// Makes the folder if need be, and locks it.
  ///
  /// - Throws: `LossmithError`: `usage` when another training holds it; `storage`.
  public init(_ folder: URL) throws(LossmithError) {
    self.folder = folder
    made = Self.missing(above: folder)
    do {
      lock = try Self.taken(in: folder)
    } catch {
      for place in [folder] + made where rmdir(place.path) != 0 { break }
      isReleased = true
      throw error
    }
  }

  deinit { release() }

  /// Lets another training come; a second time does nothing.
  public func release() {
    guard !isReleased else { return }
    isReleased = true
    unlink(folder.appending(path: Self.fileName).path)
    // Only empty folders go.
    for place in [folder] + made where rmdir(place.path) != 0 { break }
    lock = nil
  }

  /// - Returns: nil where the file system has no locks.
  private static func taken(in folder: URL) throws(LossmithError) -> FileLock? {
    let path = folder.appending(path: fileName).path
    // Again when a training that ends removes folder or file between our steps.
    for _ in 0..<1000 {
      try Checkpointing.makeFolder(folder)
      do throws(FileLock.Failure) {
        let lock = try FileLock(path)
        if lock.isOf(path) { return lock }
      } catch {
        switch error {
        case .system(ENOENT, doing: _): continue
        case .system(ENOSYS, doing: _), .system(EOPNOTSUPP, doing: _), .system(ENOLCK, doing: _):
          return nil
        case .system(let number, let action):
          throw LossmithError(
            .storage, "Could not \(action): \(String(cString: strerror(number))).", at: path,
            remedy: "Check that the folder may be written to.")
        case .held: throw inUse(folder)
        }
      }
    }
    throw inUse(folder)
  }

  private static func inUse(_ folder: URL) -> LossmithError {
    LossmithError(
      .usage, "Another training for this place is under way.", at: folder.path,
      remedy: "Wait until it ends, or stop it, or give another folder with --out.")
  }

  private static func missing(above folder: URL) -> [URL] {
    var (missing, place) = ([URL](), folder.deletingLastPathComponent())
    while place.path != "/", !FileManager.default.fileExists(atPath: place.path) {
      missing.append(place)
      place = place.deletingLastPathComponent()
    }
    return missing
  }
}
