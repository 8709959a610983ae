import Discovery
import Foundation
import Losses
import Testing

@Suite(.serialized) struct TransferCommandTests {
  private func summary(_ arguments: [String]) async throws -> TransferSummary {
    let result = try await Program.run(["transfer"] + arguments + ["--json"])
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(TransferSummary.self, from: Data(result.output.utf8))
  }

  private func without(_ seconds: TransferSummary) -> TransferSummary {
    var summary = seconds
    for index in summary.tasks.indices { summary.tasks[index].seconds = 0 }
    return summary
  }

  /// A bandit that is quickly trained, and not the built-in one.
  private func task(_ folder: TemporaryFolder) throws -> String {
    try folder.file("short.yaml", "task: bandit\nname: short\nrecipe:\n  steps: 40\n")
  }

  @Test("a transfer that Ctrl-C stopped goes on and gives the numbers of an undisturbed one")
  func resumption() async throws {
    let folder = try TemporaryFolder()
    let (calm, cut) = (folder.url.appending(path: "calm"), folder.url.appending(path: "cut"))
    let short = try task(folder)
    func arguments(_ out: URL) -> [String] {
      [
        // `sigmoid` is DPO again, and slic twice the same: each counts once.
        "slic", "exp", "sft", "ipo", "slic", "--to", "bandit,\(short)", "--seeds", "2,1",
        "--frontier", "0.02,0.05,0.1,0.2,0.5", "--workers", "2", "--out", out.path,
      ]
    }
    let whole = try await summary(arguments(calm))
    #expect(whole.tasks.map(\.name) == ["bandit", "short"])
    #expect(whole.tasks.map(\.seeds) == [2, 1])
    #expect(whole.tasks.allSatisfy { $0.rows.count == 5 && $0.done == $0.total })
    // Five losses, and DPO at four further β.
    #expect(whole.tasks.map(\.total) == [2 * (5 + 4), 5 + 4])
    #expect(whole.tasks[0].frontier.count == 5)
    let slic = try #require(whole.tasks[0].rows.first { $0.loss == "slic" })
    #expect(slic.difference?.low != nil && (slic.equalKL != nil || slic.outside > 0))
    #expect(whole.correlations.count == 1 && whole.correlations[0].all.losses == 5)
    for name in [
      "transfer.html", "transfer.csv", "summary.json", "figures/bandit-ranking.svg",
      "figures/scatter-bandit_short.csv",
    ] {
      #expect(FileManager.default.fileExists(atPath: calm.appending(path: name).path), "\(name)")
    }
    let (status, errors) = try Program.interrupted(
      ["transfer"] + arguments(cut), when: "bandit: ", writing: cut.path)
    #expect(status == 130, "\(errors)")
    #expect(errors.contains("lossmith transfer --resume \(cut.path)"), "\(errors)")
    let resumed = try await summary(["--resume", cut.path])
    #expect(without(resumed) == without(whole))
    // What has ended is drawn anew and not trained again.
    let again = try await summary(["--resume", cut.path])
    #expect(again == resumed)
  }

  @Test("a source is a loss like any other; one that does not build is told and left out")
  func sources() async throws {
    let folder = try TemporaryFolder()
    let good = try folder.file(
      "half.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        relu(0.5 - tunables.beta * batch.margin)
      }
      let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
      """)
    let bad = try folder.file("bad.swift", "this is no Swift")
    // A file that is called like the baseline is a loss like any other.
    let other = try folder.file(
      "dpo.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        relu(2 - tunables.beta * batch.margin)
      }
      """)
    let result = try await Program.run(
      [
        "transfer", other, "slic", good, bad, "--to", "bandit", "--seeds", "1", "--no-frontier",
        "--out", folder.url.appending(path: "out").path, "--json",
      ])
    #expect(result.status == 1)
    #expect(result.errors.contains("is left out"), "\(result.errors)")
    let summary = try JSON.decode(TransferSummary.self, from: Data(result.output.utf8))
    #expect(summary.tasks[0].rows.map(\.loss).sorted() == ["dpo", "dpo-2", "half", "slic"])
    #expect(summary.tasks[0].rows.first { $0.call == .baseline }?.loss == "dpo")
    #expect(result.errors.contains("\(other) is called dpo-2 here"), "\(result.errors)")
    #expect(summary.tasks[0].frontier.count == 1)
    #expect(summary.dropped.count == 1)
  }

  @Test(
    "flags that contradict each other end with code 2",
    arguments: [
      [], ["dpo"], ["dpo", "--resume", "x"], ["dpo", "--plan", "x"], ["--resume", "/nowhere"],
      ["--plan", "/nowhere.yaml"], ["slic", "--to", "nothing"],
      ["slic", "--to", "bandit", "--seeds", "1,2"], ["slic", "--to", "bandit", "--seeds", "many"],
      ["nothing", "--to", "bandit"], ["slic", "--to", "bandit", "--frontier", "0.1,0.2"],
      ["slic", "--to", "bandit", "--frontier", "0.1", "--no-frontier"],
      ["one", "--from", "/nowhere", "--to", "bandit"],
    ])
  func flags(_ arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(["transfer"] + arguments, in: folder.url)
    #expect(result.status == 2, "\(arguments): \(result.errors)")
    #expect(!result.errors.isEmpty)
  }
}
