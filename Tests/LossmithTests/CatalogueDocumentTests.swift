import Foundation
import Host
import Losses
import Testing

/// docs/catalogue.md against the catalogue, and the catalogue against `check`.
extension CatalogueTests {
  /// The rows of the tables of docs/catalogue.md whose first cell is a name in backquotes.
  struct CatalogueDocument {
    /// Cells after the name, by name; a name that stands twice has one entry here.
    var losses: [String: [String]] = [:]
    /// Names in the order of their rows.
    var names: [String] = []
    /// Loss and warning of each explained warning.
    var warnings: [String: Set<String>] = [:]

    init() throws {
      let file = Program.root.appendingPathComponent("docs/catalogue.md")
      var section = ""
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if line.hasPrefix("## ") { section = String(line.dropFirst(3)) }
        guard line.hasPrefix("| `") else { continue }
        let cells = line.replacing("\\|", with: "\u{1}").split(separator: "|").map {
          $0.replacing("\u{1}", with: "|").trimmingCharacters(in: .whitespaces)
        }
        let quoted = Self.quoted(cells[0])
        if section == "Warnings" {
          for name in quoted { warnings[name, default: []].formUnion(Self.quoted(cells[1])) }
        } else {
          names += quoted
          losses[quoted[0]] = Array(cells.dropFirst())
        }
      }
    }

    /// What stands between backquotes.
    private static func quoted(_ cell: String) -> [String] {
      cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  @Test("docs/catalogue.md names every loss of the catalogue, once, and no other")
  func documentNames() throws {
    #expect(try CatalogueDocument().names.sorted() == CatalogueLosses.names())
    #expect(try CatalogueLosses.names().count >= 50)
  }

  @Test("docs/catalogue.md gives columns, tunables and claims as the libraries declare them")
  func documentFacts() throws {
    for (name, cells) in try CatalogueDocument().losses {
      try #require(cells.count == 5, "\(name)")
      let descriptor = try CatalogueLosses.open(name).descriptor
      let columns = cells[2].replacing(
        "the four log-probabilities",
        with: "policy_chosen, policy_rejected, reference_chosen, reference_rejected"
      ).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      let declared = Set(descriptor.inputs.map(\.name))
      // LossKit hands over both completions of a pair even where a loss looks at one.
      let core: Set = [
        "policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected",
      ]
      #expect(Set(columns).isSubset(of: declared), "\(name)")
      #expect(declared.subtracting(columns).isSubset(of: core), "\(name)")
      for tunable in descriptor.tunables {
        let text =
          "\(tunable.name) \(Self.text(tunable.initial)) "
          + "(\(Self.text(tunable.minimum)) … \(Self.text(tunable.maximum)))"
        // β is always declared; a loss that ignores it does not list it.
        #expect(
          cells[3].contains(text) || (tunable.name == "beta" && !cells[3].contains("beta ")),
          "\(name): \(text)")
      }
      let claims: [(LossDescriptor.Claims, String)] = [
        (.rowIndependent, "row-independent"), (.shiftInvariant, "shift-invariant"),
        (.convex, "convex"), (.referenceFree, "reference-free"),
      ]
      for (claim, word) in claims {
        #expect(descriptor.claims.contains(claim) == cells[4].contains(word), "\(name): \(word)")
      }
    }
  }

  /// A number as a person writes it: 1 for 1.0.
  private static func text(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : "\(value)"
  }

  @Test("every loss's head comment gives formula, source, sign, tunables, columns and numerics")
  func headComments() throws {
    for entry in try CatalogueLosses.resolver().catalogue.entries {
      let text = try String(contentsOf: entry.source, encoding: .utf8)
      let lines = text.split(separator: "\n").prefix { $0.hasPrefix("///") }
      for word in ["Source: ", "Sign: ", "Tunables: ", "Columns: ", "Numerics: "] {
        #expect(lines.contains { $0.hasPrefix("/// \(word)") }, "\(entry.name.text): \(word)")
      }
      #expect(lines.contains { $0.contains("f = ") }, "\(entry.name.text): formula")
    }
  }

  @Test("every loss passes the checks, with exactly the warnings that docs/catalogue.md explains")
  func checks() throws {
    let explained = try CatalogueDocument().warnings
    for name in try CatalogueLosses.names() {
      let report = CheckSuite { () throws(LossFailure) in
        do { return try CatalogueLosses.open(name) } catch {
          throw (error as? LossFailure) ?? LossFailure(.hostFault(cause: "\(error)"))
        }
      }.run()
      #expect(report.passed, "\(name): \(report.finding.message)")
      let seen = Set(report.warnings.map(\.name))
      #expect(seen == explained[name, default: []], "\(name): \(report.warnings)")
    }
  }
}
