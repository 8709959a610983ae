import Foundation
import Losses

/// Where a command is told to write, looked at before its work begins: a misspelt place must not
/// be found out after an hour of training.
enum OutputPlace {
  /// - Parameter path: of a folder that is there, or can be made; nil is fine.
  /// - Throws: `LossmithError` (`usage`).
  static func require(folder path: String?, flag: String = "--out") throws(LossmithError) {
    guard let path else { return }
    let place = URL(fileURLWithPath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw LossmithError(
          .usage, "This is a file, not a folder.", at: place.path,
          remedy: "Give another folder with \(flag).")
      }
      return try require(roomIn: place, flag: flag)
    }
    try require(parentOf: place, flag: flag)
  }

  /// - Parameter path: of a file that may be written; nil is fine.
  /// - Throws: `LossmithError` (`usage`).
  static func require(file path: String?, flag: String) throws(LossmithError) {
    guard let path else { return }
    let place = URL(fileURLWithPath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder),
      isFolder.boolValue
    {
      throw LossmithError(
        .usage, "This is a folder, not a file.", at: place.path,
        remedy: "Give the name of a file with \(flag).")
    }
    let folder = place.deletingLastPathComponent()
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      throw LossmithError(
        .usage, "There is no folder \(folder.path).", at: place.path,
        remedy: "Make the folder first, or give another place with \(flag).")
    }
    guard isFolder.boolValue else {
      throw LossmithError(
        .usage, "\(folder.path) is a file, not a folder.", at: place.path,
        remedy: "Give another place with \(flag).")
    }
    try require(writable: folder, flag: flag)
  }

  /// The nearest folder above a place must let something be made in it.
  ///
  /// - Throws: `LossmithError` (`usage`; `storage` for a full disk).
  static func require(parentOf place: URL, flag: String = "--out") throws(LossmithError) {
    var above = place.deletingLastPathComponent()
    var isFolder: ObjCBool = false
    while !FileManager.default.fileExists(atPath: above.path, isDirectory: &isFolder) {
      guard above.path != "/" else { return }
      above = above.deletingLastPathComponent()
    }
    guard isFolder.boolValue else {
      throw LossmithError(
        .usage, "\(above.path) is a file, not a folder.", at: place.path,
        remedy: "Give another folder with \(flag).")
    }
    try require(roomIn: above, flag: flag)
  }

  /// Tries it: permissions do not say that nobody can make a folder in /proc.
  private static func require(roomIn folder: URL, flag: String) throws(LossmithError) {
    let trial = folder.appending(path: ".lossmith-\(getpid()).tmp").path
    if mkdir(trial, 0o700) == 0 || errno == EEXIST {
      rmdir(trial)
      return
    }
    let isFull = errno == ENOSPC || errno == EDQUOT
    throw LossmithError(
      isFull ? .storage : .usage,
      "Nothing can be written into \(folder.path): \(String(cString: strerror(errno))).", at: flag,
      remedy: isFull
        ? "Make room, or give another place with \(flag)."
        : "Mend its permissions, or give another place with \(flag).")
  }

  private static func require(writable folder: URL, flag: String) throws(LossmithError) {
    guard access(folder.path, W_OK | X_OK) != 0 else { return }
    throw LossmithError(
      .usage, "Nothing can be written into \(folder.path): \(String(cString: strerror(errno))).",
      at: flag, remedy: "Mend its permissions, or give another place with \(flag).")
  }
}
