import Foundation
import Losses
import Testing

@testable import Host

/// What docs/losskit.md says, done: a model that is given the manual copies from it.
@Suite struct ManualTests {
  static let text: String = {
    let file = BuildFixtures.root.appending(path: "docs/losskit.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  /// The Swift blocks, each a whole file.
  static let examples: [String] = text.components(separatedBy: "```swift\n").dropFirst().map {
    $0.components(separatedBy: "```")[0]
  }

  /// A row of the table of mistakes.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var code: String
    /// A verdict, or `warning(name)`.
    var verdict: String
    var remedy: String
    var testDescription: String { code }
  }

  static let mistakes: [Mistake] = {
    let section = text.components(separatedBy: "## Common mistakes").last ?? ""
    let table = section.components(separatedBy: "\n## ")[0]
    return table.components(separatedBy: "\n").compactMap { line in
      let parts = line.components(separatedBy: "`")
      guard line.hasPrefix("| `"), parts.count == 7 else { return nil }
      return Mistake(code: parts[1], verdict: parts[3], remedy: parts[5])
    }
  }()

  /// The report on a source, or the reason why it does not build.
  private func check(_ text: String) throws -> (finding: Finding, warnings: [String]) {
    let outcome = try BuildFixtures.builder().build(
      PluginSource(text: text, language: .swift), name: BuildFixtures.name("manual"),
      strictness: .generated)
    if let rejection = outcome.rejection { return (rejection.finding, []) }
    let report = try CheckFixtures.report(PluginImage(path: outcome.plugin().library.path))
    return (report.finding, report.warnings.map(\.name))
  }

  private func pairwise(_ body: String) -> String {
    """
    /// A loss of one line.
    func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
      let x = tunables.beta * batch.margin
      \(body)
    }
    """
  }

  @Test("the manual has examples of each family and mistakes of every kind")
  func complete() {
    for family in ["PairwiseBatch", "ClassificationBatch", "ListwiseBatch"] {
      #expect(Self.examples.contains { $0.contains("_ batch: \(family)") })
    }
    #expect(Self.examples.count >= 7)
    #expect(Self.mistakes.count >= 12)
    for kind in ["failed(", "warning(", "rejected("] {
      #expect(Self.mistakes.contains { $0.verdict.hasPrefix(kind) })
    }
  }

  @Test("every example builds and passes the checks", arguments: examples)
  func example(_ source: String) throws {
    let result = try check(source)
    #expect(result.finding.verdict == .ok, "\(result.finding.message)")
  }

  @Test("every mistake gets the verdict that the manual names", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let result = try check(pairwise(mistake.code))
    if let warning = mistake.verdict.wholeMatch(of: #/warning\(([a-z-]+)\)/#) {
      #expect(result.finding.verdict == .ok)
      #expect(result.warnings.contains(String(warning.1)))
    } else {
      #expect("\(result.finding.verdict)" == mistake.verdict)
    }
  }

  @Test("what the manual says to write instead passes the checks", arguments: mistakes)
  func remedy(_ mistake: Mistake) throws {
    let result = try check(pairwise(mistake.remedy))
    #expect(result.finding.verdict == .ok, "\(result.finding.message)")
    #expect(!result.warnings.contains("wrong-direction") && !result.warnings.contains("constant"))
  }
}
