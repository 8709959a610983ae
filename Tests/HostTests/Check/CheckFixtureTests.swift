import Losses
import Testing

@testable import Host

/// Every check and every warning, met by a real plug-in that has that fault and no other.
@Suite struct CheckFixtureTests {
  @Test("the plug-in without a fault passes every check without a warning")
  func control() throws {
    let report = try CheckFixtures.report("control")
    #expect(report.finding == Finding(.ok))
    #expect(report.entries.allSatisfy { $0.outcome == .passed })
    #expect(report.warnings.isEmpty)
    #expect(report.entries.first { $0.name == "row-independent" }?.message == "")
    #expect(report.entries.first { $0.name == "convex" }?.message == "not claimed")
  }

  static let failures = [
    "status", "shape", "bounds", "written", "nan", "finite", "time", "gradient", "batch-sizes",
    "equal-to-reference", "magnitudes", "padding", "determinism", "row-independent",
    "shift-invariant", "convex", "reference-free",
  ]

  @Test("the check of a fixture's name is the first that it fails", arguments: failures)
  func failure(name: String) throws {
    let report = try CheckFixtures.report(name)
    let failed = report.entries.filter { $0.outcome == .failed }
    #expect(failed.map(\.name) == [name])
    #expect(report.finding.verdict == .failed(check: name))
    #expect(failed.first?.message.isEmpty == false)
    #expect(failed.first?.remedy.isEmpty == false)
    let rest = report.entries.drop { $0.name != name }.dropFirst()
    #expect(rest.allSatisfy { $0.message == "not run (after \(name))" })
  }

  @Test("a plug-in that does not load, and one that crashes, have verdicts of their own")
  func loadAndCall() throws {
    let load = try CheckFixtures.report("load")
    #expect(load.entries.first { $0.outcome == .failed }?.name == "load")
    #expect(load.finding.verdict == .rejected(.descriptor))
    #expect(load.finding.message.contains("minimum <= initial <= maximum"))
    let call = try CheckFixtures.report("call")
    #expect(call.entries.first { $0.outcome == .failed }?.name == "call")
    #expect(call.finding.verdict == .crashed(signal: 11))
  }

  @Test("every check has a fixture here")
  func complete() {
    #expect(Set(Self.failures + ["load", "call"]) == Set(CheckSuite.names))
  }

  @Test("a status with a line names that line of the author's source")
  func line() throws {
    #expect(try CheckFixtures.report("shape").finding.message.contains("line 12"))
  }

  @Test("a gradient that is wrong only at large margins is found there")
  func largeMargins() throws {
    let finding = try CheckFixtures.report("magnitudes-gradient").finding
    #expect(finding.verdict == .failed(check: "magnitudes"))
    #expect(finding.message.contains("central differences"))
  }

  static let warnings = [
    "kink", "jump", "order-dependent", "constant", "wrong-direction", "non-monotone",
    "unbounded-gradient", "ignores-beta", "ignores-tunable",
  ]

  @Test("the warning of a fixture's name is the only one, and no failure", arguments: warnings)
  func warning(name: String) throws {
    let report = try CheckFixtures.report(name)
    #expect(report.finding == Finding(.ok))
    #expect(report.warnings.map(\.name) == [name])
    #expect(report.warnings.first?.message.isEmpty == false)
  }

  @Test("every warning has a fixture here")
  func completeWarnings() {
    #expect(Set(Self.warnings + ["ignores-mask"]) == Set(CheckReport.warningNames))
  }

  @Test("a listwise loss and its mask")
  func lists() throws {
    // A square rises on both sides and without bound; nothing else is to be said.
    let square = ["non-monotone", "unbounded-gradient"]
    let lists = try CheckFixtures.report("lists")
    #expect(lists.finding == Finding(.ok))
    #expect(lists.warnings.map(\.name) == square)
    let deaf = try CheckFixtures.report("ignores-mask")
    #expect(deaf.finding == Finding(.ok))
    #expect(deaf.warnings.map(\.name) == square + ["ignores-mask"])
  }

  @Test("cross-entropy passes, claims and all; the textbook's form overflows")
  func classes() throws {
    let report = try CheckFixtures.report("classes")
    #expect(report.finding == Finding(.ok))
    #expect(report.warnings.isEmpty)
    let naive = try CheckFixtures.report("classes-naive")
    #expect(naive.finding.verdict == .failed(check: "magnitudes"))
    #expect(naive.finding.message.contains("logits to ±1000"))
  }

  @Test("the same plug-in gets the same report twice")
  func repeatable() throws {
    let first = try CheckFixtures.report("non-monotone")
    let second = try CheckFixtures.report("non-monotone")
    #expect(first.entries == second.entries)
    #expect(first.warnings == second.warnings)
  }
}
