import Discovery
import Foundation
import Losses

/// Folders of sweeps and transfers where a run is wanted.
enum ExperimentFolder {
  /// - Throws: `LossmithError` (`run-directory`) that names the command for such a folder.
  static func refuse(_ folder: URL) throws(LossmithError) {
    for (file, what, command) in [
      (SweepFile.name, "a sweep", "sweep"), (TransferFolder.planName, "a transfer", "transfer"),
    ] where FileManager.default.fileExists(atPath: folder.appending(path: file).path) {
      throw LossmithError(
        .runDirectory, "This is the folder of \(what), not of a run.", at: folder.path,
        remedy: "Write its page and pictures anew with"
          + " `lossmith \(command) --resume \(folder.path)`.")
    }
  }
}
