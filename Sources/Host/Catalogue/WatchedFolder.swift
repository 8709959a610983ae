import Foundation
import Losses

/// The plug-ins of a folder and what changed about them since the last look.
///
/// A look compares sizes, times and places of files, and where one of these differs the content: a
/// save that changes nothing is no change. Editors that write a new file in place of the old one are
/// seen as well. There is nothing to be told by the system, so this works on every file system.
public struct WatchedFolder {
  /// What a look saw. Every list is sorted by path.
  public struct Look: Sendable {
    /// Files that are new or have other contents than at the last look. The first look gives all.
    public var changed: [URL] = []
    /// Plug-ins of an earlier look that are there no more.
    public var removed: [URL] = []
    /// What is named like a plug-in and cannot be read as one; told once, and again when the reason is
    /// another.
    public var ignored: [Ignored] = []
  }

  /// Something named like a plug-in that cannot be one.
  public struct Ignored: Hashable, Sendable {
    public var file: URL
    /// What it is, to follow the file's name: `this is a pipe`.
    public var reason: String
  }

  public let folder: URL
  private var known: [String: (stamp: FileStamp, digest: String)] = [:]
  private var told: [String: String] = [:]

  public init(_ folder: URL) { self.folder = folder.standardizedFileURL }

  public var exists: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Looks at the folder again.
  public mutating func look() -> Look {
    var look = Look()
    var ignored: [String: String] = [:]
    var seen: Set<String> = []
    for (file, reason) in plugins() {
      seen.insert(file.path)
      if let reason {
        ignored[file.path] = reason
        continue
      }
      guard let stamp = FileStamp(path: file.path) else { continue }
      if known[file.path]?.stamp == stamp { continue }
      do {
        let digest = try SHA256Digest(file: file).hex
        if known[file.path]?.digest != digest { look.changed.append(file) }
        known[file.path] = (stamp, digest)
      } catch {
        let words = error.underlying.map { ": \(SystemFault.words(of: $0))" } ?? ""
        // What went away between two calls is told as such by the next look.
        if Self.exists(file) { ignored[file.path] = "this cannot be read\(words)" }
      }
    }
    for (path, reason) in ignored.sorted(by: { $0.key < $1.key }) where told[path] != reason {
      look.ignored.append(Ignored(file: URL(fileURLWithPath: path), reason: reason))
    }
    told = ignored
    // A file that comes back is new. One that another of its folder stands for now is not gone.
    look.removed = known.keys.filter { !seen.contains($0) }.sorted()
      .map { URL(fileURLWithPath: $0) }.filter { !Self.exists($0) }
    known = known.filter { seen.contains($0.key) }
    return look
  }

  /// Sources and libraries in the folder, and in folders of it where the source or library of the
  /// folder's name counts alone; with the reason where one cannot be read.
  private func plugins() -> [(file: URL, reason: String?)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
      var file = folder.appending(path: name)
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder),
        isFolder.boolValue
      {
        guard let inside = try? PluginFolder.plugin(in: file) else { return nil }
        file = inside
      }
      let kind = file.pathExtension
      guard kind == "so" || PluginSource.Language(fileExtension: kind) != nil else { return nil }
      guard Self.exists(file) else { return nil }
      return (file, Self.obstacle(file))
    }
  }

  /// Whether there is something of this name, be it a link that leads nowhere.
  private static func exists(_ file: URL) -> Bool {
    var status = stat()
    return lstat(file.path, &status) == 0
  }

  /// Why something cannot be read as a file; nil for a file.
  private static func obstacle(_ file: URL) -> String? {
    var status = stat()
    guard stat(file.path, &status) == 0 else {
      return "this link leads nowhere: \(Errno.text(errno))"
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFIFO: return "this is a pipe"
    case S_IFCHR, S_IFBLK: return "this is a device"
    case S_IFSOCK: return "this is a socket"
    default: return "this is no file"
    }
  }
}
