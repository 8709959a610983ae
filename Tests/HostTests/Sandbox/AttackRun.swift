import Foundation
import Losses
import Testing

@testable import Host

/// One run over all attacks in one mode, as a document: what a test process of its own writes for
/// the one that started it.
struct AttackLedger: Codable {
  var user: UInt32
  /// The layers that a plain cell reached.
  var layers: CellLayers
  /// By fixture and number of calls: the verdict, or `tells` and a number.
  var outcomes: [String: String]

  static func key(_ attack: Attack) -> String { "\(attack.name) x \(attack.calls)" }
}

/// Runs attacks in cells.
enum AttackRun {
  static func text(_ outcome: Attack.Outcome) -> String {
    switch outcome {
    case .verdict(let verdict): verdict.description
    case .tells(let value): "tells \(value)"
    }
  }

  /// What becomes of one attack.
  static func outcome(of attack: Attack, cells: LocalCells) throws -> Attack.Outcome {
    var limits = CellFixture.limits
    limits.cpuSecondsPerCall = attack.cpuSeconds
    let library = try FixtureLibrary.library(attack.name)
    do throws(LossFailure) {
      let loss = try CellLoss(
        image: try PluginImage(path: library.path), cells: cells, limits: limits)
      var first = 0.0
      for _ in 0..<attack.calls {
        first = try loss.evaluate(
          CellFixture.batch(rows: 8), tunables: loss.descriptor.tunableValues()
        ).values[0]
      }
      if case .tells = attack.outcome { return .tells(first) }
      return .verdict(.ok)
    } catch {
      return .verdict(error.finding.verdict)
    }
  }

  static func ledger(namespaces: Bool) throws -> AttackLedger {
    let cells = try LocalCells(namespaces: namespaces)
    var ledger = AttackLedger(
      user: getuid(), layers: try CellLayers.probe(cells), outcomes: [:])
    for attack in Attack.all {
      ledger.outcomes[AttackLedger.key(attack)] = text(try outcome(of: attack, cells: cells))
    }
    return ledger
  }

  /// Holds a ledger against the table: no attack may be missing, and none may end otherwise.
  static func require(_ ledger: AttackLedger, _ mode: String) {
    for attack in Attack.all {
      let seen = ledger.outcomes[AttackLedger.key(attack)]
      #expect(
        seen == text(attack.outcome), "\(mode): (\(attack.group)) \(AttackLedger.key(attack))")
    }
    #expect(ledger.outcomes.count == Set(Attack.all.map(AttackLedger.key)).count)
  }

  // MARK: In a process of its own

  static let entry = "attackLedgerEntry"
  private static let ledgerVariable = "LOSSMITH_TEST_LEDGER"

  /// Where this process is to write its ledger; nil when it is no such process.
  static var ledgerPath: String? {
    CommandLine.arguments.contains(entry)
      ? ProcessInfo.processInfo.environment[ledgerVariable] : nil
  }

  /// Runs all attacks in this test program started anew, behind a program that changes its world.
  ///
  /// - Parameter prefix: the program and its arguments, up to the command that it starts.
  static func ledger(behind prefix: [String]) throws -> AttackLedger {
    for attack in Attack.all { _ = try FixtureLibrary.library(attack.name) }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-ledger-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
    chmod(folder.path, 0o777)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("ledger.json").path
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    let arguments =
      Array(prefix.dropFirst())
      + [program, "--testing-library", "swift-testing", "--filter", entry]
    let result = try Launcher.shared.run(
      Command(
        executable: prefix[0], arguments: arguments,
        environment: [
          ledgerVariable: path, FixtureLibrary.variable: FixtureLibrary.folder.path,
          "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": folder.path,
        ], wallSeconds: 600))
    let words = String(decoding: result.stdout + result.stderr, as: UTF8.self).suffix(2000)
    try #require(result.status == .exited(0), "\(words)")
    return try JSON.decode(
      AttackLedger.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

@Test("this program runs all attacks and writes what became of them, when it was started for that")
func attackLedgerEntry() throws {
  guard let path = AttackRun.ledgerPath else { return }
  try JSON.encode(try AttackRun.ledger(namespaces: true)).write(to: URL(fileURLWithPath: path))
}
