import Foundation
import Host
import Losses
import Testing

/// Vectors computed at 130 digits or more from the formulas as printed, by
/// `Fixtures/catalogue/generate.py`: ordinary batches, one row, the policy equal to the reference,
/// and margins to ±1.25e6.
extension CatalogueTests {
  struct Vectors: Decodable {
    struct Case: Decodable {
      var plugin: String
      var batch: String
      var params: [String: Double]
      var columns: [String: CatalogueColumn]
      var loss: [Double]
      var gradients: [String: CatalogueColumn]
    }
    var cases: [Case]

    static func read(_ family: String) throws -> [Case] {
      let file = URL(filePath: Program.fixture("catalogue/\(family).json"))
      return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file)).cases
    }
  }

  static let families = ["pairwise", "listwise", "classification"]

  @Test("every loss agrees with its vectors to 1e-10", arguments: families)
  func vectors(_ family: String) throws {
    for (name, cases) in Dictionary(grouping: try Vectors.read(family), by: \.plugin) {
      let loss = try CatalogueLosses.open(name)
      #expect(loss.descriptor.family.name == family)
      for entry in cases {
        let label = "\(name) \(entry.params.sorted { $0.key < $1.key }), \(entry.batch)"
        let output = try CatalogueLosses.call(loss, entry.columns, entry.params)
        expectAgreement(output.values, entry.loss, "\(label): loss")
        for (column, expected) in entry.gradients {
          let found = LossColumn(name: column).flatMap { output.gradients[$0] }
          expectAgreement(found, expected.values, "\(label): d_\(column)")
        }
      }
    }
  }

  @Test("every loss has vectors, ordinary ones and such at extreme margins")
  func coverage() throws {
    var batches: [String: Set<String>] = [:]
    for family in Self.families {
      for entry in try Vectors.read(family) {
        batches[entry.plugin, default: []].insert(entry.batch.split(separator: " ")[0].lowercased())
      }
    }
    #expect(batches.keys.sorted() == (try CatalogueLosses.names()))
    for (name, batches) in batches {
      #expect(batches.isSuperset(of: ["ordinary", "extreme"]), "\(name)")
    }
  }

  @Test("a wrong digit in the tenth place is seen")
  func sensitivity() throws {
    let entry = try #require(try Vectors.read("pairwise").first { $0.plugin == "dpo" })
    let output = try CatalogueLosses.call("dpo", entry.columns, entry.params)
    #expect(agree(output.values[0], entry.loss[0]))
    #expect(!agree(output.values[0] * (1 + 3e-10), entry.loss[0]))
  }
}
