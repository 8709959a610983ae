import Foundation
import Glibc

/// The folders in which programs are looked for.
struct SearchPath {
  let folders: [String]

  /// The absolute folders of `PATH`, else the usual ones.
  init(_ environment: [String: String]) {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    folders = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
  }

  /// The first executable file of that name.
  func program(_ name: String) -> String? {
    folders.map { $0 + "/" + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// What tells that a program is still the same without reading it.
struct FileStamp: Hashable, Codable, Sendable {
  /// Symbolic links resolved.
  var path: String
  var size: Int64
  /// Nanoseconds since 1970.
  var modified: Int64

  /// The stamp of a file as it is now; nil when there is none.
  init?(path: String) {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    var status = stat()
    guard stat(real, &status) == 0 else { return nil }
    self.path = String(cString: real)
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  /// A stamp under the name by which a program is called, which may be a link's.
  init(path: String, of stamp: FileStamp) {
    self = stamp
    self.path = path
  }
}
