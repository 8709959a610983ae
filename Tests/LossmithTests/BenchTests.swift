import Foundation
import Losses
import Testing

@Suite(.serialized) struct BenchTests {
  struct Growth: Decodable {
    struct Row: Decodable {
      var axis: String
      var size: Int
      var stepSeconds: Double
      var tokensPerSecond: Double
      var tokensPerStep: Int
      var gigaflops: Double
      var peakMB: Double
      var searchHours: Double
    }
    struct Search: Decodable {
      var losses: Int
      var seeds: Int
      var steps: Int
    }
    var rows: [Row]
    var search: Search
    var environment: [String: String]
  }

  private static let facts = ["cpu", "instruction_set", "blas_core", "blas_threads", "openblas"]

  private static let tiny = [
    "bench", "growth", "--width", "32", "--tokens", "4", "--depth", "1", "--batch", "1",
    "--vocabulary", "16", "--timed", "1",
  ]

  @Test("bench growth varies one size at a time; JSON and CSV hold the same numbers")
  func growth() async throws {
    let folder = try TemporaryFolder()
    let csv = folder.url.appending(path: "growth.csv")
    let result = try await Program.run(
      Self.tiny + ["tokens", "batch", "--threads", "1", "--json", "--csv", csv.path])
    try #require(result.status == 0, "\(result.errors)")
    let document = try JSON.decode(Growth.self, from: Data(result.output.utf8))
    #expect(document.rows.filter { $0.axis == "tokens" }.map(\.size) == [1, 2, 4, 8, 16, 32, 64])
    #expect(document.rows.filter { $0.axis == "batch" }.map(\.size) == [1, 2, 4])
    let trainings = document.search.losses * document.search.seeds * document.search.steps
    for row in document.rows {
      #expect(row.stepSeconds > 0 && row.gigaflops > 0 && row.peakMB > 1)
      #expect(abs(row.tokensPerSecond * row.stepSeconds / Double(row.tokensPerStep) - 1) < 1e-9)
      #expect(
        abs(row.searchHours / (Double(trainings) * row.stepSeconds / 3600) - 1) < 1e-9)
    }
    for fact in Self.facts { #expect(document.environment[fact]?.isEmpty == false, "\(fact)") }
    #expect(document.environment["blas_threads"] == "1")
    let lines = try String(contentsOf: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == document.rows.count + 1)
    let columns = lines[0].split(separator: ",")
    let place = try #require(columns.firstIndex(of: "step_seconds"))
    for (line, row) in zip(lines.dropFirst(), document.rows) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == columns.count)
      #expect(Double(cells[place]) == row.stepSeconds)
    }
  }

  @Test("as text it has the base, the search and a limit for the axis")
  func growthText() async throws {
    let result = try await Program.run(Self.tiny + ["depth"])
    try #require(result.status == 0, "\(result.errors)")
    for part in ["Base: vocabulary 16, width 32", "100 losses, 5 seeds", "\n  depth", "export"] {
      #expect(result.output.contains(part), "\(part): \(result.output)")
    }
    #expect(!result.output.contains("\n  width"))
  }

  @Test("candidates an hour do not depend on workers in anything but time")
  func evaluate() async throws {
    struct Document: Decodable {
      struct Row: Decodable {
        var task: String
        var workers: Int
        var threads: Int
        var candidatesPerHour: Double
        var eta: Double
        var environment: [String: String]
      }
      var rows: [Row]
    }
    let result = try await Program.run([
      "bench", "evaluate", "bandit", "--seeds", "2", "--choices", "2x1,1x1", "--json",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let rows = try JSON.decode(Document.self, from: Data(result.output.utf8)).rows
    #expect(rows.map(\.workers) == [2, 1] && rows.map(\.threads) == [1, 1])
    #expect(rows[0].eta == rows[1].eta && rows[0].eta.isFinite)
    for row in rows {
      #expect(row.candidatesPerHour > 0)
      for fact in Self.facts { #expect(row.environment[fact]?.isEmpty == false, "\(fact)") }
    }
  }

  @Test("the other benches record the machine too")
  func facts() async throws {
    for arguments in [["plugin"], ["train", "tiny", "--steps", "1", "--threads", "1"]] {
      let result = try await Program.run(["bench"] + arguments + ["--json"])
      try #require(result.status == 0, "\(result.errors)")
      let document = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let row = (document as? [[String: Any]])?.first ?? document as? [String: Any]
      let environment = try #require(row?["environment"] as? [String: String])
      for fact in Self.facts { #expect(environment[fact]?.isEmpty == false, "\(fact)") }
      #expect(environment["blas_threads"] == "1")
      guard arguments[0] == "train" else { continue }
      let memory = try #require(row?["memory"] as? [String: Double])
      #expect(try #require(memory["peakMB"]) > (try #require(memory["startMB"])))
    }
  }

  @Test("bench cell leaves nothing in the temporary folder, and measures once")
  func cell() async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(
      ["bench", "cell", "--starts", "2", "--calls", "50", "--json"],
      environment: ["TMPDIR": folder.url.path])
    try #require(result.status == 0, "\(result.errors)")
    let lines = result.errors.split(separator: "\n")
    #expect(lines.filter { $0 == "bench starts" }.count == 1, "\(result.errors)")
    // The user's folder for scratch is there: this is where the bench wrote.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(names == ["lossmith-\(getuid())"])
    let scratch = folder.url.appending(path: "lossmith-\(getuid())").path
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty)
  }

  @Test("what no bench can do ends with code 2 and writes nothing")
  func refused() async throws {
    let folder = try TemporaryFolder()
    for line in [
      "growth length", "growth --width 0", "growth --hours 0", "growth --hours nan",
      "growth --width 4096 --depth 128", "growth --csv nowhere/table.csv",
      "evaluate bandit --choices 2", "evaluate bandit --choices 2x0", "evaluate bandit --choices x",
      "evaluate bandit --choices 2x1,", "evaluate bandi", "evaluate bandit --loss dpoo",
      "evaluate bandit --seeds 0", "build --plugin nosuch", "build --plugin ./nosuch.swift",
      "build --plugin .",
    ] {
      let result = try await Program.run(
        ["bench"] + line.split(separator: " ").map(String.init), in: folder.url)
      #expect(result.status == 2, "\(line): \(result.errors)")
      #expect(result.output.isEmpty, "\(line)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test("Ctrl-C ends a bench between two steps")
  func interrupted() throws {
    let (status, errors) = try Program.interrupted(
      ["bench", "growth", "--timed", "1000", "--threads", "1"], when: "bench shapes")
    #expect(status == 130, "\(errors)")
  }
}
