import Foundation
import Losses

/// Files that a command writes for people.
enum OutputFiles {
  /// Writes a text whole or not at all.
  ///
  /// - Throws: `LossmithError` (`storage`).
  static func write(_ text: String, to file: URL) throws(LossmithError) {
    do {
      try Data(text.utf8).write(to: file, options: .atomic)
    } catch {
      throw LossmithError(
        .storage, "the file cannot be written", at: file.path,
        remedy: "Make room, mend permissions or give another place.", underlying: error)
    }
  }
}
