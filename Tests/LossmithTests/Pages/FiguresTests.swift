import Discovery
import Foundation
import Losses
import Testing

@Suite struct FiguresTests {
  /// The columns of a file whose cells hold no quotes.
  static func rows(_ file: URL) throws -> [[String: String]] {
    let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\r\n")
    let names = lines[0].components(separatedBy: ",")
    return lines.dropFirst().filter { !$0.isEmpty }.map {
      Dictionary(uniqueKeysWithValues: zip(names, $0.components(separatedBy: ",")))
    }
  }

  @Test("every picture of a run has a file of numbers, and they are the journal's to the bit")
  func journalNumbers() async throws {
    let run = try await SampleRun.made.value.run
    let folder = try TemporaryFolder()
    let result = try await Program.run(["figures", run.path, "--out", folder.url.path, "--json"])
    #expect(result.status == 0, "\(result.errors)")
    func file(_ name: String) -> URL { folder.url.appending(path: name) }
    for name in ["trajectory", "ranking", "reward-kl", "losses", "lineage", "cost"] {
      for ending in ["svg", "csv"] {
        #expect(FileManager.default.fileExists(atPath: file("\(name).\(ending)").path), "\(name)")
      }
    }
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    let trajectory = try Self.rows(file("trajectory.csv"))
    let points = try Self.rows(file("reward-kl.csv"))
    let drawing = try String(contentsOf: file("trajectory.svg"), encoding: .utf8)
    #expect(trajectory.count == state.candidates.count)
    var measured = 0
    for (row, candidate) in zip(trajectory, state.candidates) {
      guard let record = candidate.measurement, let eta = record.estimate(config.metric) else {
        #expect(row["eta"] == "" && row["verdict"] != "ok")
        continue
      }
      measured += 1
      #expect(row["eta"] == "\(eta.mean)" && row["se"] == "\(eta.se ?? .nan)")
      #expect(drawing.contains("data-mean=\"\(eta.mean)\""))
      let point = try #require(points.first { $0["candidate"] == "\(candidate.index)" })
      #expect(point["kl"] == "\(try #require(record.estimate("kl")).mean)")
      #expect(point["reward"] == "\(try #require(record.estimate("reward")).mean)")
      // The learning curves, seed by seed.
      let curves = try Self.rows(file("candidate-\(candidate.index)-curves.csv"))
      let expected = record.seeds.flatMap { $0.curve?.loss ?? [] }
      #expect(curves.compactMap { $0["loss"] } == expected.map { "\($0)" })
      let rewards = record.seeds.flatMap { outcome in
        zip(outcome.curve?.chosen ?? [], outcome.curve?.rejected ?? []).map { -($0 + $1) / 2 }
      }
      #expect(curves.compactMap { $0["kl"] } == rewards.map { "\($0)" })
    }
    #expect(measured == 3)
    // The time adds up to the run's own clock.
    let seconds = try Self.rows(file("cost.csv")).flatMap { row in
      row.filter { $0.key.hasSuffix("_seconds") }.values.compactMap(Double.init)
    }
    #expect(abs(seconds.reduce(0, +) - state.elapsed) < 0.2)
    let edges = try Self.rows(file("lineage.csv"))
    #expect(edges.map { [$0["parent"], $0["child"], $0["relation"]] } == [["2", "3", "retry"]])
  }

  @Test("value and slope of a candidate are those of its formula")
  func shapes() async throws {
    let run = try await SampleRun.made.value.run
    let folder = try TemporaryFolder()
    let result = try await Program.run(["figures", run.path, "--out", folder.url.path])
    #expect(result.status == 0, "\(result.errors)")
    // softplus(−margin / 20).
    let rows = try Self.rows(folder.url.appending(path: "candidate-1-loss.csv"))
    #expect(rows.count > 50)
    for row in rows {
      let margin = try #require(Double(row["margin"] ?? ""))
      let value = try #require(Double(row["value"] ?? ""))
      let slope = try #require(Double(row["slope"] ?? ""))
      #expect(abs(value - log1p(exp(-margin / 20))) < 1e-12)
      #expect(abs(slope + 1 / (20 * (1 + exp(margin / 20)))) < 1e-12)
    }
  }

  @Test("what is no run is refused")
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let none = try await Program.run(["figures", folder.url.path, "--out", folder.url.path])
    #expect(none.status == 2 && none.errors.contains("not a run"))
    let bad = try folder.file("metrics.json", "{}")
    let training = try await Program.run(["report", folder.url.path])
    #expect(training.status == 2 && training.errors.contains("metrics of a training"), "\(bad)")
  }
}
