import Foundation
import Losses

/// The files of the built-in task `imdb`, which are not part of the program.
///
/// A policy that writes film reviews and the reviews of Maas et al. (ACL 2011), in one folder.
public enum IMDbFiles {
  /// The environment variable that names the folder.
  public static let variable = "LOSSMITH_DATA"
  static let model = "models/imdb-gpt"
  static let reviews = "data/imdb/imdb_train.jsonl.gz"
  static let heldOutReviews = "data/imdb/imdb_test.jsonl.gz"
  private static let names = [
    "\(model)/config.json", "\(model)/model.safetensors", "\(model)/tokenizer.json", reviews,
    heldOutReviews,
  ]

  /// The name of the task with its folder, as a process elsewhere understands it.
  ///
  /// - Parameters:
  ///   - text: `imdb`, or `imdb:FOLDER` with any path.
  ///   - environment: read for ``variable``.
  ///   - folders: looked into in this order when neither names a folder.
  /// - Returns: `imdb:FOLDER` with an absolute path, or `imdb` when there is no folder to be found.
  static func resolve(_ text: String, environment: [String: String], folders: [URL]) -> String {
    let named = text.hasPrefix("imdb:") ? String(text.dropFirst("imdb:".count)) : nil
    if let folder = named ?? environment[variable].flatMap({ $0.isEmpty ? nil : $0 }) {
      return folder.isEmpty ? text : "imdb:\(URL(fileURLWithPath: folder).standardizedFileURL.path)"
    }
    guard let folder = folders.first(where: { missing(in: $0).isEmpty }) else { return text }
    return "imdb:\(folder.standardizedFileURL.path)"
  }

  /// The task with its files in a folder.
  ///
  /// - Parameter text: `imdb:FOLDER`; `imdb` alone has no files.
  /// - Throws: `LossmithError` (`missing-file`) that names what is not there.
  static func description(_ text: String) throws(LossmithError) -> TaskDescription {
    guard text.hasPrefix("imdb:"), text != "imdb:" else {
      throw LossmithError(
        .missingFile,
        "The task imdb needs files that are not part of the program, and no folder of them is"
          + " named.", remedy: remedy)
    }
    let folder = URL(fileURLWithPath: String(text.dropFirst("imdb:".count)))
    let lacking = missing(in: folder)
    guard lacking.isEmpty else {
      throw LossmithError(
        .missingFile, "The task imdb lacks \(lacking.joined(separator: ", ")).", at: folder.path,
        remedy: remedy)
    }
    return .imdb(shared: folder)
  }

  private static let remedy =
    "Put a policy's folder at \(model) and labelled reviews at \(reviews) and \(heldOutReviews) of"
    + " one folder, and give it as --task imdb:FOLDER or in \(variable); without either, a folder"
    + " shared beside the current one or beside the checkout is taken. docs/tasks.md says more."

  private static func missing(in folder: URL) -> [String] {
    names.filter { !FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
  }
}
