import Foundation
import Losses
import Testing

/// Evolution at work, and what is made of its run afterwards.
@Suite(.serialized) struct ArchiveCommandTests {
  /// Python with PyTorch: that of `LOSSMITH_TEST_PYTHON`, else `python3` of the search path; nil where
  /// it has none.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["LOSSMITH_TEST_PYTHON"] ?? "python3"
    guard
      (try? torch(
        named, ["-c", "import importlib.util as u; raise SystemExit(not u.find_spec('torch'))"]))
        == 0
    else {
      print("PyTorch is not installed for \(named): exported functions are not run.")
      return nil
    }
    return named
  }()

  @discardableResult
  static func torch(_ python: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python] + arguments
    process.standardOutput = FileHandle.standardError
    process.standardError = FileHandle.standardError
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A batch on which two libraries are compared.
  static let batch =
    """
    {"columns": {"policy_chosen": [-30, -22.5, -41], "policy_rejected": [-33, -20, -40.5],
     "reference_chosen": [-31, -21, -41], "reference_rejected": [-31, -23, -39]}}
    """

  @Test("Evolution's losses build and train; a run of it can be stopped, resumed, listed, exported")
  func evolution() async throws {
    let folder = try TemporaryFolder()
    func arguments(_ name: String) -> [String] {
      [
        "discover", "--task", "bandit", "--proposer", "evolve", "--generations", "6", "--seeds",
        "2", "--baselines", "dpo", "--evolve-seed", "4", "--out",
        folder.url.appending(path: "runs/\(name)").path,
      ]
    }
    let calm = try await Program.run(arguments("calm") + ["--json"])
    try #require(calm.status == 0, "\(calm.errors)")
    let summary = try JSON.decode(DiscoverTests.Summary.self, from: Data(calm.output.utf8))
    // What was tried on made-up pairs is seldom refused.
    #expect(summary.candidates.count >= 5, "\(summary.verdicts)")

    // The third proposal is on its way.
    let stopped = folder.url.appending(path: "runs/stopped").path
    let (status, errors) = try Program.interrupted(
      arguments("stopped"), when: "propose    [3]", writing: stopped)
    #expect(status == 130, "\(errors)")
    let resumed = try await Program.run(["discover", "--json", "--resume", stopped])
    let again = try JSON.decode(DiscoverTests.Summary.self, from: Data(resumed.output.utf8))
    #expect(again.measured.map(\.name) == summary.measured.map(\.name))
    #expect(again.measured.map(\.eta) == summary.measured.map(\.eta))

    let runs = try await Program.run(["runs", "--json", folder.url.appending(path: "runs").path])
    #expect((try runs.json()["runs"] as? [[String: Any]])?.count == 2, "\(runs.errors)")

    let best = try #require(summary.candidates.first)
    let run = folder.url.appending(path: "runs/calm").path
    let shown = try await Program.run(["show", run, best.name])
    for word in [best.name, "verdict  ok", "func loss(", "Lineage: ", "parents"] {
      #expect(shown.output.contains(word), "\(shown.output)\(shown.errors)")
    }
    let number = "\(try #require(best.origin.candidate))"
    let card = try await Program.run(["show", "--json", run, number])
    #expect(try card.json()["name"] as? String == best.name)
    try await export(best.name, number: number, of: run, in: folder)

    let unknown = try await Program.run(["show", run, "nobody"])
    #expect(unknown.status == 2 && unknown.errors.contains(best.name))
  }

  /// Exports a proposal, builds the folder, and compares it with the run's own library.
  private func export(
    _ name: String, number: String, of run: String, in folder: TemporaryFolder
  ) async throws {
    let place = folder.url.appending(path: name)
    let exported = try await Program.run(["export", run, number, "--out", place.path])
    try #require(exported.status == 0, "\(exported.errors)")
    let library = folder.url.appending(path: "built.so").path
    let built = try await Program.run(["build", place.path, "-o", library])
    #expect(built.status == 0, "\(built.errors)")
    let checked = try await Program.run(["check", place.path])
    #expect(checked.status == 0, "\(checked.errors)")
    let input = try folder.file("batch.json", Self.batch)
    let candidates = try FileManager.default.contentsOfDirectory(atPath: run + "/candidates")
    let own = try #require(candidates.first { $0.hasSuffix(name) })
    let first = try await Program.run(
      ["call", "\(run)/candidates/\(own)/loss.so", "--input", input])
    let second = try await Program.run(["call", library, "--input", input])
    #expect(first.status == 0 && first.output == second.output, "\(first.errors)\(second.errors)")

    // Nothing is ever written over.
    let twice = try await Program.run(["export", run, number, "--out", place.path])
    #expect(twice.status == 2)
    try await compare([[run, number]], in: folder)
  }

  @Test("Exported to PyTorch, losses have the values and gradients of the plug-ins")
  func pytorch() async throws {
    let folder = try TemporaryFolder()
    let source = Program.fixture("losses/control-flow.swift")
    // Loops and conditions on tunables, a statistic, sorting, optional columns, a jump.
    try await compare(
      [[source], ["dpo-alpha"], ["aqfl"], ["aot"], ["aps"], ["simpo"], ["pfl"], ["lrml"]],
      in: folder)
    for (loss, word) in [("cross-entropy", "pairwise"), ("nowhere", "nowhere")] {
      let refused = try await Program.run(["export", loss, "--format", "pytorch"])
      #expect(refused.status == 2 && refused.errors.contains(word), "\(refused.errors)")
    }
  }

  /// Exports losses and has each compare itself.
  private func compare(_ losses: [[String]], in folder: TemporaryFolder) async throws {
    var files: [String] = []
    for (index, loss) in losses.enumerated() {
      let place = folder.url.appending(path: "torch\(index)").path
      let result = try await Program.run(
        ["export"] + loss + ["--format", "pytorch", "--out", place, "--json"])
      try #require(result.status == 0, "\(loss): \(result.errors)")
      let names = try result.json()["files"] as? [String] ?? []
      files += names.map { "\(place)/\($0)" }
    }
    #expect(files.count == losses.count)
    guard let python = Self.python else { return }
    // One interpreter for all: PyTorch takes its time to load.
    let script = """
      import runpy, sys
      for path in sys.argv[1:]:
          assert runpy.run_path(path)["check"]() <= 1e-9, path
      # The control: a file that says something else must fail.
      module = runpy.run_path(sys.argv[1])
      module["CHECK"]["loss"][0] += 1e-6
      assert module["check"]() > 1e-9
      """
    #expect(try Self.torch(python, ["-c", script] + files) == 0)
  }
}
