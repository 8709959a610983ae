import Foundation
import Losses
import Testing

@testable import Host

/// What the paper's unit test (`validate_code`) got wrong, as an author would write it: it
/// accepted infinite, constant and reversed losses and overflow at real magnitudes, and refused
/// losses that ignore an input, helper functions and its own KTO.
@Suite struct PaperTests {
  static let head = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector"

  func report(_ text: String) throws -> CheckReport {
    let builder = try BuildFixtures.builder()
    let plugin = try builder.build(
      PluginSource(text: text), name: BuildFixtures.name("paper"), strictness: .generated
    ).plugin()
    return try CheckFixtures.report(try PluginImage(path: plugin.library.path))
  }

  @Test("an infinite loss is refused as not finite")
  func infinite() throws {
    let found = try report("\(Self.head) { batch.margin * 0 + Double.infinity }")
    #expect(found.entries.first { $0.outcome == .failed }?.name == "finite")
  }

  @Test("a constant loss is told that it teaches nothing")
  func constant() throws {
    let found = try report("\(Self.head) { batch.margin * 0 }")
    #expect(found.passed)
    #expect(found.warnings.contains { $0.name == "constant" })
  }

  @Test("a reversed loss is told that it goes the wrong way; the right one is not")
  func reversed() throws {
    let wrong = try report("\(Self.head) { softplus(tunables.beta * batch.margin) }")
    #expect(wrong.passed)
    #expect(wrong.warnings.map(\.name) == ["wrong-direction"])
    let right = try report("\(Self.head) { softplus(-tunables.beta * batch.margin) }")
    #expect(right.passed)
    #expect(right.warnings.isEmpty)
  }

  @Test("an exponential that overflows at real log-probabilities is refused")
  func overflow() throws {
    let found = try report("\(Self.head) { exp(-batch.margin) }")
    #expect(found.entries.first { $0.outcome == .failed }?.name == "magnitudes")
  }

  @Test("the root of a margin is refused as NaN")
  func root() throws {
    let found = try report("\(Self.head) { sqrt(batch.margin) }")
    #expect(found.entries.first { $0.outcome == .failed }?.name == "nan")
  }

  @Test("a loss without reference and with lengths (SimPO), with a helper function, passes")
  func referenceFree() throws {
    let found = try report(
      """
      let gamma = 0.5
      func reward(_ logProbability: Vector, _ tokens: Vector, _ beta: Double) -> Vector {
        beta * logProbability / tokens
      }
      \(Self.head) {
        let chosen = reward(batch.policyChosen, batch.chosenTokens, tunables.beta)
        let rejected = reward(batch.policyRejected, batch.rejectedTokens, tunables.beta)
        return softplus(gamma - (chosen - rejected))
      }
      """)
    #expect(found.finding == Finding(.ok))
  }

  @Test("a loss that ignores an input passes: its gradient is 0 there")
  func unusedInput() throws {
    let found = try report("\(Self.head) { -tunables.beta * batch.policyChosen }")
    #expect(found.finding == Finding(.ok))
  }

  @Test("the paper's own KTO passes")
  func kto() throws {
    let file = BuildFixtures.root.appending(path: "Plugins/kto-pair/kto-pair.swift")
    let found = try report(try String(contentsOf: file, encoding: .utf8))
    #expect(found.finding == Finding(.ok))
  }

  @Test("Swift authors of classification and listwise losses pass the same checks")
  func families() throws {
    let entropy = try report(
      """
      func loss(_ batch: ClassificationBatch, _ tunables: Tunables) -> Vector {
        crossEntropy(batch.logits, batch.labels)
      }
      let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
      """)
    #expect(entropy.finding == Finding(.ok))
    #expect(entropy.warnings.isEmpty)
  }
}
