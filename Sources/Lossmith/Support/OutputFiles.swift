import Foundation
import Losses

/// Files that a command writes for people.
enum OutputFiles {
  /// Writes a text whole or not at all.
  ///
  /// - Throws: `LossmithError`: `usage` for a place where no file can be, `storage`.
  static func write(_ text: String, to file: URL) throws(LossmithError) {
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw fault(error, "The file cannot be written", at: file)
    }
  }

  /// Makes a folder and those above it; one that is there is fine.
  ///
  /// - Throws: as ``write(_:to:)``.
  static func makeFolder(_ folder: URL) throws(LossmithError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw fault(error, "The folder cannot be made", at: folder)
    }
  }

  private static func fault(_ error: any Error, _ what: String, at place: URL) -> LossmithError {
    let number = systemNumber(error)
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

  /// The system's number below an error of Foundation; 0 where there is none.
  private static func systemNumber(_ error: any Error) -> Int32 {
    if let error = error as? POSIXError { return error.code.rawValue }
    guard let error = error as? CocoaError else { return 0 }
    if let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error {
      return systemNumber(inner)
    }
    return switch error.code {
    case .fileNoSuchFile: ENOENT
    case .fileWriteNoPermission: EACCES
    case .fileWriteFileExists: EEXIST
    case .fileWriteVolumeReadOnly: EROFS
    case .fileWriteInvalidFileName: ENAMETOOLONG
    case .fileWriteOutOfSpace: ENOSPC
    default: 0
    }
  }
}
