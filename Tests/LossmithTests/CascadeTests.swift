import Foundation
import Losses
import Testing

@testable import Lossmith

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The way from the cheap stage over the first seeds to the finalists, in the program itself.
@Suite(.serialized) struct CascadeTests {
  /// A task that trains in milliseconds, but is not the cheap stage itself.
  static let costly = "task: bandit\nname: costly\nrecipe:\n  steps: 40\n"

  /// Proposals of the published run: four that learn, and the last, which does not.
  static let published = [1, 3, 6, 8, 18]

  static func arguments(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    let transcript = Program.root.appendingPathComponent(
      "templates/transcripts/discopop-appendix-g.jsonl")
    let replies = try String(contentsOf: transcript, encoding: .utf8).split(separator: "\n")
    let proposals = published.map { replies[$0 - 1] }.joined(separator: "\n")
    return [
      "discover", "--json", "--task", try folder.file("costly.yaml", costly), "--baselines", "dpo",
      "--proposer", "replay:" + (try folder.file("published.jsonl", proposals)),
      "--train-duplicates", "--seeds", "4", "--first-seeds", "2", "--finalists", "2",
      "--confirm-seeds", "0", "--out", folder.url.appendingPathComponent(name).path,
    ]
  }

  struct Summary: Decodable {
    struct Eta: Decodable, Equatable {
      var mean: Double
      var n: Int
    }
    struct Measured: Decodable, Equatable {
      var name: String
      var eta: Eta
      var cheapEta: Eta?
    }
    struct Stopped: Decodable, Equatable {
      var name: String
      var stage: String
      var eta: Eta
    }
    var measured: [Measured]
    var stopped: [Stopped]
    var proposals: Int
  }

  static func discover(_ arguments: [String]) async throws -> Summary {
    let result = try await Program.run(arguments)
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(Summary.self, from: Data(result.output.utf8))
  }

  @Test(
    "a loss without a gradient at the start is stopped at bandit; the rest is trained, the best more"
  )
  func cascade() async throws {
    let folder = try TemporaryFolder()
    let summary = try await Self.discover(try Self.arguments(folder, "run"))
    #expect(summary.proposals == 5)
    // Its weight is 0 where margins are 0, where all training begins: it stays at the reference.
    #expect(summary.stopped.map(\.name) == ["certainty-scaled-logistic-loss"])
    #expect(summary.stopped.first?.stage == "bandit")
    #expect(summary.stopped.first?.eta.n == 5)
    #expect(summary.measured.count == 5)
    #expect(summary.measured.allSatisfy { $0.cheapEta?.n == 5 })
    let seeds = summary.measured.filter { $0.name != "dpo" }.map(\.eta.n)
    // At most two stay after the first seeds; the race may stop the second before its last.
    let further = seeds.filter { $0 > 2 }
    #expect((1...2).contains(further.count) && further.contains(4), "\(seeds)")
    #expect(seeds.allSatisfy { (2...4).contains($0) }, "\(seeds)")
    #expect(summary.measured.first { $0.name == "dpo" }?.eta.n == 4)

    let run = folder.url.appendingPathComponent("run").path
    let table = try await Program.run(["report", run])
    #expect(table.output.contains("bandit η") && table.output.contains("stopped at bandit"))
    #expect(table.output.contains("Report: \(run)/report.html"))
  }

  @Test("Ctrl-C in the cheap stage and among the finalists; the resumed run equals a calm one")
  func interrupts() async throws {
    let folder = try TemporaryFolder()
    let calm = try await Self.discover(try Self.arguments(folder, "calm"))
    for stage in ["screen", "finalist"] {
      let run = folder.url.appendingPathComponent(stage).path
      let (status, errors) = try Program.interrupted(
        try Self.arguments(folder, stage), when: "\(stage) ", writing: run)
      #expect(status == 130, "\(errors)")
      #expect(errors.contains("--resume \(run)"), "\(errors)")
      let resumed = try await Self.discover(["discover", "--json", "--resume", run])
      #expect(resumed.measured == calm.measured, "\(stage)")
      #expect(resumed.stopped == calm.stopped, "\(stage)")
    }
  }

  @Test("Ctrl-C while the reference is fitted ends at once, with nothing begun")
  func interruptedFit() throws {
    let folder = try TemporaryFolder()
    // A cache of its own has no reference in it.
    let (status, errors) = try Program.interrupted(
      ["discover", "--out", folder.url.appendingPathComponent("run").path], when: "prepare ",
      cache: folder.url.appendingPathComponent("cache"))
    #expect(status == 130, "\(errors)")
    #expect(errors.contains("while the task reviews was prepared"), "\(errors)")
    #expect(
      !FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("run").path))
  }

  @Test("the curves that the page draws are those of the journal")
  func curves() async throws {
    let folder = try TemporaryFolder()
    _ = try await Self.discover(try Self.arguments(folder, "run") + ["--generations", "1"])
    let run = folder.url.appendingPathComponent("run")
    struct Record: Decodable {
      struct Seed: Decodable { var curve: [String: [Double]] }
      struct Evaluation: Decodable { var seeds: [Seed] }
      var record: Evaluation
    }
    // What sqlite3 shows is what a person would compare the page with.
    let query = """
      SELECT payload FROM event WHERE candidate = 1 AND kind IN ('evaluated', 'extended') ORDER BY id
      """
    let rows = try Program.sqlite(run.appendingPathComponent("journal.sqlite"), query)
    guard let rows else {
      print("curves: no sqlite3 here; the page is compared with nothing")
      return
    }
    let seeds = try rows.flatMap {
      try JSONDecoder().decode(Record.self, from: Data($0.utf8)).record.seeds
    }
    #expect(seeds.count == 4)
    let page = try String(contentsOf: run.appendingPathComponent("report.html"), encoding: .utf8)
    // The picture of the curves comes after that of value and slope.
    let panel = try #require(page.range(of: "data-quantity="))
    let start = try #require(
      page.range(of: "<svg", options: .backwards, range: page.startIndex..<panel.lowerBound))
    let end = try #require(page.range(of: "</svg>", range: panel.upperBound..<page.endIndex))
    let drawn = try CurveReading(String(page[start.lowerBound..<end.upperBound]))
    for quantity in ["loss", "chosen", "rejected", "margin", "accuracy", "gradient_norm"] {
      let means = try #require(drawn.means[quantity])
      let steps = try #require(seeds.first?.curve["step"])
      #expect(means.count == steps.count)
      for (place, mean) in means.enumerated() {
        let values = seeds.compactMap { $0.curve[quantity]?[place] }
        let expected = values.reduce(0, +) / 4
        #expect(abs(mean.value - expected) <= mean.tolerance, "\(quantity) \(place)")
      }
    }
  }

  @Test("a stage that is the task itself, or no stage at all, and odd counts are refused")
  func badFlags() async throws {
    for (flags, word) in [
      (["--task", "bandit", "--cheap-stage", "bandit"], "cheap itself"),
      (["--cheap-stage", "reviews"], "bandit or none"), (["--first-seeds", "0"], "--first-seeds"),
      (["--finalists", "-1"], "--finalists"),
    ] {
      let result = try await Program.run(["discover"] + flags)
      #expect(result.status == 2)
      #expect(result.errors.contains(word), "\(result.errors)")
    }
  }

  @Test("a pace is told once there is one")
  func pace() {
    let start = ContinuousClock.now
    let pace = Pace(at: 0.2, now: start)
    #expect(pace.text(0.2, now: start) == "20 %")
    #expect(pace.text(0.4, now: start + .seconds(10)) == "40 %, 2.0 % a second, about 30 s left")
    #expect(pace.text(1, now: start + .seconds(40)) == "100 %")
    #expect(Pace.duration(200) == "3 min" && Pace.duration(7200) == "2.0 h")
    // What is slow is told in a unit of time that fits.
    #expect(
      Pace(now: start).text(0.1, of: 40, "training", now: start.advanced(by: .seconds(60)))
        == "10 %, 4.0 trainings a minute, about 9 min left")
    #expect(
      Pace(now: start).text(0.02, now: start.advanced(by: .seconds(60)))
        == "2 %, 2.0 % a minute, about 49 min left")
    #expect(Pace.rate(1.0 / 600, "trainings") == "6.0 trainings an hour")
  }
}

/// Reads the mean lines of the curves back from their drawing.
private final class CurveReading: NSObject, XMLParserDelegate {
  struct Point {
    var value: Double
    /// A hundredth of a pixel, in the units of the axis.
    var tolerance: Double
  }

  private(set) var means: [String: [Point]] = [:]
  private var quantity = ""
  private var ticks: [(value: Double, y: Double)] = []

  init(_ text: String) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    if name == "g", let quantity = attributes["data-quantity"] {
      self.quantity = quantity
      ticks = []
    }
    if let tick = attributes["data-tick"].flatMap(Double.init),
      let y = attributes["y1"].flatMap(Double.init)
    {
      ticks.append((tick, y))
    }
    guard name == "path", attributes["class"] == "mean", let first = ticks.first,
      let last = ticks.last, first.y != last.y
    else { return }
    let slope = (last.value - first.value) / (last.y - first.y)
    means[quantity] = (attributes["d"] ?? "").split { "ML".contains($0) }.compactMap { pair in
      pair.split(separator: " ").last.flatMap { Double($0) }.map {
        Point(value: first.value + ($0 - first.y) * slope, tolerance: abs(slope) * 0.011 + 1e-9)
      }
    }
  }
}

extension Program {
  /// Runs the program and sends SIGINT when a line of progress begins with a text.
  ///
  /// - Parameter place: what it writes. On a fast machine it may have come to its end before the signal: then
  ///   this is removed, and it is run again, twice at most.
  static func interrupted(
    _ arguments: [String], when prefix: String, cache: URL? = nil, writing place: String? = nil
  ) throws -> (status: Int32, errors: String) {
    for _ in 0..<2 {
      let end = try interruptedOnce(arguments, when: prefix, cache: cache)
      guard end.status == 0, let place else { return end }
      try FileManager.default.removeItem(atPath: place)
    }
    return try interruptedOnce(arguments, when: prefix, cache: cache)
  }

  private static func interruptedOnce(
    _ arguments: [String], when prefix: String, cache: URL?
  ) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter {
      ["PATH", "HOME", "XDG_CACHE_HOME"].contains($0.key)
    }
    if let cache { process.environment?["XDG_CACHE_HOME"] = cache.path }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    var isSent = false
    while true {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
      if !isSent, text.split(separator: "\n").contains(where: { $0.hasPrefix(prefix) }) {
        isSent = true
        process.interrupt()
      }
    }
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// Runs the program and kills it without mercy.
  ///
  /// - Parameters:
  ///   - prefix: of the line that it must have printed.
  ///   - seconds: from that line to the kill.
  /// - Returns: the signal that ended it; 0 when it had come to its end.
  static func killed(
    _ arguments: [String], when prefix: String, after seconds: Double
  ) throws -> Int32 {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter {
      ["PATH", "HOME", "XDG_CACHE_HOME"].contains($0.key)
    }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    var isKilled = false
    while true {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
      if !isKilled, text.split(separator: "\n").contains(where: { $0.hasPrefix(prefix) }) {
        isKilled = true
        Thread.sleep(forTimeInterval: seconds)
        kill(process.processIdentifier, SIGKILL)
      }
    }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal ? process.terminationStatus : 0
  }

  /// The lines that sqlite3 prints for a query; nil where it is not installed.
  static func sqlite(_ file: URL, _ query: String) throws -> [String]? {
    let tool = URL(fileURLWithPath: "/usr/bin/sqlite3")
    guard FileManager.default.isExecutableFile(atPath: tool.path) else { return nil }
    let process = Process()
    process.executableURL = tool
    process.arguments = ["-readonly", file.path, query]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
