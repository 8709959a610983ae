import Foundation
import Losses
import Testing

@testable import Host

/// What an author of a Swift loss is told of mistakes that no compiler finds.
@Suite("Tunables that make no sense")
struct TunableMistakeTests {
  private func finding(_ declaration: String, body: String = "softplus(-x)") throws -> Finding {
    let source = """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        let x = tunables.beta * batch.margin
        return \(body)
      }
      let extraTunables = [
        Tunable("tau", default: 1, range: 0.1...10, scale: .log),
        \(declaration),
      ]
      """
    let outcome = try BuildFixtures.builder().build(
      PluginSource(text: source, language: .swift, fileName: "mine.swift"),
      name: BuildFixtures.name("mine"), strictness: .trusted)
    return try CheckFixtures.report(
      try PluginImage(path: try outcome.plugin().library.path)
    ).finding
  }

  @Test(
    "each is told with its field and its line",
    arguments: [
      (#"Tunable("gamma", default: 7, range: 0...5)"#, "minimum <= initial <= maximum"),
      (#"Tunable("Gamma", default: 1, range: 0...5)"#, "\"Gamma\""),
      (#"Tunable("tau", default: 1, range: 0...5)"#, "occurs twice"),
      (#"Tunable("gamma", default: 1, range: 0...5, scale: .log)"#, "logarithmic scale"),
      (#"Tunable("gamma", default: 1.5, range: 0...5, isInteger: true)"#, "integer"),
    ])
  func mistakes(declaration: String, words: String) throws {
    let finding = try finding(declaration)
    #expect(finding.verdict == .rejected(.descriptor))
    #expect(finding.message.contains(words), "\(finding.message)")
    #expect(finding.message.contains("line 7"), "\(finding.message)")
  }

  @Test("too many are counted; the right number passes")
  func number() throws {
    func list(_ count: Int) -> String {
      (0..<count).map { #"Tunable("t\#($0)", default: 1, range: 0...5)"# }.joined(separator: ", ")
    }
    #expect(try finding(list(15)).message.contains("17"))
    #expect(try finding(list(14)).verdict == .ok)
  }

  @Test("a range with its ends exchanged is a crash with a reason")
  func reversed() throws {
    let finding = try finding(
      #"Tunable("gamma", default: 1, range: Double(batchFree)...0)"#
        + "\n]\nvar batchFree: Int { 5 }\n"
        + #"let unused = [Tunable("unused", default: 1, range: 0...5)"#)
    #expect(finding.message.contains("described itself"), "\(finding)")
    #expect(finding.remedy.contains("smaller end first"))
  }

  @Test("what a batch of one row refuses is a failure of batch-sizes with a remedy")
  func oneRow() throws {
    let finding = try finding(
      #"Tunable("gamma", default: 1, range: 0...5)"#,
      body: "softplus(-x) + mean(x[0..<batch.count / 2])")
    #expect(finding.verdict == .failed(check: "batch-sizes"))
    #expect(finding.message.contains("a batch of 1"))
    #expect(finding.remedy.contains("one row"))
  }
}
