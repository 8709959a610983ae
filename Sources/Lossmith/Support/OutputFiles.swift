import Foundation
import Losses

/// Files that a command writes for people.
enum OutputFiles {
  /// Writes a text whole or not at all.
  ///
  /// - Throws: `LossmithError`: `usage` for a place where no file can be, `storage`.
  static func write(_ text: String, to file: URL) throws(LossmithError) {
    try write(Data(text.utf8), to: file)
  }

  /// Writes bytes whole or not at all.
  ///
  /// - Throws: as for a text.
  static func write(_ data: Data, to file: URL) throws(LossmithError) {
    do {
      try data.write(to: file, options: .atomic)
    } catch {
      throw fault(error, "The file cannot be written", at: file)
    }
  }

  /// Makes a folder and those above it; one that is there is fine.
  ///
  /// - Throws: as for a text.
  static func makeFolder(_ folder: URL) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw fault(error, "The folder cannot be made", at: folder)
    }
  }

  private static func fault(_ error: any Error, _ what: String, at place: URL) -> LossmithError {
    let number = SystemFault.number(of: error) ?? 0
    let isPlace = [
      ENOENT, ENOTDIR, EISDIR, EEXIST, EACCES, EPERM, EROFS, ENAMETOOLONG, ELOOP,
    ].contains(number)
    let cause = number == 0 ? "" : ": \(String(cString: strerror(number)))"
    return LossmithError(
      isPlace ? .usage : .storage, "\(what)\(cause).", at: place.path,
      remedy: isPlace
        ? "Give a place in a folder that is there and may be written to."
        : "Make room, mend permissions or give another place.",
      underlying: number == 0 ? error : nil)
  }
}
