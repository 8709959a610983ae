import Foundation
import Losses
import Mustache

/// The host-owned file that is compiled beside the author's and puts the C functions around it.
enum ExportFile {
  /// Renders the template of a source's family.
  ///
  /// - Returns: the file's text; nil when there is no template for the batch that the loss takes.
  /// - Throws: `missingTool` when the template cannot be read or is damaged.
  static func render(
    _ facts: SourceFacts, name: PluginName, templates: URL
  ) throws(LossmithError) -> String? {
    guard let family = facts.family else { return nil }
    let file = templates.appending(path: "plugin/\(family.name).swift.mustache")
    guard FileManager.default.fileExists(atPath: file.path) else {
      // Pairwise is what every installation has: without it the installation is damaged.
      if family != .pairwise { return nil }
      throw damaged(file, nil)
    }
    do {
      let template = try MustacheTemplate(string: try String(contentsOf: file, encoding: .utf8))
      return template.render(context(facts, name: name, family: family))
    } catch {
      throw damaged(file, error)
    }
  }

  private static func damaged(_ file: URL, _ error: (any Error)?) -> LossmithError {
    LossmithError(
      .missingTool, "The template of plug-ins cannot be read.", at: file.path,
      remedy: "Install Lossmith again, or set LOSSMITH_HOME.", underlying: error)
  }

  private static func context(
    _ facts: SourceFacts, name: PluginName, family: LossFamily
  ) -> [String: Any] {
    let mentioned = LossColumn.allCases.filter {
      $0.family == family && !$0.isCore && facts.members.contains("\($0)")
    }
    let columns: [[String: Any]] = mentioned.map { ["swift": "\($0)", "id": Int($0.rawValue)] }
    let reference: Set<String> =
      family == .listwise
      ? ["reference", "logRatio"] : ["margin", "referenceChosen", "referenceRejected"]
    return [
      "name": name.text,
      "summary": literal(facts.summary),
      "reads_reference": !facts.members.isDisjoint(with: reference),
      "reads_scores": facts.members.contains("scores"),
      "columns": columns,
    ]
  }

  /// The contents of a Swift string literal: one printable line that fits the ABI's text field.
  static func literal(_ text: String) -> String {
    var result = ""
    var bytes = 0
    for scalar in text.unicodeScalars where !isControl(scalar) {
      let size = UTF8.width(scalar)
      // The ABI's 256 bytes hold a NUL at the end.
      if bytes + size > 255 { break }
      bytes += size
      if scalar == "\\" || scalar == "\"" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// Control characters, line separators and the marks that turn the direction of writing.
  private static func isControl(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      true
    default: false
    }
  }
}

extension SourceFacts {
  /// The family of the batch that `loss` takes; nil for a type that is none.
  public var family: LossFamily? {
    switch batchType {
    case "PairwiseBatch": .pairwise
    case "ClassificationBatch": .classification
    case "ListwiseBatch": .listwise
    default: nil
    }
  }
}
