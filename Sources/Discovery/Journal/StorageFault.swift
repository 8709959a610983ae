import Foundation
import GRDB
import Glibc
import Losses

/// Turns what the disk and SQLite say into errors that a person can act on.
enum StorageFault {
  /// The remedy of every fault that leaves a run half done.
  static func resumeRemedy(_ action: String, run: String) -> String {
    "\(action), then continue with `lossmith discover --resume \(run)`; what was recorded is kept."
  }

  /// A failed system call on a file of the run.
  static func posix(_ number: Int32, doing action: String, path: String, run: String)
    -> LossmithError
  {
    let full = number == ENOSPC || number == EDQUOT
    return LossmithError(
      .storage,
      full
        ? "The disk is full: could not \(action)."
        : "Could not \(action): \(String(cString: strerror(number))).",
      at: path,
      remedy: resumeRemedy(full ? "Free some space" : "Mend the cause", run: run))
  }

  /// A statement of SQLite that failed while the journal was read or written.
  ///
  /// - Returns: `runDirectory` when the file is damaged or no database at all, else `storage`.
  static func sqlite(_ error: any Error, path: String, run: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return LossmithError(
        .runDirectory, "The journal is damaged: \(error.message ?? "\(error.resultCode)").",
        at: path, remedy: "Restore the file from a copy, or start a new run.")
    case .SQLITE_FULL:
      return LossmithError(
        .storage, "The disk is full: an event could not be written to the journal.", at: path,
        remedy: resumeRemedy("Free some space", run: run), underlying: error)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return LossmithError(
        .storage, "Another program holds the journal locked.", at: path,
        remedy: resumeRemedy("Close it", run: run), underlying: error)
    default:
      return LossmithError(
        .storage, "The journal cannot be written or read.", at: path,
        remedy: resumeRemedy("Mend the cause (space, permissions, the disk)", run: run),
        underlying: error)
    }
  }
}
