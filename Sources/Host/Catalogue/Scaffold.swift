import Foundation
import Losses
import Mustache

/// The beginning of a new loss: a source that builds and passes every check as it is.
public struct Scaffold: Sendable {
  public var name: PluginName
  public var family: LossFamily
  public var language: PluginSource.Language

  /// - Throws: `usage` for a text that is no plug-in's name, with the nearest one that is.
  public init(
    name: String, family: LossFamily, language: PluginSource.Language
  ) throws(LossmithError) {
    guard let exact = PluginName(exactly: name) else {
      throw LossmithError(
        .usage,
        "\"\(name)\" cannot be a loss's name: small letters, digits and hyphens are allowed",
        remedy: "Write for example \(PluginName(from: name)).")
    }
    (self.name, self.family, self.language) = (exact, family, language)
  }

  /// Writes `NAME/NAME.EXTENSION` into a folder.
  ///
  /// - Returns: the source's place.
  /// - Throws: `usage` when there is something of that name already; `missingTool` without the
  ///   template; `storage`.
  public func write(
    into folder: URL, installation: Installation
  ) throws(LossmithError) -> URL {
    let place = folder.appending(path: name.text)
    guard !FileManager.default.fileExists(atPath: place.path) else {
      throw LossmithError(
        .usage, "there is something of that name already", at: place.path,
        remedy: "Choose another name, or remove it.")
    }
    // C++ takes the C source as it is.
    let suffix = language == .swift ? "swift" : "c"
    let file = installation.templates.appending(
      path: "plugin/scaffold/\(family.name).\(suffix).mustache")
    let text: String
    do {
      let template = try MustacheTemplate(string: try String(contentsOf: file, encoding: .utf8))
      text = template.render(["name": name.text])
    } catch {
      throw LossmithError(
        .missingTool, "The template of new losses cannot be read.", at: file.path,
        remedy: "Install Lossmith again, or set LOSSMITH_HOME.", underlying: error)
    }
    let source = place.appending(path: "\(name.text).\(language.rawValue)")
    do {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: source)
    } catch {
      throw LossmithError(
        .storage, "the new loss cannot be written", at: source.path,
        remedy: "Choose a folder with --in that you may write to.", underlying: error)
    }
    return source
  }
}
