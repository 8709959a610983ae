import Foundation

/// What killed processes of this program left beside a folder that they were writing or replacing.
///
/// | name | what |
/// |---|---|
/// | `.NAME.PROCESS.part` | a folder that was being filled, or one that was replaced and was to go |
/// | `.NAME.PROCESS.part.old` | the folder that was to be replaced, moved aside |
///
/// What belongs to another living process is left alone.
struct Leftovers {
  private let place: URL
  private let parent: URL

  /// - Parameter place: of the folder itself.
  init(of place: URL) {
    self.place = place
    parent = place.deletingLastPathComponent()
  }

  /// Puts a folder back that was moved aside, when nothing has taken its place since.
  func restore() {
    var status = stat()
    guard lstat(place.path, &status) != 0, errno == ENOENT,
      let aside = names(".part.old").first
    else { return }
    rename(parent.appending(path: aside).path, place.path)
  }

  /// Removes everything, but puts back what ``restore()`` does.
  func remove() {
    restore()
    let aside = FileManager.default.fileExists(atPath: place.path) ? names(".part.old") : []
    for name in names(".part") + aside {
      try? FileManager.default.removeItem(at: parent.appending(path: name))
    }
  }

  /// Names with an ending, of dead processes and of those that had this one's number.
  private func names(_ ending: String) -> [String] {
    let start = ".\(place.lastPathComponent)."
    let all = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return all.sorted().filter { name in
      guard name.hasPrefix(start), name.hasSuffix(ending),
        name.count > start.count + ending.count,
        let process = Int32(name.dropFirst(start.count).dropLast(ending.count)), process > 0
      else { return false }
      // A number may come again, as it does where every container begins to count anew.
      return process == getpid() || (kill(process, 0) != 0 && errno == ESRCH)
    }
  }
}
