import Foundation
import Losses
import Testing

@testable import Discovery
@testable import Report

/// The statistics of a search in the program itself, on a task that trains in milliseconds.
@Suite(.serialized) struct SearchCommandTests {
  static let tiny = "task: bandit\nname: tiny\nrecipe:\n  steps: 4\n  batch: 16\n"

  static func proposal(_ name: String, _ expression: String) -> String {
    let code =
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {\n"
      + "  let x = tunables.beta * batch.margin\n  return \(expression)\n}\n"
    let fields = ["thought": "Try it.", "name": name, "code": code]
    let data = (try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  static let proposals = [
    proposal("dpo_again", "softplus(-x)"), proposal("twice", "2 * softplus(-x)"),
    proposal("hinged", "softplus(-x) + 0.5 * relu(1 - x)"),
    proposal("constant", "x - x"), proposal("squared", "softplus(-x) * softplus(-x)"),
  ]

  static func arguments(
    _ folder: TemporaryFolder, _ name: String, of proposals: [String] = Self.proposals
  ) throws -> [String] {
    [
      "discover", "--json", "--task", try folder.file("tiny.yaml", tiny), "--baselines", "dpo",
      "--cheap-stage", "none", "--workers", "1", "--seeds", "3", "--first-seeds", "2",
      "--confirm-seeds", "2", "--proposer",
      "replay:" + (try folder.file("proposals.jsonl", proposals.joined(separator: "\n"))), "--out",
      folder.url.appendingPathComponent(name).path,
    ]
  }

  static func discover(_ arguments: [String]) async throws -> RunSummary {
    let result = try await Program.run(arguments)
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(RunSummary.self, from: Data(result.output.utf8))
  }

  /// A run of two proposals with a race and a confirmation, as short as a run can be.
  static func short(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    let two = [proposals[0], proposals[4]].joined(separator: "\n")
    return [
      "discover", "--json", "--task", try folder.file("tiny.yaml", tiny), "--baselines", "dpo",
      "--cheap-stage", "none", "--workers", "1", "--seeds", "2", "--first-seeds", "1",
      "--finalists", "1", "--confirm-seeds", "1", "--no-beats", "--proposer",
      "replay:" + (try folder.file("two.jsonl", two)), "--out",
      folder.url.appendingPathComponent(name).path,
    ]
  }

  /// What a run recorded, but for durations, disturbances and where its replies came from.
  static func recorded(_ run: URL) throws -> [String] {
    func settle(_ value: Any) -> Any {
      switch value {
      case let fields as [String: Any]:
        return fields.filter { !["seconds", "source", "environment", "calls"].contains($0.key) }
          .mapValues(settle)
      case let values as [Any]: return values.map(settle)
      default: return value
      }
    }
    return try RunDirectory.read(at: run).events.filter { !$0.isDisturbance }.map { event in
      let payload = settle(try JSONSerialization.jsonObject(with: event.body.payload()))
      let data = try JSONSerialization.data(withJSONObject: payload, options: .sortedKeys)
      return "\(event.body.kind) \(event.place) \(String(decoding: data, as: UTF8.self))"
    }
  }

  @Test("a known loss in other words is not trained; up to scale it is on request")
  func duplicates() async throws {
    let folder = try TemporaryFolder()
    let summary = try await Self.discover(try Self.arguments(folder, "run"))
    let verdicts = Dictionary(
      uniqueKeysWithValues: summary.failed.map { ($0.name, $0.finding.verdict) })
    #expect(verdicts["dpo-again"] == .duplicate(of: "dpo"))
    #expect(verdicts["twice"] == .duplicate(of: "dpo"))
    #expect(abs((summary.failed.first { $0.name == "twice" }?.twin?.scale ?? 0) - 2) < 1e-9)
    #expect(summary.measured.map(\.name).contains("squared"))
    let finalists = try #require(summary.finalists)
    #expect(!finalists.isEmpty && finalists.allSatisfy { $0.confirmed?.n == 2 })
    #expect(finalists.allSatisfy { $0.beats != nil })
    #expect(summary.hiddenMetric == "accuracy")
    #expect(summary.front?.hypervolume != nil)
    let page = try String(
      contentsOf: folder.url.appendingPathComponent("run/report.html"), encoding: .utf8)
    #expect(page.contains("Finalists on fresh seeds") && page.contains("on fresh seeds.</h1>"))
    #expect(page.contains("accuracy, untold"))

    let trained = try await Self.discover(
      try Self.arguments(folder, "trained")
        + ["--train-scaled-duplicates", "--equal-budget", "best-of-n"])
    #expect(trained.measured.first { $0.name == "twice" }?.twin?.name == "dpo")
    #expect(trained.failed.contains { $0.name == "dpo-again" })
    let sides = try #require(trained.equalBudget).sides
    #expect(sides.map(\.proposals) == [5, 5] && sides[0].trainings == sides[1].trainings)
    let beside = try String(
      contentsOf: folder.url.appendingPathComponent("trained/report.html"), encoding: .utf8)
    for side in sides {
      func text(_ estimate: Estimate?) throws -> String {
        let estimate = try #require(estimate)
        return NumberText.eta(.init(mean: estimate.mean, se: estimate.se, n: estimate.n))
      }
      let row =
        ["\(side.proposals)", "\(side.measured)", "\(side.trainings.task)"].map {
          "<td class=\"number\">\($0)</td>"
        }.joined()
        + "<td>\(try #require(side.best))</td><td class=\"number\">\(try text(side.search))"
        + "</td><td class=\"number\">\(try text(side.confirmed))</td>"
      #expect(beside.contains("<th scope=\"row\">\(side.name)</th>" + row), "\(row)")
    }
    // A replay gives both sides the same losses.
    #expect(beside.contains("gives 0.0000 [0.0000, 0.0000]: these seeds show no difference"))
    #expect(!page.contains("id=\"equal-budget\""))
    // The same command line goes on with an ended run and tells the same.
    let again = try await Self.discover([
      "discover", "--json", "--resume", folder.url.appendingPathComponent("trained").path,
    ])
    #expect(again.equalBudget?.sides.map(\.confirmed) == sides.map(\.confirmed))
  }

  @Test("a task with too few β for a comparison at equal KL is refused before anything is trained")
  func fewBetas() async throws {
    let folder = try TemporaryFolder()
    var arguments = try Self.arguments(folder, "run", of: [Self.proposals[4]])
    let place = try #require(arguments.firstIndex(of: "--task"))
    arguments[place + 1] = try folder.file(
      "few.yaml", Self.tiny + "evaluation:\n  betas: [0.05, 0.1, 0.2, 0.5]\n")
    let refused = try await Program.run(arguments)
    #expect(refused.status == 2 && refused.output.isEmpty)
    #expect(refused.errors.contains("--no-beats") && refused.errors.contains("evaluation.betas"))
    #expect(
      !FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("run").path))
    let summary = try await Self.discover(arguments + ["--no-beats"])
    #expect(summary.finalists?.first?.confirmed != nil)
  }

  @Test("a recorded run is replayed to the same bits by several workers")
  func replay() async throws {
    let folder = try TemporaryFolder()
    let run = folder.url.appendingPathComponent("run")
    // One that is refused and two that are tuned.
    let few = [0, 2, 4].map { Self.proposals[$0] }
    _ = try await Self.discover(try Self.arguments(folder, "run", of: few) + ["--tune"])
    // Task, seeds, baselines, tuning and all else are the recorded run's.
    let other = folder.url.appendingPathComponent("other")
    let summary = try await Self.discover([
      "discover", "--json", "--workers", "3", "--proposer", "replay:\(run.path)", "--out",
      other.path,
    ])
    let (first, second) = (try Self.recorded(run), try Self.recorded(other))
    let difference = zip(first, second).first { $0 != $1 }
    #expect(difference == nil)
    #expect(first.count == second.count)
    #expect(summary.measured.allSatisfy { $0.tunables != nil })
    // A flag goes before what was recorded.
    let third = folder.url.appendingPathComponent("third")
    _ = try await Self.discover([
      "discover", "--json", "--seeds", "2", "--first-seeds", "1", "--confirm-seeds", "0",
      "--proposer", "replay:\(run.path)", "--generations", "1", "--out", third.path,
    ])
    let (config, recorded) = (
      try RunDirectory.read(at: third).config, try RunDirectory.read(at: run).config
    )
    #expect(config.seeds == [0, 1] && config.firstSeeds == 1 && config.generations == 1)
    #expect(config.plan.confirmation.isEmpty && config.plan.tuning == recorded.plan.tuning)
    #expect(config.task == recorded.task && config.baselines == recorded.baselines)
  }

  /// Kills the program after so many lines of progress and a moment more.
  ///
  /// - Returns: whether it was killed before it ended.
  static func killed(_ arguments: [String], after lines: Int, and microseconds: UInt32) throws
    -> Bool
  {
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter {
      ["PATH", "HOME", "XDG_CACHE_HOME"].contains($0.key)
    }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var seen = 0
    while seen < lines {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      seen += data.count { $0 == 0x0A }
    }
    usleep(microseconds)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  @Test("after a hundred kill -9 at random moments the journals equal that of an undisturbed run")
  func kills() async throws {
    let folder = try TemporaryFolder()
    _ = try await Self.discover(try Self.short(folder, "calm"))
    let calm = try Self.recorded(folder.url.appendingPathComponent("calm"))
    var random = RandomStream(seed: 7, purpose: "kills")
    var (kills, number) = (0, 0)
    while kills < 100 {
      number += 1
      let name = "run\(number)"
      let run = folder.url.appendingPathComponent(name)
      let start = try Self.short(folder, name)
      var isEnded = false
      while !isEnded, kills < 100 {
        let config = run.appendingPathComponent("config.json").path
        let arguments =
          FileManager.default.fileExists(atPath: config)
          ? ["discover", "--json", "--resume", run.path] : start
        // Far enough on to get anywhere, and often enough in the middle of something.
        if try Self.killed(
          arguments, after: random.below(6), and: UInt32(random.below(60_000)))
        {
          kills += 1
        } else {
          isEnded = true
        }
      }
      let exists = FileManager.default.fileExists(
        atPath: run.appendingPathComponent("config.json").path)
      let summary = try await Self.discover(
        exists ? ["discover", "--json", "--resume", run.path] : start)
      #expect(summary.stop == .exhausted)
      let recorded = try Self.recorded(run)
      let difference = zip(recorded, calm).first { $0 != $1 }
      #expect(difference == nil, "\(name)")
      #expect(recorded.count == calm.count, "\(name)")
    }
    #expect(kills == 100)
    // What a kill meets half-started ends as well.
    #expect(try await LeftBehind.processes(after: 120).isEmpty)
  }

  struct Agreed: Decodable {
    struct Inner: Decodable {
      var rho: Double?
      var seeds: Int
      var rows: [Row]
    }
    struct Row: Decodable { var name: String }
    var isComplete: Bool
    var agreement: Inner
  }

  @Test("agreement trains distinct losses on two seed sets, goes on, and refuses what is unknown")
  func agreement() async throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "agreement", "--json", "--task", try folder.file("tiny.yaml", Self.tiny), "--losses", "dpo",
      "ipo", "slic", "--out", folder.url.appendingPathComponent("study").path,
    ]
    let first = try await Program.run(arguments + ["--seeds", "1"])
    try #require(first.status == 0, "\(first.errors)")
    let more = try await Program.run(arguments + ["--seeds", "2"])
    let study = try JSON.decode(Agreed.self, from: Data(more.output.utf8))
    #expect(study.isComplete && study.agreement.seeds == 2 && study.agreement.rows.count == 3)
    #expect(study.agreement.rho != nil)
    // The first pair was not trained again.
    #expect(more.errors.contains("dpo, seeds 2 and 3") && !more.errors.contains("seeds 0 and 1"))
    let unknown = try await Program.run(["agreement", "--losses", "dop"])
    #expect(unknown.status == 2)
    let other = try await Program.run(arguments.map { $0 == "slic" ? "exp" : $0 })
    #expect(other.status == 2 && other.errors.contains("another task, losses"))
  }
}
