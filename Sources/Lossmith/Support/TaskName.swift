import Foundation
import Host
import Policy

/// What `--task` takes: a built-in name, or a task file.
enum TaskName {
  /// The name as a worker understands it, which has a folder and an environment of its own.
  ///
  /// Files of built-in tasks are looked for in `LOSSMITH_DATA`, else in a folder `shared` beside the
  /// current one or beside the checkout.
  static func resolve(_ text: String) -> String {
    let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let checkout = try? Installation.current().resourceRoot
    return TaskCatalogue.resolve(
      text, environment: ProcessInfo.processInfo.environment,
      folders: [current, checkout].compactMap {
        $0?.deletingLastPathComponent().appendingPathComponent("shared")
      })
  }

  /// What a picture calls a task: `imdb` for `imdb:FOLDER`, a task file's name without path and ending.
  static func short(_ text: String) -> String {
    if text.hasSuffix(".yaml") || text.hasSuffix(".yml") {
      return URL(fileURLWithPath: text).deletingPathExtension().lastPathComponent
    }
    return String(text.prefix { $0 != ":" })
  }
}
