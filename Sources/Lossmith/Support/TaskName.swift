import Foundation

/// What `--task` takes: a built-in name, or a task file.
enum TaskName {
  /// The name as it is; the path of a file made absolute, since a worker has a folder of its own.
  static func resolve(_ text: String) -> String {
    text.hasSuffix(".yaml") || text.hasSuffix(".yml")
      ? URL(fileURLWithPath: text).standardizedFileURL.path : text
  }
}
