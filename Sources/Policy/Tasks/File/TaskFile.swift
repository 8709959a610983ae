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
    guard let text = PlainYAML.text(bytes) else {
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
      throw syntaxError(error, in: text, path: path)
    }
    guard let mapping = root?.mapping else {
      throw LossmithError(
        .malformedInput, "The file has no keys.", at: path,
        remedy: "Begin it with \"task: imdb\" or another kind; see docs/tasks.md.")
    }
    return try TaskFileReader(path: path).read(mapping, folder: folder)
  }

  private static func syntaxError(
    _ error: any Error, in text: String, path: String
  ) -> LossmithError {
    var (location, what) = (path, "it cannot be read")
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      (location, what) = ("\(path):\(mark.line)", problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().joined(separator: ", ")
      let line = repetition(of: duplicates.sorted().first ?? "", after: context.mark, in: text)
      (location, what) = ("\(path):\(line)", "\(keys) is given twice")
    case .reader(let problem, _, _, _): what = problem
    default: break
    }
    return LossmithError(
      .malformedInput, "This is not YAML as a task file has it: \(what).", at: location,
      remedy: "See docs/tasks.md for the form.")
  }

  /// The line where a key stands for the second time; the mapping's own where that is not to be told
  /// from the text, as in `{a: 1, a: 2}`.
  private static func repetition(of key: String, after start: Mark, in text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let places = lines.indices.dropFirst(start.line - 1).filter { index in
      let line = lines[index].drop { $0 == " " }
      return lines[index].count - line.count == start.column - 1
        && line.hasPrefix(key) && line.dropFirst(key.count).drop { $0 == " " }.first == ":"
    }
    return places.dropFirst().first.map { $0 + 1 } ?? start.line
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
