import Foundation
import Glibc
import Losses

/// Files that are either there whole or not at all, also after a power cut.
enum DurableFile {
  /// Writes a file through a temporary neighbour, `fsync` and `rename`.
  ///
  /// An existing file is replaced; a left-over of an earlier attempt is no obstacle.
  /// - Parameter run: the run directory, named in the remedy.
  /// - Throws: `LossmithError` (`storage`); then neither the file nor a temporary one is left.
  static func write(_ bytes: Data, to file: URL, run: URL) throws {
    let folder = file.deletingLastPathComponent()
    let temporary = folder.appending(path: ".\(file.lastPathComponent).tmp").path
    func fault(_ action: String) -> LossmithError {
      StorageFault.posix(errno, doing: action, path: file.path, run: run.path)
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fault("create the file") }
    do {
      defer { close(descriptor) }
      try bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
          let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
          if written < 0 {
            if errno == EINTR { continue }
            throw fault("write the file")
          }
          rest = rest.dropFirst(written)
        }
      }
      guard fsync(descriptor) == 0 else { throw fault("write the file") }
      guard rename(temporary, file.path) == 0 else { throw fault("rename the file") }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncFolder(folder, run: run)
  }

  /// Makes a folder and its missing parents; one that exists is fine.
  static func makeFolder(_ folder: URL, run: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      // Foundation's error hides the number; the system's last word on this path has it.
      let number = mkdir(folder.path, 0o755) == 0 ? 0 : errno
      if number == 0 { return }
      throw StorageFault.posix(number, doing: "create the folder", path: folder.path, run: run.path)
    }
  }

  /// A rename is on the disk only when its folder is.
  private static func syncFolder(_ folder: URL, run: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      let number = errno
      if descriptor >= 0 { close(descriptor) }
      throw StorageFault.posix(
        number, doing: "write the folder", path: folder.path, run: run.path)
    }
    close(descriptor)
  }
}

extension Slice where Base == UnsafeRawBufferPointer {
  fileprivate var baseAddress: UnsafeRawPointer? {
    base.baseAddress.map { $0 + startIndex }
  }
}
