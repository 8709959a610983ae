import Foundation
import Losses
import Yams

/// Reads task files: YAML, with the keys of ``TaskSchema``.
public enum TaskFile {
  static let largestFile = 1 << 20

  /// Reads and checks a file.
  ///
  /// The description is complete, but the files that it names are only looked for, not read.
  ///
  /// - Throws: `LossmithError`: `missing-file` for the task file or one that it names;
  ///   `malformed-input` with the line for what is not YAML, an unknown key (with the nearest known
  ///   one), a value of a wrong type or out of range, a required key that is not there.
  public static func load(_ path: String) throws(LossmithError) -> TaskDescription {
    let bytes = try PlainFile(path: path).readAll(limit: largestFile, path: path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw LossmithError(
        .malformedInput, "The file is not UTF-8.", at: path,
        remedy: "A task file is a YAML text; see docs/tasks.md.")
    }
    let folder = URL(filePath: path).deletingLastPathComponent()
    let description = try parse(text, path: path, folder: folder)
    try requireFiles(description)
    return description
  }

  static func parse(
    _ text: String, path: String, folder: URL
  ) throws(LossmithError) -> TaskDescription {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw syntaxError(error, path: path)
    }
    guard let mapping = root?.mapping else {
      throw LossmithError(
        .malformedInput, "The file has no keys.", at: path,
        remedy: "Begin it with \"task: imdb\" or another kind; see docs/tasks.md.")
    }
    return try TaskFileReader(path: path).read(mapping, folder: folder)
  }

  private static func syntaxError(_ error: any Error, path: String) -> LossmithError {
    var (location, what) = (path, "it cannot be read")
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (location, what) = ("\(path):\(mark.line)", problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().joined(separator: ", ")
      (location, what) = ("\(path):\(context.mark.line)", "\(keys) is given twice")
    case .reader(let problem, _, _, _): what = problem
    default: break
    }
    return LossmithError(
      .malformedInput, "This is not YAML as a task file has it: \(what).", at: location,
      remedy: "See docs/tasks.md for the form.")
  }

  private static func requireFiles(_ description: TaskDescription) throws(LossmithError) {
    for key in TaskSchema.keys(of: description.kind) where key.form == .path {
      guard let url = description.url(key.name),
        !FileManager.default.fileExists(atPath: url.path)
      else { continue }
      throw LossmithError(
        .missingFile, "\(key.name) names \(url.path), which is not there.",
        at: description.source,
        remedy: "Paths start from the task file's folder; mend the path.")
    }
  }
}
