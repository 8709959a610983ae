import Foundation
import Losses
import Testing

@Suite(.serialized) struct DiscoverTests {
  struct Summary: Decodable {
    struct Origin: Decodable {
      var candidate: Int?
      var generation: Int?
    }
    struct Eta: Decodable, Equatable {
      var mean: Double
      var se: Double?
      var n: Int
    }
    struct Measured: Decodable {
      var rank: Int
      var name: String
      var origin: Origin
      var eta: Eta
    }
    struct Finding: Decodable { var verdict: String }
    struct Failed: Decodable {
      var name: String
      var finding: Finding
    }
    var measured: [Measured]
    var failed: [Failed]
    var proposals: Int
    var stop: String?
    struct Published: Decodable {
      struct Row: Decodable {
        var score: Double?
        var eta: Eta?
      }
      var rows: [Row]
      var rankCorrelation: Double?
      var compared: Int
    }
    var published: Published?

    var candidates: [Measured] { measured.filter { $0.origin.candidate != nil } }
    var verdicts: [String: String] {
      Dictionary(uniqueKeysWithValues: failed.map { ($0.name, $0.finding.verdict) })
    }
  }

  func discover(_ arguments: [String], status: Int32 = 0) async throws -> (Summary, Program.Result)
  {
    let result = try await Program.run(["discover", "--json"] + arguments)
    try #require(result.status == status, "\(result.errors)")
    return (try JSON.decode(Summary.self, from: Data(result.output.utf8)), result)
  }

  @Test("the published run replays: 15 proposals measured, the three scalar ones refused")
  func publishedRun() async throws {
    let folder = try TemporaryFolder()
    let out = folder.url.appendingPathComponent("run").path
    let (summary, result) = try await discover(["--task", "bandit", "--seeds", "2", "--out", out])
    #expect(summary.proposals == 18)
    #expect(summary.candidates.count == 15)
    #expect(
      summary.verdicts == [
        "label-smoothed-logistic-loss": "failed(shape)",
        "revised-triplet-style-logistic-loss": "failed(shape)",
        "reinforced-margin-logistic-loss": "failed(shape)",
      ])
    #expect(summary.stop == "exhausted")
    // The paper's scores stand beside ours: it has none for four proposals, we have none for three.
    let published = try #require(summary.published)
    #expect(published.rows.count == 18)
    #expect(published.rows.filter { $0.score != nil }.count == 14)
    #expect(published.rows.filter { $0.eta != nil }.count == 15)
    #expect(published.compared == 14)
    #expect((-1...1).contains(try #require(published.rankCorrelation)))
    // No endpoint is set, and the program says so.
    #expect(result.errors.contains("No endpoint is set"))
    // A line for every stage.
    for stage in ["baseline", "propose", "parse", "build", "check", "train", "verdict"] {
      #expect(result.errors.split(separator: "\n").contains { $0.hasPrefix(stage) })
    }
    let page = try String(contentsOfFile: out + "/report.html", encoding: .utf8)
    #expect(page.contains("temperature-scaled-logistic-loss"))
    for file in ["reply.txt", "proposal.json", "loss.swift", "loss.so", "evaluation.json"] {
      #expect(
        FileManager.default.fileExists(
          atPath: "\(out)/candidates/0001-logistic-margin-loss/\(file)"))
    }
    // A directory that exists is never written over.
    let again = try await Program.run(["discover", "--out", out])
    #expect(again.status == 2)
    #expect(again.errors.contains("--resume"))
  }

  @Test("hostile proposals end in their verdicts and leave the others' numbers alone")
  func hostile() async throws {
    let folder = try TemporaryFolder()
    func run(_ name: String) async throws -> Summary {
      try await discover([
        "--task", "bandit", "--proposer", "replay:\(Program.fixture("\(name).jsonl"))", "--seeds",
        "2", "--confirm-seeds", "0", "--resamples",
        "9", "--out", folder.url.appendingPathComponent(name).path,
      ]).0
    }
    let honest = try await run("honest")
    let mixed = try await run("hostile")
    #expect(
      mixed.verdicts == [
        "crash": "crashed(SIGILL)", "loop": "timeout", "memory-bomb": "resource",
        "wrong-gradient": "failed(gradient)", "writes-nothing": "failed(shape)",
      ])
    #expect(honest.failed.isEmpty)
    #expect(mixed.measured.map(\.name) == honest.measured.map(\.name))
    #expect(mixed.measured.map(\.eta) == honest.measured.map(\.eta))
  }

  @Test("Ctrl-C in any stage ends with 130 and a resumed run equals an undisturbed one")
  func interrupts() async throws {
    let folder = try TemporaryFolder()
    let transcript = Program.fixture("honest.jsonl")
    func arguments(_ name: String) -> [String] {
      [
        "discover", "--task", "bandit", "--proposer", "replay:\(transcript)", "--seeds", "2",
        "--confirm-seeds", "0",
        "--out",
        folder.url.appendingPathComponent(name).path,
      ]
    }
    let calm = try await discover(Array(arguments("calm").dropFirst())).0
    for stage in ["baseline", "propose", "parse", "build", "check", "train", "verdict"] {
      let run = folder.url.appendingPathComponent(stage).path
      let (status, errors) = try Program.interrupted(
        arguments(stage), when: "\(stage) ", writing: run)
      #expect(status == 130, "\(stage): \(errors)")
      #expect(errors.contains("--resume \(run)"), "\(stage): \(errors)")
      let resumed = try await discover(["--resume", run]).0
      #expect(resumed.measured.map(\.name) == calm.measured.map(\.name), "\(stage)")
      #expect(resumed.measured.map(\.eta) == calm.measured.map(\.eta), "\(stage)")
    }
  }

  @Test("a full disk stops the run with code 3; what was recorded is there when it resumes")
  func fullDisk() async throws {
    let folder = try TemporaryFolder()
    let disk = folder.url.appendingPathComponent("disk")
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    let kept = folder.url.appendingPathComponent("kept")
    // A tmpfs of 300 kB in a mount namespace of its own; what is on it is copied out at the end.
    let script = """
      "\(Program.executable.path)" discover --task bandit --proposer replay:\(Program.fixture("honest.jsonl")) \
        --seeds 2 --out "\(disk.path)/run"
      status=$?
      cp -r "\(disk.path)/run" "\(kept.path)"
      exit $status
      """
    let namespace = Process()
    namespace.executableURL = URL(fileURLWithPath: "/usr/bin/bwrap")
    namespace.arguments = [
      "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--size", "300000",
      "--tmpfs", disk.path, "/bin/sh", "-c", script,
    ]
    let pipe = Pipe()
    namespace.standardError = pipe
    namespace.standardOutput = FileHandle.nullDevice
    try namespace.run()
    let errors = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    namespace.waitUntilExit()
    guard !errors.contains("bwrap:") else {
      print(
        "full disk: bubblewrap has no namespaces here; the journal's own tests fill a disk instead")
      return
    }
    #expect(namespace.terminationStatus == 3, "\(errors)")
    #expect(errors.contains("error[storage]"))
    let resumed = try await discover(["--resume", kept.path]).0
    #expect(resumed.candidates.count == 3)
    #expect(resumed.stop == "exhausted")
  }
}
