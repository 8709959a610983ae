import Foundation
import Losses
import Testing

@testable import Discovery

@Suite struct SweepTests {
  private func header(_ plan: SweepPlan) -> SweepHeader {
    SweepHeader(
      plan: plan, taskDigest: "t", metric: "reward", referenceHash: "r", settings: [:],
      environment: [:])
  }

  private func entry(
    _ loss: String, _ beta: Double?, _ seed: UInt64, reward: Double, kl: Double
  ) -> SweepEntry {
    SweepEntry(
      unit: .init(loss: loss, beta: beta, seed: seed), finding: Finding(.ok),
      metrics: ["reward": reward, "kl": kl], reference: ["reward": 0.4], referenceHash: "r",
      seconds: 1)
  }

  private func folder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "lossmith-sweep-\(UUID())")
  }

  @Test(
    "seeds come first, so that a sweep that stops early has every β; what a loss forbids is out")
  func units() throws {
    let plan = try SweepPlan(
      task: "bandit", losses: ["a", "b", "a", "plain"],
      points: [.init(beta: 2, seeds: 1), .init(beta: 0.1, seeds: 2)])
    let units = plan.units { $0 == "plain" ? nil : $0 == "b" ? 0...1 : 0...5 }
    #expect(
      units == [
        .init(loss: "a", beta: 0.1, seed: 0), .init(loss: "a", beta: 2, seed: 0),
        .init(loss: "b", beta: 0.1, seed: 0), .init(loss: "plain", beta: nil, seed: 0),
        .init(loss: "a", beta: 0.1, seed: 1), .init(loss: "b", beta: 0.1, seed: 1),
        .init(loss: "plain", beta: nil, seed: 1),
      ])
  }

  @Test("no file is shown under the baseline's name, and a sweep without it says so")
  func baseline() throws {
    let points = [SweepPlan.Point(beta: 0.1, seeds: 1)]
    for (file, label) in [("/x/dpo.c", "/x/dpo.c"), ("/x/DPO.so", "/x/DPO.so"), ("/x/my.c", "my")] {
      let alone = try SweepPlan(task: "bandit", losses: [file, "lrml"], points: points)
      #expect(alone.label(of: file) == label)
      let summary = SweepSummary(
        header: header(alone),
        entries: [
          entry(file, 0.1, 0, reward: 0.2, kl: 3), entry("lrml", 0.1, 0, reward: 0.6, kl: 3),
        ], total: 2, klCap: 20)
      #expect(summary.curves.map(\.loss) == [label, "lrml"])
      #expect(summary.curves.allSatisfy { $0.hypervolumeDifference == nil })
      #expect(summary.table.contains("dpo is not among the losses"))
    }
    let beside = try SweepPlan(task: "bandit", losses: ["dpo", "/x/dpo.c"], points: points)
    let summary = SweepSummary(
      header: header(beside),
      entries: [
        entry("dpo", 0.1, 0, reward: 0.7, kl: 3), entry("/x/dpo.c", 0.1, 0, reward: 0.5, kl: 3),
      ], total: 2, klCap: 20)
    #expect(summary.curves.map(\.loss) == ["dpo", "/x/dpo.c"])
    #expect(summary.curves[0].points[0].advantage == nil)
    #expect(abs((summary.curves[1].points[0].advantage?.mean ?? 0) + 0.2) < 1e-9)
    #expect(!summary.table.contains("no differences"))
  }

  @Test(
    "a β that is no β, twice the same, no seeds and no losses are refused",
    arguments: [
      [SweepPlan.Point(beta: 0, seeds: 1)], [.init(beta: -1, seeds: 1)],
      [.init(beta: .infinity, seeds: 1)], [.init(beta: 0.1, seeds: 0)],
      [.init(beta: 0.1, seeds: 1), .init(beta: 0.1, seeds: 2)], [],
    ])
  func refusals(_ points: [SweepPlan.Point]) throws {
    let control = try SweepPlan(
      task: "bandit", losses: ["dpo"], points: [.init(beta: 0.1, seeds: 1)])
    #expect(control.losses == ["dpo"])
    #expect(throws: LossmithError.self) {
      try SweepPlan(task: "bandit", losses: ["dpo"], points: points)
    }
    #expect(throws: LossmithError.self) {
      try SweepPlan(task: "bandit", losses: [], points: [.init(beta: 0.1, seeds: 1)])
    }
  }

  @Test("what was recorded is read again; a line that a crash cut off is dropped and written anew")
  func recovery() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let plan = try SweepPlan(
      task: "bandit", losses: ["dpo"], points: [.init(beta: 0.1, seeds: 2)])
    let (first, second) = (
      entry("dpo", 0.1, 0, reward: 0.5, kl: 1), entry("dpo", 0.1, 1, reward: 0.6, kl: 2)
    )
    do {
      let file = try SweepFile.create(in: folder, header: header(plan))
      try file.append(first)
      // While it is open nobody else writes, and a reader sees it.
      #expect(throws: LossmithError.self) { try SweepFile.open(folder) }
      #expect(try SweepFile.contents(of: folder).entries == [first])
    }
    let path = folder.appending(path: SweepFile.name)
    var bytes = try Data(contentsOf: path)
    bytes.append(Data(#"{"finding":{"verd"#.utf8))
    try bytes.write(to: path)
    do {
      let file = try SweepFile.open(folder)
      #expect(file.entries == [first])
      #expect(file.header == header(plan))
      try file.append(second)
    }
    #expect(try SweepFile.contents(of: folder).entries == [first, second])
  }

  @Test(
    "a damaged line is named; a folder with something in it and one without a sweep are refused")
  func damage() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: LossmithError.self) { try SweepFile.open(folder) }
    let plan = try SweepPlan(
      task: "bandit", losses: ["dpo"], points: [.init(beta: 0.1, seeds: 1)])
    _ = try SweepFile.create(in: folder, header: header(plan))
    #expect(throws: LossmithError.self) { try SweepFile.create(in: folder, header: header(plan)) }
    let path = folder.appending(path: SweepFile.name)
    var bytes = try Data(contentsOf: path)
    bytes.append(Data("{}\n".utf8))
    try bytes.write(to: path)
    let error = #expect(throws: LossmithError.self) { try SweepFile.open(folder) }
    #expect(error?.location?.hasSuffix("\(SweepFile.name):2") == true)
  }

  @Test("errors are over seeds, the difference is taken at equal KL, the area over the common β")
  func summary() throws {
    let plan = try SweepPlan(
      task: "bandit", losses: ["dpo", "other", "broken"],
      points: [.init(beta: 0.1, seeds: 2), .init(beta: 1, seeds: 2), .init(beta: 5, seeds: 1)])
    var entries: [SweepEntry] = []
    for seed in [UInt64(0), 1] {
      let lift = Double(seed) * 0.02
      // DPO: from (0, 0.4) by (2, 0.5) to (10, 0.7); concave.
      entries.append(entry("dpo", 1, seed, reward: 0.5 + lift, kl: 2))
      entries.append(entry("dpo", 0.1, seed, reward: 0.7 + lift, kl: 10))
      // At KL 6 DPO has 0.6 + lift with mixtures, and 0.5 + 0.2 (√6 − √2)/(√10 − √2) + lift over √KL.
      entries.append(entry("other", 1, seed, reward: 0.65 + lift, kl: 6))
      // Beyond what DPO reached: nothing is said.
      entries.append(entry("other", 0.1, seed, reward: 0.8 + lift, kl: 11))
    }
    entries.append(entry("dpo", 5, 0, reward: 0.41, kl: 0.1))
    entries.append(
      SweepEntry(
        unit: .init(loss: "broken", beta: 0.1, seed: 0),
        finding: Finding(.diverged(step: 3), "a NaN"), seconds: 1))
    let summary = SweepSummary(
      header: header(plan), entries: entries, total: 12, klCap: 20)
    #expect(summary.reference?.mean == 0.4)
    let (dpo, other, broken) = (summary.curves[0], summary.curves[1], summary.curves[2])
    #expect(dpo.points.map(\.beta) == [0.1, 1, 5])
    #expect(abs((dpo.points[0].reward?.mean ?? 0) - 0.71) < 1e-12)
    #expect(abs((dpo.points[0].reward?.se ?? 0) - 0.01) < 1e-12)
    #expect(dpo.points[2].reward?.se == nil)
    #expect(dpo.points.allSatisfy { $0.advantage == nil })
    let advantage = try #require(other.points[1].advantage)
    #expect(abs(advantage.mean - 0.0316) < 0.0001)
    #expect(abs((advantage.high ?? 0) - 0.05) < 1e-9)
    // The lines through the corners before lead to 0.69 and more: nothing shows that DPO does not.
    #expect((advantage.low ?? 0) < 0.65 - 0.68)
    #expect(other.points[0].advantage == nil)
    // (20 − 2)·0.1 + (20 − 10)·0.2 without the lift of seed 1, which adds (20 − 2)·0.02.
    #expect(abs((dpo.hypervolume?.mean ?? 0) - (3.8 + 0.18)) < 1e-9)
    #expect(dpo.hypervolume?.n == 2)
    #expect(other.hypervolumeDifference != nil)
    #expect(broken.points.map(\.failures) == [["diverged(3)"]])
    #expect(broken.points[0].reward == nil)
    #expect(broken.hypervolume == nil)
    #expect(summary.table.contains("diverged(3)"))
    #expect(summary.csv.split(separator: "\n").count == 1 + 3 + 2 + 1)
  }

  @Test("a plan file says task, losses and points; unknown keys and other forms name their line")
  func planFile() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func load(_ text: String) throws -> SweepPlan {
      let file = folder.appending(path: "plan.yaml")
      try Data(text.utf8).write(to: file)
      return try SweepPlanFile.load(file.path)
    }
    // A byte order mark says nothing; numbers that YAML would read otherwise are refused.
    let marked = try load("\u{FEFF}task: bandit\nlosses: [dpo]\npoints:\n  - {beta: 1, seeds: 8}\n")
    #expect(marked.task == "bandit" && marked.points.map(\.seeds) == [8])
    for odd in ["{beta: 1, seeds: 010}", "{beta: 0x10, seeds: 1}"] {
      let error = #expect(throws: LossmithError.self) {
        try load("task: bandit\nlosses: [dpo]\npoints:\n  - \(odd)\n")
      }
      #expect(error?.message.contains("decimal digits") == true)
      #expect(error?.location?.hasSuffix(":4") == true)
    }
    let plan = try load(
      """
      task: films.yaml
      losses: [dpo, slic]
      points:
        - {beta: [0.05, 1e-1], seeds: 2}
        - {beta: 2.5, seeds: 1}
      """)
    #expect(plan.task == folder.appending(path: "films.yaml").path)
    #expect(plan.losses == ["dpo", "slic"])
    #expect(plan.points.map(\.beta) == [0.05, 0.1, 2.5])
    #expect(plan.points.map(\.seeds) == [2, 2, 1])
    #expect(
      try load("task: imdb\nlosses: [dpo]").points
        == SweepPlan.paperPoints.sorted {
          $0.beta < $1.beta
        })
    for (text, line) in [
      ("task: imdb\nloses: [dpo]", ":2"), ("task: imdb\nlosses: dpo", ":2"),
      ("task: imdb\nlosses: [dpo]\npoints:\n  - {beta: many}", ":4"),
      ("task: imdb\nlosses: [dpo]\npoints:\n  - {beta: 1, seed: 2}", ":4"), ("losses: [dpo]", ""),
      ("task: [", ""), ("", ""), ("task: imdb\nlosses: []", ":2"),
    ] {
      let error = #expect(throws: LossmithError.self, "\(text)") { try load(text) }
      #expect(error?.location?.hasSuffix("plan.yaml\(line)") == true, "\(text)")
    }
  }
}
