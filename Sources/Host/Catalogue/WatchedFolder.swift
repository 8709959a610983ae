import Foundation
import Losses

/// The plug-ins of a folder and what changed about them since the last look.
///
/// A look compares sizes, times and places of files, and where one of these differs the content: a
/// save that changes nothing is no change. Editors that write a new file in place of the old one are
/// seen as well. There is nothing to be told by the system, so this works on every file system.
public struct WatchedFolder {
  public let folder: URL
  private var known: [String: (stamp: FileStamp, digest: String)] = [:]

  public init(_ folder: URL) { self.folder = folder.standardizedFileURL }

  public var exists: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Files that are new or have other contents than at the last look, sorted by path. The first
  /// look gives all.
  public mutating func changes() -> [URL] {
    var changed: [URL] = []
    var seen: Set<String> = []
    for file in plugins() {
      guard let stamp = FileStamp(path: file.path) else { continue }
      seen.insert(file.path)
      if known[file.path]?.stamp == stamp { continue }
      guard let digest = try? SHA256Digest(file: file).hex else { continue }
      if known[file.path]?.digest != digest { changed.append(file) }
      known[file.path] = (stamp, digest)
    }
    // A file that comes back is new.
    known = known.filter { seen.contains($0.key) }
    return changed
  }

  /// Sources and libraries in the folder, and in folders of it where the source or library of the
  /// folder's name counts alone.
  private func plugins() -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
      let file = folder.appending(path: name)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else {
        return nil
      }
      if isFolder.boolValue { return try? PluginFolder.plugin(in: file) }
      let kind = file.pathExtension
      return kind == "so" || PluginSource.Language(fileExtension: kind) != nil ? file : nil
    }
  }
}
