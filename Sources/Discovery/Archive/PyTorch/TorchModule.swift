import Foundation
import Losses
import Mustache

/// A pairwise loss as a PyTorch module: one file with one function, and TRL's trainer around it.
///
/// The file carries the values and gradients that the compiled plug-in gave on a batch, and compares
/// itself with them when it is run.
public struct TorchModule: Sendable {
  /// Of the file and its function: an identifier.
  public let name: String
  private let written: TorchWriter.Output
  private let parameters: [(name: String, python: String, initial: Double)]
  private let summary: String

  /// Translates a source.
  ///
  /// - Parameters:
  ///   - source: LossKit source that builds.
  ///   - name: anything; made an identifier.
  ///   - descriptor: of the plug-in that was built of it.
  /// - Throws: `LossmithError` (`malformedInput`) for a loss of another family, and with the line for
  ///   what has no translation.
  public init(
    source: String, name: String, descriptor: DescriptorDocument
  ) throws(LossmithError) {
    guard descriptor.family == LossFamily.pairwise.name else {
      throw LossmithError(
        .malformedInput,
        "Only pairwise losses can be exported to PyTorch; this one is"
          + " \(descriptor.family).", at: name)
    }
    let own = CandidateName.slug(name).replacing("-", with: "_")
    self.name =
      own.first?.isNumber == true || TorchFunctions.reserved.contains(own) ? "loss_\(own)" : own
    summary = descriptor.summary
    parameters = descriptor.tunables.map {
      let isTaken =
        TorchFunctions.reserved.contains($0.name)
        || TorchFunctions.columns.values.contains($0.name)
      return ($0.name, isTaken ? "\($0.name)_" : $0.name, $0.initial)
    }
    do {
      written = try TorchWriter.write(
        try SwiftParser.statements(of: source),
        tunables: Dictionary(
          parameters.map { ($0.name, $0.python) } + [("beta", "beta")],
          uniquingKeysWith: { first, _ in first }))
    } catch {
      var error = error
      error.location = "\(name), \(error.location ?? "")"
      throw error
    }
  }

  /// A batch to ask the plug-in about: margins of early training, no two alike.
  public func checkBatch() -> Data {
    var random = RandomStream(seed: 1, purpose: "pytorch-check")
    var columns: [String: [Double]] = [:]
    for _ in 0..<9 {
      let reference = (chosen: -random.uniform() * 80 - 5, rejected: -random.uniform() * 80 - 5)
      columns["reference_chosen", default: []].append(reference.chosen)
      columns["reference_rejected", default: []].append(reference.rejected)
      columns["policy_chosen", default: []].append(reference.chosen - random.uniform() * 9 + 4)
      columns["policy_rejected", default: []].append(reference.rejected - random.uniform() * 9 + 4)
      for column in optionalColumns {
        let isTokens = column.hasSuffix("tokens")
        columns[column, default: []].append(
          isTokens ? Double(3 + random.below(40)) : random.uniform())
      }
    }
    let document: [String: [String: [Double]]] = ["columns": columns]
    return (try? RunJSON.encode(document)) ?? Data()
  }

  private var optionalColumns: [String] {
    written.columns.compactMap { TorchFunctions.columns[$0] }
      .filter { !$0.hasPrefix("policy") && !$0.hasPrefix("reference") }.sorted()
  }

  /// The text of the file.
  ///
  /// - Parameters:
  ///   - origin: where the loss comes from, for the reader.
  ///   - digest: SHA-256 of the source.
  ///   - reply: what the plug-in gave for ``checkBatch()`` with its tunables' initial values.
  ///   - templates: the folder `templates/export`.
  /// - Throws: `LossmithError` (`missingTool`) without the templates.
  public func text(
    origin: String, digest: String, reply: CallJob.Reply, templates: URL
  ) throws(LossmithError) -> String {
    let template: MustacheTemplate
    let helpers: String
    do {
      template = try MustacheTemplate(
        string: try String(
          contentsOf: templates.appending(path: "pytorch.py.mustache"), encoding: .utf8))
      helpers = try self.helpers(
        String(contentsOf: templates.appending(path: "helpers.py"), encoding: .utf8))
    } catch {
      throw LossmithError(
        .missingTool, "The templates of exports cannot be read.", at: templates.path,
        remedy: "Install Lossmith again, or set LOSSMITH_HOME.", underlying: error)
    }
    var signature = ["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"]
    signature += optionalColumns
    // The trainer hands over its beta whether a loss reads it or not.
    let hasBeta = parameters.contains { $0.name == "beta" }
    signature +=
      ["*"] + (hasBeta ? [] : ["beta=0.1"]) + parameters.map { "\($0.python)=\($0.initial)" }
    let check = Check(
      columns: (try? JSON.decode(Batch.self, from: checkBatch()).columns) ?? [:],
      tunables: Dictionary(uniqueKeysWithValues: parameters.map { ($0.python, $0.initial) }),
      loss: reply.loss, gradients: reply.gradients)
    let text = template.render(
      [
        "summary": Self.escaped(summary), "origin": Self.escaped(origin), "digest": digest,
        "name": name, "helpers": helpers, "parameters": signature.joined(separator: ", "),
        "body": written.lines.map { $0.isEmpty ? "" : "    \($0)" },
        "has_columns": !optionalColumns.isEmpty,
        "check": String(decoding: (try? RunJSON.encode(check)) ?? Data(), as: UTF8.self),
      ] as [String: Any])
    return text
  }

  private struct Batch: Decodable { var columns: [String: [Double]] }

  private struct Check: Encodable {
    var columns: [String: [Double]]
    var tunables: [String: Double]
    var loss: [Double]
    var gradients: [String: [Double]]
  }

  /// The helper functions that the body calls, in the order of their file.
  private func helpers(_ file: String) -> String {
    let body = written.text
    return file.components(separatedBy: "\n\n\n").filter { helper in
      let name = helper.trimmingCharacters(in: .newlines).dropFirst("def ".count)
        .prefix { $0 != "(" }
      return body.contains(name + "(")
    }.map { $0.trimmingCharacters(in: .newlines) + "\n\n\n" }.joined()
  }

  /// Text for a Python docstring.
  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "'")
      .split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
