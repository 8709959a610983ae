import Discovery
import Foundation
import Losses
import Testing

@Suite(.serialized) struct SweepCommandTests {
  private func summary(_ arguments: [String]) async throws -> SweepSummary {
    let result = try await Program.run(["sweep"] + arguments + ["--json"])
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(SweepSummary.self, from: Data(result.output.utf8))
  }

  private func without(_ seconds: SweepSummary) -> SweepSummary {
    var summary = seconds
    summary.seconds = 0
    for index in summary.curves.indices { summary.curves[index].seconds = 0 }
    return summary
  }

  @Test("a sweep that Ctrl-C stopped goes on and gives the numbers of an undisturbed one")
  func resumption() async throws {
    let folder = try TemporaryFolder()
    let (calm, cut) = (folder.url.appending(path: "calm"), folder.url.appending(path: "cut"))
    func arguments(_ out: URL) -> [String] {
      [
        "dpo", "sft", "--task", "bandit", "--beta", "0.05,0.5", "--seeds", "2", "--workers", "2",
        "--out", out.path,
      ]
    }
    let whole = try await summary(arguments(calm))
    #expect(whole.done == 8)
    let dpo = try #require(whole.curves.first { $0.loss == "dpo" })
    let rewards = dpo.points.compactMap { $0.reward?.mean }
    let kls = dpo.points.compactMap { $0.kl?.mean }
    // A smaller β goes further.
    #expect(rewards.count == 2 && rewards[0] > rewards[1])
    #expect(kls.count == 2 && kls[0] > kls[1])
    let (status, errors) = try Program.interrupted(
      ["sweep"] + arguments(cut), when: "dpo β", writing: cut.path)
    #expect(status == 130, "\(errors)")
    #expect(errors.contains("lossmith sweep --resume \(cut.path)"), "\(errors)")
    let recorded = try SweepFile.contents(of: cut).entries.count
    #expect(recorded >= 1 && recorded < 8)
    // With another number of workers than before: the numbers do not depend on it.
    let resumed = try await summary(["--resume", cut.path, "--workers", "1"])
    #expect(without(resumed) == without(whole))
    let csv = try String(contentsOf: cut.appending(path: "sweep.csv"), encoding: .utf8)
    #expect(csv == (try String(contentsOf: calm.appending(path: "sweep.csv"), encoding: .utf8)))
    try await drawing(of: cut)
  }

  @Test("losses that fail their checks are trained where a plan trusts them, and nowhere else")
  func unchecked() async throws {
    let folder = try TemporaryFolder()
    let place = Program.root.appending(path: "experiments/lrml-collapse").path
    func swept(_ name: String, _ trust: String) async throws -> (Int32, SweepSummary) {
      let plan = try folder.file(
        "\(name).yaml",
        """
        task: \(place)/bandit.yaml
        losses: ["\(place)/lrml-float32.c", lrml]
        points: [{beta: 2.5, seeds: 1}]
        \(trust)
        """)
      let result = try await Program.run([
        "sweep", "--plan", plan, "--out", folder.url.appending(path: name).path, "--json",
      ])
      return (
        result.status, try JSON.decode(SweepSummary.self, from: Data(result.output.utf8))
      )
    }
    // The published expression in single precision overflows at a margin that training reaches.
    let (status, trusted) = try await swept("trusted", "unchecked: true")
    #expect(status == 1)
    #expect(trusted.curves.map(\.loss) == ["lrml-float32", "lrml"])
    #expect(trusted.curves.map { $0.points.first?.failures } == [["diverged(31)"], []])
    #expect(trusted.environment["isolation"] == "inline")
    let (_, checked) = try await swept("checked", "unchecked: false")
    #expect(checked.curves[0].points.first?.failures == ["failed(magnitudes)"])
    #expect(checked.environment["isolation"] == "process")
  }

  /// The picture of an ended sweep is drawn anew without a training, and holds the record's numbers.
  private func drawing(of folder: URL) async throws {
    let (record, picture) = (
      folder.appending(path: SweepFile.name), folder.appending(path: "sweep.svg")
    )
    let before = try Data(contentsOf: record)
    try FileManager.default.removeItem(at: picture)
    _ = try await summary(["--resume", folder.path])
    #expect(try Data(contentsOf: record) == before)
    let text = try String(contentsOf: picture, encoding: .utf8)
    let mark = try Regex(
      #"data-kl="([^"]*)" data-value="([^"]*)" data-beta="([^"]*)""#,
      as: (Substring, Substring, Substring, Substring).self)
    let drawn = text.matches(of: mark).map { match in
      [match.output.1, match.output.2, match.output.3].map { Double($0) }
    }
    let entries = try SweepFile.contents(of: folder).entries
    func mean(_ metric: String, _ entries: [SweepEntry]) -> Double {
      let values = entries.sorted { $0.unit.seed < $1.unit.seed }.compactMap { $0.metrics[metric] }
      return values.reduce(0, +) / Double(values.count)
    }
    let places = Dictionary(grouping: entries) { "\($0.unit.loss) \($0.unit.beta ?? -1)" }
    #expect(drawn.count == places.count)
    for entries in places.values {
      let expected = [mean("kl", entries), mean("reward", entries), entries[0].unit.beta]
      #expect(drawn.contains(expected))
    }
    let page = try String(contentsOf: folder.appending(path: "sweep.html"), encoding: .utf8)
    #expect(page.contains("reward against KL on bandit") && !page.contains("<script"))
  }

  @Test("a loss that is refused before its first training has a row with its verdict")
  func refused() async throws {
    let folder = try TemporaryFolder()
    let bad = try folder.file("bad.swift", "this is no Swift")
    let out = folder.url.appending(path: "out")
    let result = try await Program.run([
      "sweep", "dpo", bad, "--task", "bandit", "--beta", "0.5", "--seeds", "1", "--out", out.path,
    ])
    #expect(result.status == 1)
    let rows = result.output.split(separator: "\n").filter { $0.hasPrefix("bad ") }
    #expect(rows.contains { $0.contains("rejected(lint)") }, "\(result.output)")
    let csv = try String(contentsOf: out.appending(path: "sweep.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(csv.count == 3 && csv[2].count == csv[0].count)
    #expect(csv[2][11] == "rejected(lint)" && csv[0][11] == "failures")
    let page = try String(contentsOf: out.appending(path: "sweep.html"), encoding: .utf8)
    #expect(page.contains("rejected(lint)"))
  }

  @Test("what is no plug-in at all is refused before a folder is made, by sweep and transfer alike")
  func unusable() async throws {
    let folder = try TemporaryFolder()
    let text = try folder.file("text.so", "not a library\n")
    let out = folder.url.appending(path: "out").path
    for arguments in [
      ["sweep", "dpo", text, "--task", "bandit", "--beta", "0.5", "--seeds", "1", "--out", out],
      ["transfer", "slic", text, "--to", "bandit", "--seeds", "1", "--out", out],
    ] {
      let result = try await Program.run(arguments)
      #expect(result.status == 2 && result.errors.contains("not-a-plugin"), "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test(
    "flags that contradict each other end with code 2",
    arguments: [
      [], ["dpo", "--resume", "x"], ["dpo", "--plan", "x"], ["dpo", "--seeds", "2"],
      ["dpo", "--beta", "0.1,much"], ["dpo", "--beta", "0"], ["--resume", "/nowhere"],
      ["--plan", "/nowhere.yaml"], ["dpo", "--task", "nothing"], ["dpo", "--kl-cap", "0"],
      ["--resume", "/nowhere", "--threads", "2"], ["dpo", "--workers", "0"],
    ])
  func flags(_ arguments: [String]) async throws {
    let result = try await Program.run(["sweep"] + arguments)
    #expect(result.status == 2, "\(result.errors)")
    #expect(!result.errors.isEmpty)
  }
}
