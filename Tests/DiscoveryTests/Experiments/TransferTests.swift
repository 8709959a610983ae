import Foundation
import Losses
import Policy
import Testing

@testable import Discovery

@Suite struct TransferTests {
  private func loss(_ name: String) -> TransferPlan.Loss { .init(name: name, origin: name) }

  private func plan(
    _ losses: [String], seeds: Int = 4, klCap: Double? = 20, frontier: [Double]? = nil
  ) throws -> TransferPlan {
    try TransferPlan(
      losses: losses.map(loss),
      tasks: [
        .init(
          task: "bandit", seeds: seeds, name: "bandit",
          metric: klCap == nil ? "accuracy" : "reward",
          beta: 0.1, klCap: klCap)
      ], frontier: frontier ?? [0.02, 0.05, 0.1, 0.2, 0.5])
  }

  private func entry(
    _ loss: String, _ beta: Double? = nil, _ seed: UInt64, reward: Double, kl: Double,
    metric: String = "reward"
  ) -> SweepEntry {
    SweepEntry(
      unit: .init(loss: loss, beta: beta, seed: seed), finding: Finding(.ok),
      metrics: [metric: reward, "kl": kl], reference: [metric: 0.4], referenceHash: "r", seconds: 1)
  }

  private func summary(_ plan: TransferPlan, _ entries: [SweepEntry]) throws -> TransferSummary {
    let header = SweepHeader(
      plan: try plan.sweep(of: plan.tasks[0]), taskDigest: "t", metric: plan.tasks[0].metric,
      referenceHash: "r", settings: [:], environment: [:])
    return TransferSummary(plan, records: [(header, entries)], totals: [entries.count])
  }

  /// DPO's frontier is the line from (0, 0.4) to (10, 0.9), a little higher with each seed.
  private func frontier(seeds: UInt64) -> [SweepEntry] {
    (0..<seeds).flatMap { seed -> [SweepEntry] in
      let lift = Double(seed) * 0.001
      func at(_ kl: Double) -> Double { 0.4 + kl * (0.05 + lift) }
      return [(0.02, 10.0), (0.05, 8), (0.2, 4), (0.5, 2)].map {
        entry("dpo", $0.0, seed, reward: at($0.1), kl: $0.1)
      } + [entry("dpo", nil, seed, reward: at(6), kl: 6)]
    }
  }

  @Test("every loss is trained at the task's β, DPO on the grid too, its own β once")
  func units() throws {
    let plan = try plan(["dpo", "a"], seeds: 2)
    let units = try plan.sweep(of: plan.tasks[0]).units { $0 == "a" ? nil : 0...5 }
    #expect(units.count == 2 * (1 + 4 + 1))
    #expect(
      units.filter { $0.loss == "a" } == [
        .init(loss: "a", beta: nil, seed: 0), .init(loss: "a", beta: nil, seed: 1),
      ])
    #expect(
      units.filter { $0.loss == "dpo" && $0.seed == 0 }.map(\.beta) == [nil, 0.02, 0.05, 0.2, 0.5])
    // Nobody judges completions: there is no frontier.
    let blind = try self.plan(["dpo", "a"], klCap: nil)
    #expect(try blind.sweep(of: blind.tasks[0]).units { _ in 0...5 }.count == 8)
  }

  @Test("the verdict is about equal KL: more reward that more KL bought beats nobody")
  func verdicts() throws {
    let names = ["dpo", "better", "further", "behind", "beyond", "near", "broken"]
    var entries = frontier(seeds: 4)
    for seed in UInt64(0)..<4 {
      let lift = Double(seed) * 0.001
      let noise = seed % 2 == 0 ? 0.0005 : -0.0005
      entries += [
        entry("better", nil, seed, reward: 0.4 + 5 * (0.05 + lift) + 0.03 + noise, kl: 5),
        // On DPO's line, but further than DPO at its own β.
        entry("further", nil, seed, reward: 0.4 + 9 * (0.05 + lift) + noise, kl: 9),
        entry("behind", nil, seed, reward: 0.4 + 9 * (0.05 + lift) - 0.05 + noise, kl: 9),
        // Above the line to the reference, where DPO was never trained to.
        entry("near", nil, seed, reward: 0.6, kl: 1),
        entry("beyond", nil, seed, reward: 2, kl: seed == 0 ? 11 : 9),
      ]
    }
    entries.append(
      SweepEntry(
        unit: .init(loss: "broken", beta: nil, seed: 0),
        finding: Finding(.diverged(step: 3), "a NaN"), seconds: 1))
    entries.append(entry("broken", nil, 1, reward: 3, kl: 1))
    let result = try summary(try plan(names), entries)
    let rows = Dictionary(uniqueKeysWithValues: result.tasks[0].rows.map { ($0.loss, $0) })
    #expect(rows["dpo"]?.call == .baseline)
    #expect(rows["better"]?.call == .beats)
    let better = try #require(rows["better"]?.equalKL)
    // Over KL the difference is 0.03; between two β of DPO it may be less.
    #expect((0..<0.03).contains(better.mean) && (better.low ?? 0) > 0)
    #expect(abs((better.high ?? 0) - 0.03) < 0.002)
    #expect(rows["further"]?.call == .open)
    #expect((rows["further"]?.difference?.low ?? -1) > 0)
    #expect(rows["behind"]?.call == .fallsBehind)
    #expect(rows["beyond"]?.call == .outside && rows["beyond"]?.outside == 1)
    #expect(rows["beyond"]?.equalKL == nil)
    #expect(rows["near"]?.call == .outside && rows["near"]?.outside == 4)
    // A loss that failed on one seed has no η from its luckier ones.
    #expect(rows["broken"]?.call == .failed && rows["broken"]?.eta == nil)
    #expect(result.tasks[0].rows.last?.loss == "broken")
    #expect(result.table.contains("beats dpo at equal KL"))
    #expect(result.csv.split(separator: "\n").count == 1 + names.count)
    #expect(result.tasks[0].frontier.map(\.beta) == [0.02, 0.05, 0.1, 0.2, 0.5])
  }

  @Test("without a frontier the plain difference is judged, with p corrected for all rows")
  func accuracy() throws {
    let names = ["dpo"] + (0..<8).map { "loss\($0)" }
    var entries: [SweepEntry] = []
    for seed in UInt64(0)..<3 {
      entries.append(entry("dpo", nil, seed, reward: 0.6, kl: 1, metric: "accuracy"))
      for index in 0..<8 {
        // One is far above; the seventh just above by chance, which eight rows undo.
        let gain = index == 0 ? 0.2 : index == 7 ? 0.011 : 0
        let noise = [0.004, -0.003, 0][Int(seed)]
        entries.append(
          entry("loss\(index)", nil, seed, reward: 0.6 + gain + noise, kl: 1, metric: "accuracy"))
      }
    }
    let result = try summary(try plan(names, seeds: 3, klCap: nil), entries)
    let rows = Dictionary(uniqueKeysWithValues: result.tasks[0].rows.map { ($0.loss, $0) })
    #expect(rows["loss0"]?.call == .above)
    #expect((rows["loss7"]?.difference?.low ?? -1) > 0)
    #expect(rows["loss7"]?.call == .open)
    #expect(rows["loss1"]?.call == .open && rows["loss1"]?.equalKL == nil)
    #expect(abs((result.tasks[0].reference?.mean ?? 0) - 0.4) < 1e-12)
    let single = try summary(
      try plan(["dpo", "loss0"], seeds: 1, klCap: nil), entries.filter { $0.unit.seed == 0 })
    #expect(single.tasks[0].rows.first { $0.loss == "loss0" }?.call == .noInterval)
  }

  @Test("two tasks are compared over the losses that both have, and within the better half")
  func correlation() throws {
    let names = ["dpo"] + (1..<8).map { "l\($0)" }
    let tasks = ["bandit", "reviews", "blank"].map {
      TransferPlan.Task(task: $0, seeds: 1, name: $0, metric: "reward", beta: 0.1, klCap: 20)
    }
    let plan = try TransferPlan(losses: names.map(loss), tasks: tasks, frontier: [])
    func record(_ task: Int, _ values: [Double]) throws -> (SweepHeader, [SweepEntry]) {
      let header = SweepHeader(
        plan: try plan.sweep(of: tasks[task]), taskDigest: "t", metric: "reward",
        referenceHash: "r", settings: [:], environment: [:])
      return (
        header,
        zip(names, values).map { entry($0, nil, 0, reward: $1, kl: 1) }
      )
    }
    // The same order but for the two best.
    let first = try record(0, [8, 7, 6, 5, 4, 3, 2, 1])
    let second = try record(1, [7, 8, 6, 5, 4, 3, 2, 1])
    let result = TransferSummary(plan, records: [first, second, nil], totals: [8, 8, 8])
    let correlation = try #require(result.correlations.first)
    #expect(result.correlations.count == 1)
    #expect(correlation.points.count == 8 && correlation.points[0].loss == "dpo")
    #expect(abs(correlation.all.rho - (1 - 6 * 2 / (8.0 * 63))) < 1e-12)
    #expect(abs((correlation.topOfFirst?.rho ?? 0) - (1 - 6 * 2 / (4.0 * 15))) < 1e-12)
    let interval = try #require(RankCorrelation.interval(correlation.all.rho, pairs: 8))
    #expect(correlation.all.low == interval.lowerBound)
    // A loss without η on one side is named; fewer than five have no correlation.
    let cut = TransferSummary(
      plan, records: [first, (second.0, Array(second.1.prefix(6))), nil], totals: [8, 8, 8])
    #expect(cut.correlations.first?.missing == ["l6", "l7"])
    let few = TransferSummary(
      plan, records: [first, (second.0, Array(second.1.prefix(4))), nil], totals: [8, 8, 8])
    #expect(few.correlations.isEmpty)
    #expect(few.done == 12 && few.total == 24)
  }

  @Test("the interval of a rank correlation is Fisher's with the variance of Bonett and Wright")
  func interval() throws {
    let interval = try #require(RankCorrelation.interval(0.5, pairs: 30))
    let reach = 1.959963984540054 * ((1 + 0.125) / 27).squareRoot()
    #expect(abs(atanh(interval.lowerBound) - (atanh(0.5) - reach)) < 1e-12)
    #expect(abs(atanh(interval.upperBound) - (atanh(0.5) + reach)) < 1e-12)
    #expect(RankCorrelation.interval(0.5, pairs: 3) == nil)
    #expect(RankCorrelation.interval(1, pairs: 10) == 1...1)
  }

  @Test("a frontier's corners are what is read off it, level after the highest")
  func corners() {
    let points = [(2.0, 0.45), (4, 0.55), (6, 0.7), (8, 0.65)].map {
      FrontierPoint(beta: nil, reward: $0.1, kl: $0.0)
    }
    let corners = EqualKL.frontier(points, origin: 0.4)
    #expect(corners.map(\.kl) == [0, 6, 8])
    #expect(corners.map(\.reward) == [0.4, 0.7, 0.7])
    for corner in corners {
      let read = EqualKL.reach(at: corner.kl, on: points, origin: 0.4)?.lower ?? .nan
      #expect(abs(read - corner.reward) < 1e-12)
    }
  }

  @Test("what makes no plan is refused (the first is the control)")
  func refusals() throws {
    _ = try plan(["dpo", "a"])
    #expect(throws: LossmithError.self) { try plan([]) }
    #expect(throws: LossmithError.self) { try plan(["dpo"], seeds: 0) }
    #expect(throws: LossmithError.self) { try plan(["dpo"], frontier: [0.1, 0.2]) }
    #expect(throws: LossmithError.self) { try plan(["dpo"], frontier: [0.1, 0.2, 0.3, 0.4, -1]) }
    #expect(throws: LossmithError.self) {
      try TransferPlan(
        losses: [loss("dpo")], tasks: [.init(task: "a", seeds: 1), .init(task: "a", seeds: 2)])
    }
  }

  @Test("a plan file says losses, tasks and frontier; other forms name their line")
  func planFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lossmith-plan-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func load(_ text: String) throws -> TransferPlanFile {
      let file = folder.appending(path: "plan.yaml")
      try Data(text.utf8).write(to: file)
      return try TransferPlanFile(file.path)
    }
    let plan = try load(
      """
      losses: [dpo, found/one.swift, /tmp/two.so]
      tasks:
        - {task: bandit, seeds: 5}
        - {task: films.yaml}
        - reviews
      frontier: []
      """)
    let found = folder.appending(path: "found/one.swift").path
    #expect(plan.losses == ["dpo", found, "/tmp/two.so"] && !plan.isCatalogue)
    #expect(
      plan.tasks.map(\.task) == ["bandit", folder.appending(path: "films.yaml").path, "reviews"])
    #expect(plan.tasks.map(\.seeds) == [5, 3, 3])
    #expect(plan.frontier == [])
    #expect(try load("losses: catalogue\ntasks: [bandit]").isCatalogue)
    for (text, line) in [
      ("losses: [a]\ntask: bandit", ":2"), ("losses: a\ntasks: [b]", ":1"),
      ("losses: [a]\ntasks: []", ":2"), ("losses: [a]\ntasks:\n  - {seeds: 2}", ":3"),
      ("losses: [a]\ntasks:\n  - {task: b, seeds: 0}", ":3"), ("tasks: [b]", ""),
      ("losses: [a]\ntasks: [b]\nfrontier: many", ":3"), ("losses: [a]", ""),
    ] {
      let error = #expect(throws: LossmithError.self, "\(text)") { try load(text) }
      #expect(error?.location?.hasSuffix("plan.yaml\(line)") == true, "\(text)")
    }
  }
}
