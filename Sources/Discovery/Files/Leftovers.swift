import Foundation

/// What killed processes of this program left beside a folder that they were writing or replacing.
///
/// | name | what |
/// |---|---|
/// | `.NAME.PROCESS.part` | a folder that was being filled, or one that was replaced and was to go |
/// | `.NAME.PROCESS.part.old` | the folder that was to be replaced, moved aside |
///
/// Their owner holds them locked (see ``FileLock``), so what can be locked is nobody's any more. Where the
/// file system does not lock folders, the process's number decides.
public struct Leftovers {
  private let place: URL
  private let parent: URL

  /// - Parameter place: of the folder itself.
  public init(of place: URL) {
    self.place = place
    parent = place.deletingLastPathComponent()
  }

  /// Puts a folder back that was moved aside, when nothing has taken its place since.
  public func restore() {
    var status = stat()
    guard lstat(place.path, &status) != 0, errno == ENOENT,
      let aside = dead(".part.old").first
    else { return }
    rename(aside.url.path, place.path)
  }

  /// Removes everything, but puts back what ``restore()`` does.
  public func remove() {
    restore()
    let aside = FileManager.default.fileExists(atPath: place.path) ? dead(".part.old") : []
    for (url, lock) in dead(".part") + aside {
      try? FileManager.default.removeItem(at: url)
      withExtendedLifetime(lock) {}
    }
  }

  /// Folders with an ending whose owner is dead, in the order of their names, each locked where that can be
  /// done: so nobody begins to use one while it goes.
  private func dead(_ ending: String) -> [(url: URL, lock: FileLock?)] {
    let start = ".\(place.lastPathComponent)."
    let all = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return all.sorted().compactMap { name in
      guard name.hasPrefix(start), name.hasSuffix(ending),
        name.count > start.count + ending.count,
        let process = Int32(name.dropFirst(start.count).dropLast(ending.count)), process > 0
      else { return nil }
      let url = parent.appending(path: name)
      do throws(FileLock.Failure) {
        return (url, try FileLock(folder: url.path))
      } catch {
        guard case .system = error else { return nil }
        // A number may come again, as it does where every container begins to count anew.
        let isDead = process == getpid() || (kill(process, 0) != 0 && errno == ESRCH)
        return isDead ? (url, nil) : nil
      }
    }
  }
}
