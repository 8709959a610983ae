import Foundation
import Losses

/// A folder that is filled beside its place, as `.NAME.PROCESS.part`, and then renamed to it.
///
/// It is locked, so that no other process takes it for one of the ``Leftovers``.
public final class StagingFolder {
  public let url: URL
  /// Nil where the file system does not lock folders.
  private let lock: FileLock?

  /// Removes what killed processes left beside the place, and makes the folder, empty, with its parents.
  ///
  /// - Throws: `LossmithError` (`storage`).
  public init(beside place: URL) throws(LossmithError) {
    url = place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).\(getpid()).part")
    Leftovers(of: place).remove()
    lock = try Self.make(url, place)
  }

  /// Removes what stands under its name: what was not put in place, or what has changed places with it.
  public func remove() {
    try? FileManager.default.removeItem(at: url)
    withExtendedLifetime(lock) {}
  }

  private static func make(_ url: URL, _ place: URL) throws(LossmithError) -> FileLock? {
    let manager = FileManager.default
    // Again when another process took it for a leftover between our two steps.
    for _ in 0..<1000 {
      do {
        try manager.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        // Alone: what is there already would become a part of the result.
        try manager.createDirectory(at: url, withIntermediateDirectories: false)
      } catch CocoaError.fileWriteFileExists {
        Leftovers(of: place).remove()
        continue
      } catch {
        throw LossmithError(
          .storage, "The folder cannot be made.", at: place.path,
          remedy: "Check that its parent may be written to.", underlying: error)
      }
      do throws(FileLock.Failure) {
        let lock = try FileLock(folder: url.path)
        if lock.isOf(url.path) { return lock }
      } catch {
        switch error {
        case .held, .system(ENOENT, doing: _): continue
        case .system: return nil
        }
      }
    }
    throw LossmithError(
      .storage, "The folder that is to be filled is taken or removed again and again.",
      at: url.path, remedy: "Let one process at a time write to this place.")
  }
}
