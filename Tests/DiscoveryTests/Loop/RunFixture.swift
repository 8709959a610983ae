import Foundation
import GRDB
import Losses

@testable import Discovery

/// A reply that the parser reads.
func reply(_ name: String, _ code: String, thought: String = "Because.") -> String {
  let proposal = Proposal(thought: thought, name: name, code: code)
  return String(decoding: (try? RunJSON.encode(proposal)) ?? Data(), as: UTF8.self)
}

/// A folder for one test, removed with it.
final class Scratch {
  /// Memory where there is some: these tests wait for the disk some 20,000 times.
  private static let parent =
    FileManager.default.isWritableFile(atPath: "/dev/shm")
    ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory

  let url: URL

  init(at url: URL? = nil) throws {
    self.url = url ?? Self.parent.appending(path: "discovery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// A run with scripted parts, in a folder of its own.
final class RunFixture {
  let scratch: Scratch
  let proposer: ScriptedProposer
  let evaluator: ScriptedEvaluator
  /// Used when the configuration has a cheap stage.
  let screener: ScriptedEvaluator
  let clock = ManualClock()
  var config: RunConfig
  var promptPlan = PromptPlan()
  /// Everything that was observed, over all sessions.
  var progress: [RunProgress] = []
  /// Called with the number of things observed in this session; true interrupts.
  var interruptAfter: Int?

  init(
    _ replies: [String], scratch: Scratch? = nil, configure: (inout RunConfig) -> Void = { _ in }
  )
    throws
  {
    self.scratch = try scratch ?? Scratch()
    proposer = ScriptedProposer(replies)
    let libraries = self.scratch.url.appending(path: "built")
    try FileManager.default.createDirectory(at: libraries, withIntermediateDirectories: true)
    evaluator = ScriptedEvaluator(scratch: libraries)
    screener = ScriptedEvaluator(scratch: libraries)
    screener.isCheap = true
    screener.referenceHash = "cheap-ref"
    config = RunConfig(
      task: "bandit", taskDigest: "d1", seeds: [0, 1, 2], baselines: ["slic"], proposer: "script")
    configure(&config)
  }

  var url: URL { scratch.url.appending(path: "run") }

  var parts: DiscoveryRun.Parts {
    var seen = 0
    var parts = DiscoveryRun.Parts(
      proposer: proposer, evaluator: evaluator,
      screener: config.cheapStage == nil ? nil : screener, prompts: ScriptedPrompts(),
      observe: { [self] in
        seen += 1
        progress.append($0)
      },
      isInterrupted: { [self] in interruptAfter.map { seen >= $0 } ?? false })
    parts.promptPlan = promptPlan
    return parts
  }

  func create() throws -> RunDirectory {
    try RunDirectory.create(at: url, config: config, clock: clock.clock)
  }

  func resume() throws -> RunDirectory {
    try RunDirectory.resume(at: url, clock: clock.clock)
  }

  /// Starts the run and works until it stops.
  @discardableResult
  func start() throws -> DiscoveryRun.Outcome {
    try DiscoveryRun(in: try create(), parts: parts).run()
  }

  /// Takes the run up again.
  @discardableResult
  func goOn() throws -> DiscoveryRun.Outcome {
    try DiscoveryRun(in: try resume(), parts: parts).run()
  }

  func events() throws -> [JournalEvent] { try RunDirectory.read(at: url).events }
}

/// What a journal must have in common with that of an undisturbed run.
struct Recorded: Hashable, CustomStringConvertible {
  var place: JournalEvent.Place
  var body: JournalEvent.Body

  var description: String { "\(body.kind) \(place.generation ?? 0).\(place.attempt ?? 0)" }
}

func undisturbed(_ events: [JournalEvent]) -> [Recorded] {
  events.filter { !$0.isDisturbance }.map { Recorded(place: $0.place, body: $0.body) }
}

/// A summary but for what a disturbance changes.
func settled(_ summary: RunSummary) -> RunSummary {
  var summary = summary
  summary.elapsed = 0
  summary.sessions = 0
  summary.possiblyPaid = nil
  return summary
}

/// Every file of a run but the journal's, with its content.
func files(of run: URL) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: run.path)
  where !path.hasPrefix(Journal.fileName) {
    let file = run.appending(path: path)
    if let data = FileManager.default.contents(atPath: file.path), !file.hasDirectoryPath {
      files[path] = data
    }
  }
  return files
}

/// Takes the journal back to the state after some event, as a kill at that moment leaves it.
func truncateJournal(of run: URL, after id: Int64) throws {
  let database = try DatabaseQueue(path: run.appending(path: Journal.fileName).path)
  try database.write { db in
    let trigger = try String.fetchOne(
      db, sql: "SELECT sql FROM sqlite_master WHERE name = 'event_never_goes'")
    try db.execute(sql: "DROP TRIGGER event_never_goes")
    try db.execute(sql: "DELETE FROM event WHERE id > ?", arguments: [id])
    if let trigger { try db.execute(sql: trigger) }
  }
  try database.close()
}

/// A script in which everything happens at least once, with thoughts as long as a model's.
let eventfulScript: [String] = {
  let thought = String(repeating: "A margin that the batch sets may help. ", count: 60)
  return [
    reply("first", "eta 0.65", thought: thought),
    "I would rather talk about the weather.",
    reply("second", "compile", thought: thought),
    reply("second", "check gradient", thought: thought),
    reply("second", "eta 0.7", thought: thought),
    // The same text as `first`: a duplicate.
    reply("third", "eta 0.65", thought: thought),
    reply("third", "crash 0", thought: thought),
    reply("../../etc/passwd", "timeout 0", thought: thought),
    reply("third", "diverge 7", thought: thought),
    reply("fourth", "warned 0.62", thought: thought),
  ]
}()

/// Everything that the cheap stage and the finalists add to ``eventfulScript``.
let stagedScript: [String] = [
  reply("first", "eta 0.65"),
  reply("idle", "eta 0.9|eta 0.4"),
  reply("noisy", "eta 0.68|nan"),
  reply("second", "eta 0.7|eta 0.55"),
  reply("backward", "eta 0.9|eta 0.1"),
  reply("fragile", "eta 0.8|eta 0.6|diverge 9"),
  reply("third", "eta 0.62"),
]

extension RunConfig {
  /// Three seeds at first, two for the best two at the end, and a stage whose reference has 0.4.
  mutating func addStages() {
    seeds = [0, 1, 2, 3, 4]
    firstSeeds = 3
    finalists = 2
    cheapStage = CheapStage(
      task: "cheap", taskDigest: "d0", metric: "reward", seeds: [0, 1, 2], reference: 0.4)
  }
}
