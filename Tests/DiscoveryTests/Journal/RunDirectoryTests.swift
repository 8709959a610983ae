import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("The run directory")
struct RunDirectoryTests {
  private func refusal(_ work: () throws -> Void) -> LossmithError? {
    #expect(throws: LossmithError.self) { try work() }
  }

  @Test("that holds something is refused, and an old run in it is left alone")
  func existing() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    try fixture.start()
    let before = try fixture.events()
    let error = refusal { try fixture.start() }
    #expect(error?.code == .runDirectory)
    #expect(error?.code.exitCode == .usage)
    #expect(error?.remedy?.contains("--resume \(fixture.url.path)") == true)
    #expect(try fixture.events() == before)

    let foreign = try Scratch()
    try Data("x".utf8).write(to: foreign.url.appending(path: "thesis.tex"))
    let other = refusal { _ = try RunDirectory.create(at: foreign.url, config: fixture.config) }
    #expect(other?.code == .runDirectory)
    #expect(other?.remedy?.contains("--resume") == false)
    let onFile = refusal {
      _ = try RunDirectory.create(
        at: foreign.url.appending(path: "thesis.tex"), config: fixture.config)
    }
    #expect(onFile?.code == .runDirectory)
  }

  @Test("may exist when it is empty, or holds what a killed start leaves")
  func empty() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    try FileManager.default.createDirectory(at: fixture.url, withIntermediateDirectories: true)
    try Data().write(to: fixture.url.appending(path: "lock"))
    try Data("{".utf8).write(to: fixture.url.appending(path: ".config.json.tmp"))
    #expect(try fixture.start().reason == .exhausted)
  }

  @Test("without a journal is a run that was killed at its start")
  func killedAtStart() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    _ = try fixture.create()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(
        at: fixture.url.appending(path: Journal.fileName + suffix))
    }
    #expect(try fixture.events().isEmpty)
    #expect(try fixture.goOn().reason == .exhausted)
  }

  @Test("that is no run cannot be resumed")
  func noRun() throws {
    let scratch = try Scratch()
    let error = refusal { _ = try RunDirectory.resume(at: scratch.url) }
    #expect(error?.code == .runDirectory)
    #expect(error?.message.contains("not a run") == true)
    let missing = refusal {
      _ = try RunDirectory.resume(at: scratch.url.appending(path: "nowhere"))
    }
    #expect(missing?.code == .missingFile)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
  }

  @Test("with a damaged or newer configuration is refused")
  func damagedConfig() throws {
    let fixture = try RunFixture([])
    try fixture.start()
    let file = fixture.url.appending(path: "config.json")
    let good = try Data(contentsOf: file)
    for bad in [Data(), Data("{".utf8), Data("[]".utf8), good.dropLast(9), Data([0xFF, 0xFE])] {
      try bad.write(to: file)
      let error = refusal { try fixture.goOn() }
      #expect(error?.code == .malformedInput)
      #expect(error?.location == file.path)
    }
    let newer = String(decoding: good, as: UTF8.self)
      .replacingOccurrences(of: "\"format\" : 1", with: "\"format\" : 2")
    try Data(newer.utf8).write(to: file)
    #expect(refusal { try fixture.goOn() }?.message.contains("newer") == true)
    try good.write(to: file)
    #expect(try fixture.goOn().reason == .exhausted)
  }

  @Test("is refused when the flags disagree with the run, each disagreement named")
  func disagreement() throws {
    let fixture = try RunFixture([]) { $0.tunables = ["beta": 0.1] }
    try fixture.start()
    var flags = RunFlags()
    flags.task = "bandit"
    flags.seeds = [0, 1, 2]
    flags.baselines = ["slic"]
    flags.tunables = ["beta": 0.1]
    _ = try RunDirectory.resume(at: fixture.url, flags: flags)

    flags.seeds = [0, 1]
    flags.taskDigest = "d2"
    flags.resamples = 7
    flags.tunables = ["beta": 0.2]
    let error = refusal { _ = try RunDirectory.resume(at: fixture.url, flags: flags) }
    #expect(error?.code == .runDirectory)
    for words in [
      "the content of the task is d1 in the run and d2", "seeds is [0, 1, 2] in the run",
      "resamples is 3 in the run and 7", "beta is 0.1 in the run and 0.2",
    ] {
      #expect(error?.message.contains(words) == true, "\(words)")
    }
    #expect(error?.message.contains("baselines") == false)
  }

  @Test("is locked against a second process, and free again afterwards")
  func lock() throws {
    let fixture = try RunFixture([])
    do {
      let held = try fixture.create()
      let error = refusal { _ = try fixture.resume() }
      #expect(error?.code == .runDirectory)
      #expect(error?.message.contains("Another process") == true)
      _ = held.url
    }
    _ = try fixture.resume()
  }

  @Test("that cannot be made is a storage error")
  func unwritable() throws {
    let fixture = try RunFixture([])
    let error = refusal {
      _ = try RunDirectory.create(at: URL(fileURLWithPath: "/proc/run"), config: fixture.config)
    }
    #expect(error?.code == .storage)
    #expect(error?.location == "/proc/run")
  }

  @Test("of a configuration that makes no sense is not made")
  func nonsense() throws {
    let spoilers: [(inout RunConfig) -> Void] = [
      { $0.seeds = [] }, { $0.seeds = [1, 1] }, { $0.generations = -1 }, { $0.minutes = 0 },
      { $0.minutes = .nan }, { $0.patience = 0 }, { $0.resamples = -1 }, { $0.breaker = 0 },
    ]
    for spoil in spoilers {
      let fixture = try RunFixture([], configure: spoil)
      #expect(refusal { _ = try fixture.create() }?.code == .usage)
      #expect(!FileManager.default.fileExists(atPath: fixture.url.path))
    }
  }

  @Test("puts dpo first among the baselines, once")
  func baselines() {
    func names(_ given: [String]) -> [String] {
      RunConfig(task: "t", taskDigest: "", seeds: [0], baselines: given, proposer: "p").baselines
    }
    #expect(names([]) == ["dpo"])
    #expect(names(["ipo", "dpo", "ipo"]) == ["dpo", "ipo"])
  }

  @Test("has a default name that sorts in time and is never taken")
  func defaultName() throws {
    let scratch = try Scratch()
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let first = RunDirectory.defaultURL(task: "My/Task", under: scratch.url, now: now)
    #expect(first.path == scratch.url.path + "/runs/20231114-221320-my-task")
    try FileManager.default.createDirectory(at: first, withIntermediateDirectories: true)
    let second = RunDirectory.defaultURL(task: "My/Task", under: scratch.url, now: now)
    #expect(second.path == first.path + "-2")
  }

  @Test("files are replaced whole, and a failed write leaves nothing behind")
  func durableFile() throws {
    let scratch = try Scratch()
    let file = scratch.url.appending(path: "a.txt")
    try DurableFile.write(Data("one".utf8), to: file, run: scratch.url)
    try DurableFile.write(Data("two".utf8), to: file, run: scratch.url)
    #expect(try String(contentsOf: file, encoding: .utf8) == "two")
    // A folder in the way: the rename fails after everything else went well.
    let blocked = scratch.url.appending(path: "b")
    try FileManager.default.createDirectory(
      at: blocked.appending(path: "c"), withIntermediateDirectories: true)
    let error = refusal {
      try DurableFile.write(Data("x".utf8), to: blocked, run: scratch.url)
    }
    #expect(error?.code == .storage)
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)) == ["a.txt", "b"])
  }
}
