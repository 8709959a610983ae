import Foundation
import Losses
import Mustache

/// The pages' templates: `page` (a run's report), `live` (a run that is served), `training` (one
/// policy's curves), `sweep` (reward against KL over β), `transfer` (losses on several tasks), and the sections that they
/// are made of.
///
/// They are Mustache of content type TEXT: every value in their context is ``Markup`` already, and
/// Mustache's own escaping, which works on characters, would miss what ``Markup`` explains.
public struct ReportTemplates: Sendable {
  static let names = [
    "page", "live", "training", "sweep", "transfer", "style", "overview", "figure", "ranking",
    "stops", "failures", "proposals", "candidate", "finalists", "equal-budget", "environment",
    "progress", "rewards",
  ]
  let library: MustacheLibrary

  /// - Parameter texts: the templates by name, without `.mustache`.
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`).
  public init(texts: [String: String]) throws(LossmithError) {
    var library = MustacheLibrary()
    for name in Self.names {
      guard let text = texts[name] else {
        throw LossmithError(
          .missingFile, "The report's template \(name).mustache is missing.",
          remedy: "Install Lossmith again, or restore templates/report.")
      }
      do {
        try library.register("{{% CONTENT_TYPE:TEXT}}\n" + text, named: name)
      } catch {
        throw LossmithError(
          .malformedInput, "The report's template is not valid Mustache.", at: "\(name).mustache",
          underlying: error)
      }
    }
    self.library = library
  }

  /// - Parameter folder: holds `page.mustache` and the others, usually `templates/report`.
  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`).
  public init(folder: URL) throws(LossmithError) {
    var texts: [String: String] = [:]
    for name in Self.names {
      let file = folder.appendingPathComponent("\(name).mustache")
      texts[name] = try? String(contentsOf: file, encoding: .utf8)
    }
    do {
      try self.init(texts: texts)
    } catch {
      var located = error
      located.location =
        error.location.map { folder.appendingPathComponent($0).path }
        ?? folder.path
      throw located
    }
  }

  /// - Throws: `LossmithError` (`host-fault`) when the template does not render.
  func render(_ template: String, _ context: PageContext) throws(LossmithError) -> String {
    guard let text = library.render(context, withTemplate: template) else {
      throw LossmithError(.hostFault, "The report's template \(template) did not render.")
    }
    return text
  }
}
