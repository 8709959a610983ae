import Foundation
import Losses

/// A reply of ``EvolveProposer``: a proposal as a model writes it, and the genome that it was printed
/// from. The journal keeps the reply, so it keeps the genome.
struct EvolvedReply: Hashable, Sendable, Codable {
  var thought: String
  var name: String
  var code: String
  /// The tree, as ``LossTree/formula``.
  var formula: String
  var tunables: [String: Double]
  /// Names of the losses that it was bred from, the first one first.
  var parents: [String]
  /// How: a ``TreeVariation``.
  var variation: String

  /// The genome; nil for a formula that cannot be read.
  var genome: Genome? {
    guard let tree = try? LossTree(formula: formula) else { return nil }
    return Genome(
      tree,
      values: Dictionary(
        uniqueKeysWithValues: tunables.compactMap { name, value in
          EvolvedTunable(rawValue: name).map { ($0, value) }
        }))
  }

  init(
    _ genome: Genome, name: String, thought: String, parents: [String], variation: TreeVariation,
    index: Int
  ) {
    let words = TreePrinter.words(for: genome.tree).prefix(4).joined(separator: ", ")
    self.thought = thought
    self.name = name
    code = TreePrinter.source(
      of: genome, summary: "Evolved loss \(index): \(words.isEmpty ? "linear" : words).",
      notes: [thought])
    formula = genome.tree.formula
    tunables = Dictionary(uniqueKeysWithValues: genome.values.map { ($0.key.rawValue, $0.value) })
    self.parents = parents
    self.variation = variation.rawValue
  }

  /// Reads a recorded reply; nil for one that evolution did not write.
  init?(text: String) {
    guard let reply = try? RunJSON.decode(EvolvedReply.self, from: Data(text.utf8)) else {
      return nil
    }
    self = reply
  }

  var text: String {
    get throws { String(decoding: try RunJSON.encode(self, pretty: true), as: UTF8.self) }
  }
}
