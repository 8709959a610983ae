import Foundation
import Losses
import Testing

@testable import Host

@Suite struct ScaffoldTests {
  static let kinds: [(LossFamily, PluginSource.Language)] = LossFamily.allCases.flatMap { family in
    PluginSource.Language.allCases.map { (family, $0) }
  }

  @Test("a new loss of every family and language passes every check as it is", arguments: kinds)
  func passes(family: LossFamily, language: PluginSource.Language) throws {
    let folder = BuildFixtures.freshCache()
    defer { try? FileManager.default.removeItem(at: folder) }
    let scaffold = try Scaffold(name: "my-loss", family: family, language: language)
    let installation = try BuildFixtures.installation()
    let source = try scaffold.write(into: folder, installation: installation)
    #expect(source.path.hasSuffix("my-loss/my-loss.\(language.rawValue)"))
    let plugin = try BuildFixtures.builder().build(file: source, strictness: .trusted).plugin()
    #expect(plugin.warnings.isEmpty)
    let image = try PluginImage(path: plugin.library.path)
    let report = try CheckFixtures.report(image)
    #expect(report.finding == Finding(.ok))
    let loss = try CellLoss(image: image, cells: try LocalCells())
    #expect(loss.descriptor.family == family)
    #expect(loss.descriptor.name == "my-loss")
  }

  @Test("what is there is never written over, and a name that is none is refused with one that is")
  func refusals() throws {
    let folder = BuildFixtures.freshCache()
    defer { try? FileManager.default.removeItem(at: folder) }
    let installation = try BuildFixtures.installation()
    let scaffold = try Scaffold(name: "twice", family: .pairwise, language: .swift)
    let source = try scaffold.write(into: folder, installation: installation)
    try Data("mine".utf8).write(to: source)
    let again = #expect(throws: LossmithError.self) {
      try scaffold.write(into: folder, installation: installation)
    }
    #expect(again?.code == .usage)
    #expect(try String(contentsOf: source, encoding: .utf8) == "mine")
    let name = #expect(throws: LossmithError.self) {
      try Scaffold(name: "../My Loss", family: .pairwise, language: .swift)
    }
    #expect(name?.remedy?.contains("my-loss") == true)
  }
}
