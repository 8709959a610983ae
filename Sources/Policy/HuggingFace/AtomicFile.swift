import Glibc
import Losses

/// Files that appear whole or not at all, even when the machine stops.
enum AtomicFile {
  /// Writes pieces one after the other to a temporary neighbour, makes them durable, and renames.
  ///
  /// A reader sees the old file or the new one. When something fails, the old one stays and the
  /// temporary file goes.
  ///
  /// - Throws: `LossmithError` (`storage`).
  static func write(_ pieces: [UnsafeRawBufferPointer], to path: String) throws(LossmithError) {
    let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max)).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("created", path) }
    do throws(LossmithError) {
      for piece in pieces { try writeAll(piece, to: descriptor, path) }
      guard fsync(descriptor) == 0 else { throw failure("made durable", path) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = failure("put in place", path)
      unlink(temporary)
      throw error
    }
    // The rename lasts once the folder is on disk; a file system without that is not an error.
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let handle = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }

  static func write(_ bytes: [UInt8], to path: String) throws(LossmithError) {
    var outcome: LossmithError?
    bytes.withUnsafeBytes { buffer in
      do throws(LossmithError) { try write([buffer], to: path) } catch { outcome = error }
    }
    if let outcome { throw outcome }
  }

  private static func writeAll(
    _ piece: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
  ) throws(LossmithError) {
    var done = 0
    while done < piece.count {
      let count = Glibc.write(descriptor, piece.baseAddress! + done, piece.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("written", path)
      }
      done += count
    }
  }

  private static func failure(_ what: String, _ path: String) -> LossmithError {
    LossmithError(
      .storage, "The file could not be \(what): \(String(cString: strerror(errno))).", at: path,
      remedy: "Check that the folder exists, may be written to and has room.")
  }
}
