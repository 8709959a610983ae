import Foundation
import Losses
import Testing

@testable import Host

/// Every attack in every mode that this machine has, each with its exact verdict.
///
/// Which modes must run is decided here and nowhere else: a mode that the machine should have and
/// has not is a failure, not a skipped test.
@Suite("Sandbox", .serialized)
struct SandboxTests {
  /// Set where namespaces are known to be refused, as in most containers: then, and only then, the
  /// tests that need them may be missing.
  private static var mayLackNamespaces: Bool {
    ProcessInfo.processInfo.environment["LOSSMITH_TEST_NO_NAMESPACES"] != nil
  }

  @Test("no attack lies unused, and every group has at least one")
  func completeness() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: FixtureLibrary.sources.path)
    let fixtures = Set(files.filter { $0.hasSuffix(".c") }.map { String($0.dropLast(2)) })
    // Fixtures with tests of their own: other families, cheats, and what needs two cells.
    let elsewhere = fixtures.filter {
      $0.hasPrefix("cheat-")
        || [
          "classification", "listwise", "two-faced", "burn", "burn-eight", "assert", "print",
        ].contains($0)
    }
    let known = Set(Attack.all.map(\.name)).union(elsewhere)
    #expect(known.symmetricDifference(fixtures).sorted() == [])
    var groups = Set(Attack.all.map(\.group))
    #if !arch(x86_64)
      groups.insert(7)
    #endif
    #expect(groups == Set(0...17))
  }

  @Test("a guard: the layers that this machine should have are reached")
  func guardian() throws {
    let layers = try CellLayers.probe(try LocalCells())
    if !Self.mayLackNamespaces {
      let all = CellWrapper.namespaces.count
      #expect(layers.namespaces.count == all, "install bubblewrap, or allow user namespaces")
    }
    #expect(layers.landlock == ChildJail.landlockVersion)
    #expect(layers.namesCalls)
    let floor = try CellLayers.probe(try LocalCells(namespaces: false))
    #expect(floor.namespaces == [])
    #expect(floor.landlock == layers.landlock)
  }

  @Test("with every layer, each attack has its exact verdict")
  func full() throws {
    AttackRun.require(try AttackRun.ledger(namespaces: true), "full")
  }

  @Test("as an unprivileged user, each attack has its exact verdict")
  func unprivileged() throws {
    // An unprivileged person's own run is this mode already.
    guard getuid() == 0 else { return try full() }
    let ledger = try AttackRun.ledger(behind: [
      "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
    ])
    #expect(ledger.user == 65534)
    if !Self.mayLackNamespaces {
      #expect(ledger.layers.namespaces.count == CellWrapper.namespaces.count)
    }
    AttackRun.require(ledger, "unprivileged")
  }

  @Test("where namespaces are refused, the floor gives each attack the same verdict")
  func refused() throws {
    if Self.mayLackNamespaces {
      return AttackRun.require(try AttackRun.ledger(namespaces: true), "refused")
    }
    // A user namespace in which no further one may be made: what containers and some
    // distributions do by other means.
    let ledger = try AttackRun.ledger(behind: [
      "/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-c",
      "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"", "sh",
    ])
    #expect(ledger.layers.namespaces.allSatisfy { $0 == "user" })
    AttackRun.require(ledger, "refused")
  }

  @Test("a filter of ours that cannot be installed keeps every plug-in from running")
  func belowFloor() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-floor-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // A cell program behind a filter under which seccomp(2) does not exist.
    let cell = try Installation.current().cellProgram().path
    let program = folder.appendingPathComponent("cell")
    try FixtureLibrary.program(
      "below-floor", to: program, definitions: ["CELL=\"\(cell)\""])
    let cells = LocalCells(program: program, namespaces: false)
    let failure = #expect(throws: LossFailure.self) {
      try CellLoss(image: try FixtureLibrary.image("benign"), cells: cells)
    }
    let finding = try #require(failure?.finding)
    #expect(
      finding.verdict
        == .hostFault(cause: "the sandbox is below its floor: system-call filter"))
    #expect(finding.remedy.contains("CONFIG_SECCOMP_FILTER"))
  }

  @Test("two cells share no namespace, and neither sees the other")
  func pair() throws {
    let cells = try LocalCells()
    var limits = CellFixture.limits
    limits.cpuSecondsPerCall = 30
    let losses = try (0..<2).map { _ in
      try CellLoss(image: try FixtureLibrary.image("benign"), cells: cells, limits: limits)
    }
    let plugins = cells.reporters.compactMap { Processes.descendants(of: $0).last }
    try #require(plugins.count == 2)
    for plugin in plugins {
      // Nothing but three null devices is open in it.
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(plugin)/fd")
      #expect(open.sorted() == ["0", "1", "2"])
      // What it started with; it has cleared even that (see the attack `environment`).
      let environment = FileManager.default.contents(atPath: "/proc/\(plugin)/environ") ?? Data()
      #expect(["", "PWD=/\0"].contains(String(decoding: environment, as: UTF8.self)))
    }
    if !Self.mayLackNamespaces {
      for name in CellWrapper.namespaces {
        let links = try ([getpid()] + plugins).map {
          try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/\(name)")
        }
        #expect(Set(links).count == 3, "\(name)")
      }
      // The second process of its own world, below a first that only reports.
      for plugin in plugins {
        let status = try String(contentsOfFile: "/proc/\(plugin)/status", encoding: .utf8)
        #expect(status.contains("NSpid:") && status.contains("\t2\n"))
      }
    }
    for loss in losses {
      #expect(throws: Never.self) {
        try loss.evaluate(CellFixture.batch(rows: 2), tunables: [0.1])
      }
    }
  }
}
