import Foundation
import Losses

/// A folder of exported files, which appears whole or not at all.
public enum ExportFolder {
  /// Writes files into a new folder.
  ///
  /// - Parameter files: contents by name.
  /// - Throws: `LossmithError`: `usage` when there is something at that place, `storage`.
  public static func write(_ files: [String: String], to place: URL) throws(LossmithError) {
    let place = place.standardizedFileURL
    let manager = FileManager.default
    guard !manager.fileExists(atPath: place.path) else {
      throw LossmithError(
        .usage, "There is something at that place already.", at: place.path,
        remedy: "Give another folder with --out.")
    }
    let staging = place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).\(getpid()).part")
    defer { try? manager.removeItem(at: staging) }
    do {
      // A killed export may have left its own: where every container counts anew, numbers come again.
      if manager.fileExists(atPath: staging.path) { try manager.removeItem(at: staging) }
      try manager.createDirectory(at: staging, withIntermediateDirectories: true)
      for (name, text) in files {
        try Data(text.utf8).write(to: staging.appending(path: name))
      }
      try manager.moveItem(at: staging, to: place)
    } catch {
      throw LossmithError(
        .storage, "The export cannot be written.", at: place.path,
        remedy: "Give a place with --out that you may write to.", underlying: error)
    }
  }
}

extension ArchivedLoss {
  /// The files of a folder that stands alone: the source, which `lossmith build` accepts, and what is
  /// known of it.
  ///
  /// - Parameter stem: of the source's file; the name of the plug-in that is built of it.
  /// - Throws: `LossmithError` (`candidate`) for a reply without source.
  public func files(stem: String) throws(LossmithError) -> [String: String] {
    guard let code else {
      throw LossmithError(
        .candidate, "The reply could not be read, so there is no source to export.", at: name,
        remedy: "lossmith show prints the reply.")
    }
    var notes = ["# \(name)", ""]
    if !thought.isEmpty { notes += [thought, ""] }
    if let finding { notes.append("- verdict: `\(finding.verdict)`") }
    if let eta {
      let search = confirmation == nil ? "" : " of the search, by which it was chosen"
      notes.append("- \(metric) on \(task): \(Readout.estimate(eta)) over \(eta.n) seeds\(search)")
    }
    if let confirmation { notes.append("- confirmed: \(confirmation.text(metric))") }
    if let delta { notes.append("- difference to DPO: \(Readout.difference(delta))") }
    for (metric, estimate) in metrics.sorted(by: { $0.key < $1.key }) where metric != self.metric {
      notes.append("- \(metric): \(Readout.estimate(estimate))")
    }
    if !parents.isEmpty { notes.append("- bred from: \(parents.joined(separator: ", "))") }
    notes += [
      "",
      "Found by `lossmith discover`, proposal \(candidate). Build it with `lossmith build` and this"
        + " folder's name, or copy the folder into `Plugins/`.", "",
    ]
    let source = code.hasSuffix("\n") ? code : code + "\n"
    return ["\(stem).swift": source, "README.md": notes.joined(separator: "\n")]
  }
}
