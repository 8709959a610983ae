import Foundation
import FoundationXML
import Losses
import Testing

/// The commands around single plug-ins, as a user runs them.
@Suite struct PluginCommandTests {
  private struct Output: Decodable {
    var loss: [Double]
    var gradients: [String: [[Double]]]
  }

  private func call(_ plugin: String, _ document: String) async throws -> Output {
    let folder = try TemporaryFolder()
    let input = try folder.file("batch.json", document)
    let result = try await Program.run(["call", plugin, "--input", input, "--json"])
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.decode(Output.self, from: Data(result.output.utf8))
  }

  @Test("call serves classification: values by row, gradients in the shape of the logits")
  func classification() async throws {
    let output = try await call(
      Program.root.appendingPathComponent("examples/swift/brier.swift").path,
      #"{"columns": {"logits": [[0, 0], [0, 0]], "labels": [0, 1]}}"#)
    #expect(output.loss == [0.5, 0.5])
    // d/dz of (p − 1)² + q² at p = q = ½: −½ and ½.
    #expect(output.gradients["logits"] == [[-0.5, 0.5], [0.5, -0.5]])
  }

  @Test("call serves listwise: what the mask hides has no effect and gradient 0")
  func listwise() async throws {
    let plugin = Program.root.appendingPathComponent("examples/cpp/list-net.cpp").path
    func document(_ hidden: Double) -> String {
      """
      {"columns": {"policy": [[-1, -2, \(hidden)]], "reference": [[-1, -2, 0]],
       "scores": [[1, 1, 5]], "mask": [[1, 1, 0]]}}
      """
    }
    let output = try await call(plugin, document(-9))
    let slopes = try #require(output.gradients["policy"]?[0])
    #expect(slopes[0...1].allSatisfy { abs($0) < 1e-15 } && slopes[2] == 0)
    #expect(abs(output.loss[0] - log(2)) < 1e-12)
    #expect(try await call(plugin, document(-1)).loss == output.loss)
  }

  @Test("call refuses a batch of another family in plain words")
  func wrongFamily() async throws {
    let folder = try TemporaryFolder()
    let input = try folder.file("batch.json", #"{"columns": {"logits": [[1, 2]], "labels": [0]}}"#)
    let result = try await Program.run(["call", "dpo", "--input", input])
    #expect(result.status == 2)
    #expect(result.errors.contains("dpo is a pairwise loss and the batch is classification"))
  }

  @Test("check names every check, and the first that a plug-in fails", arguments: ["c", "swift"])
  func checkNew(language: String) async throws {
    let folder = try TemporaryFolder()
    let made = try await Program.run([
      "new", "mine", "--language", language, "--family", "listwise", "--in", folder.url.path,
      "--json",
    ])
    try #require(made.status == 0, "\(made.errors)")
    let source = try #require(try made.json()["source"] as? String)
    let good = try await Program.run(["check", source, "--json"])
    #expect(good.status == 0)
    #expect(try good.json()["verdict"] as? String == "ok")
    let text = try String(contentsOfFile: source, encoding: .utf8)
    let broken =
      language == "c"
      ? text.replacingOccurrences(of: "gradient[k] = beta *", with: "gradient[k] = 2 * beta *")
      : text.replacingOccurrences(of: "batch.logRatio", with: "sqrt(batch.policy)")
    try Data(broken.utf8).write(to: URL(fileURLWithPath: source), options: .atomic)
    let bad = try await Program.run(["check", source, "--json"])
    #expect(bad.status == 1)
    let checks = try #require(try bad.json()["checks"] as? [[String: String]])
    let failed = checks.filter { $0["outcome"] == "failed" }.compactMap { $0["name"] }
    #expect(failed == [language == "c" ? "gradient" : "nan"])
    #expect(checks.last?["message"]?.hasPrefix("not run (after") == true)
    let again = try await Program.run(["new", "mine", "--in", folder.url.path])
    #expect(again.status == 2)
  }

  @Test("a source that does not build is a document with places as data")
  func diagnostics() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.file(
      "typo.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        batch.margn
      }
      """)
    let result = try await Program.run(["build", source, "--json"])
    #expect(result.status == 1)
    let document = try result.json()
    #expect(document["verdict"] as? String == "rejected(compile)")
    let diagnostic = try #require((document["diagnostics"] as? [[String: Any]])?.first)
    #expect(diagnostic["file"] as? String == "typo.swift")
    #expect(diagnostic["line"] as? Int == 2)
    #expect(diagnostic["column"] as? Int == 9)
    #expect((diagnostic["message"] as? String)?.contains("margn") == true)
  }

  @Test("plot draws one line a loss and β; a loss that looks at its batch is dashed and labelled")
  func plot() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("curves.svg")
    let result = try await Program.run([
      "plot", "dpo", "dbaql", "--beta", "0.05,0.5", "-o", file.path, "--json",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let picture = try Data(contentsOf: file)
    let parser = XMLParser(data: picture)
    let reader = CurveReader()
    parser.delegate = reader
    #expect(parser.parse())
    let labels = ["dpo β=0.05", "dpo β=0.5", "dbaql β=0.05", "dbaql β=0.5"]
    // Two panels: value and slope.
    #expect(reader.curves.map(\.label) == labels + labels)
    #expect(reader.curves.allSatisfy { $0.isDashed == $0.label.hasPrefix("dbaql") })
    #expect(String(decoding: picture, as: UTF8.self).contains("looks at its whole batch"))
    let curves = try #require(try result.json()["curves"] as? [[String: Any]])
    #expect(curves.map { $0["rows"] as? Int } == [1, 1, 64, 64])
  }

  @Test("plot draws a table over β; the documentation's picture is that of its table")
  func plotOverBeta() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("lrml.svg")
    let table = Program.root.appendingPathComponent("docs/figures/2-lrml-beta.csv")
    let result = try await Program.run(["plot", "--over-beta", table.path, "-o", file.path])
    try #require(result.status == 0, "\(result.errors)")
    let kept = Program.root.appendingPathComponent("docs/figures/2-lrml-beta.svg")
    #expect(try Data(contentsOf: file) == (try Data(contentsOf: kept)))
    // The page's table says the same.
    let page = try String(
      contentsOf: Program.root.appendingPathComponent("docs/experiments.md"), encoding: .utf8)
    let rows = try String(contentsOf: table, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.components(separatedBy: ",") }
    #expect(rows.count == 2 * (3 * 9 + 1))
    for row in rows {
      let words = row[3].isEmpty ? "**\(row[6])**" : "\(row[3]) ± \(row[4])"
      #expect(page.contains(words), "\(row)")
    }
  }

  @Test(
    "a table over β that cannot be drawn is refused with its line",
    arguments: [
      ("", ":1"), ("panel,loss\n", ":1"), ("a,b,0.1,0.5", ":2"), ("a,b,0,0.5,0.1,3,", ":2"),
      ("a,b,-1,0.5,0.1,3,", ":2"), ("a,b,0.1,many,0.1,3,", ":2"), ("a,b,0.1,,,3,", ":2"),
      ("a,b,0.1,0.5,-1,3,", ":2"), ("a,b,0.1,0.5,0.1,3,\na,b,0.1,0.5,0.1,3,", ":3"),
      ("a,b,0.1,nan,,3,", ":2"), ("a,b,0.1,0.5,0.1,,", ":2"), ("a,b,,,,3,NaN", ":2"),
      ("a,b,1,,,3,NaN", "no number"),
    ])
  func badTable(_ rows: String, _ words: String) async throws {
    let folder = try TemporaryFolder()
    let isHead = words == ":1"
    let text = isHead ? rows : "panel,loss,beta,mean,se,seeds,failure\n\(rows)\n"
    let table = try folder.file("table.csv", text)
    let picture = folder.url.appendingPathComponent("x.svg").path
    let result = try await Program.run(["plot", "--over-beta", table, "-o", picture])
    #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: picture))
    let both = try await Program.run(["plot", "dpo", "--over-beta", table, "-o", picture])
    #expect(both.status == 2 && both.errors.contains("--over-beta"))
  }

  private final class CurveReader: NSObject, XMLParserDelegate {
    var curves: [(label: String, isDashed: Bool)] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      guard let label = attributes["data-curve"] else { return }
      curves.append((label, attributes["class"]?.contains("coupled") == true))
    }
  }

  @Test("list has family, tunables with range and default, columns and source of every loss")
  func list() async throws {
    let result = try await Program.run(["list", "--json"])
    try #require(result.status == 0, "\(result.errors)")
    struct Entry: Decodable {
      var name: String
      var verdict: Verdict
      var family: String
      var columns: [String]
      var tunables: [Tunable]
      var source: String
    }
    let entries = try JSON.decode([Entry].self, from: Data(result.output.utf8))
    #expect(entries.count >= 13)
    #expect(entries.allSatisfy { $0.verdict.isOK })
    let lrml = try #require(entries.first { $0.name == "lrml" })
    #expect(lrml.family == "pairwise")
    #expect(lrml.columns.first == "policy_chosen")
    #expect(lrml.tunables.map(\.name) == ["beta", "tau"])
    #expect(lrml.source.hasSuffix("Plugins/lrml/lrml.swift"))
    let table = try await Program.run(["list"]).output
    #expect(table.contains("tau=0.05 [0.001…1]"))
    #expect(table.contains("Plugins/lrml/lrml.swift"))
  }

  @Test("watch measures each save; a broken one leaves the last good η")
  func watch() async throws {
    let folder = try TemporaryFolder()
    let head = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector"
    let good = "\(head) { softplus(-tunables.beta * batch.margin) }\n"
    let source = try folder.file("mine.swift", good)
    let output = folder.url.appendingPathComponent("out.jsonl")
    let errors = folder.url.appendingPathComponent("err.txt")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = [
      "watch", folder.url.path, "--task", "bandit", "--seeds", "2", "--count", "3", "--json",
    ]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    defer { process.terminate() }
    // What follows the last line break is still being written.
    func whole() throws -> [Data] {
      try Data(contentsOf: output).split(separator: 0x0A, omittingEmptySubsequences: false)
        .dropLast()
    }
    func lines(_ count: Int) async throws -> [[String: Any]] {
      while process.isRunning, try whole().count < count {
        try await Task.sleep(for: .milliseconds(100))
      }
      return try whole().map {
        try JSONSerialization.jsonObject(with: $0) as? [String: Any] ?? [:]
      }
    }
    let first = try #require(try await lines(1).first)
    #expect(first["verdict"] as? String == "ok")
    let eta = (first["eta"] as? [String: Any])?["mean"] as? Double
    #expect(eta != nil)
    let place = URL(fileURLWithPath: source)
    try Data("\(head) { batch.nothing }\n".utf8).write(to: place, options: .atomic)
    let second = try #require(try await lines(2).last)
    #expect(second["verdict"] as? String == "rejected(compile)")
    #expect((second["lastGood"] as? [String: Any])?["mean"] as? Double == eta)
    try Data((good + "// again\n").utf8).write(to: place, options: .atomic)
    let third = try #require(try await lines(3).last)
    #expect(third["verdict"] as? String == "ok")
    #expect((third["eta"] as? [String: Any])?["mean"] as? Double == eta)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("watch tells what is removed, and what is named like a plug-in and is none")
  func watchedOddities() async throws {
    let folder = try TemporaryFolder()
    let text = "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { batch.margn }\n"
    let first = try folder.file("mine.swift", text)
    #expect(mkfifo(folder.url.appending(path: "pipe.swift").path, 0o600) == 0)
    // The program's own errors go to a file beside the folder that it watches.
    let beside = try TemporaryFolder()
    let errors = URL(fileURLWithPath: try beside.file("err.txt", ""))
    let output = URL(fileURLWithPath: try beside.file("out.jsonl", ""))
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = ["watch", folder.url.path, "--seeds", "1", "--count", "2", "--json"]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    defer { process.terminate() }
    func told(_ words: String, in file: URL) async throws -> Bool {
      while process.isRunning {
        if try String(contentsOf: file, encoding: .utf8).contains(words) { return true }
        try await Task.sleep(for: .milliseconds(50))
      }
      return try String(contentsOf: file, encoding: .utf8).contains(words)
    }
    #expect(try await told("pipe.swift: not watched: this is a pipe", in: errors))
    #expect(try await told("rejected(compile)", in: output))
    try FileManager.default.removeItem(atPath: first)
    #expect(try await told("mine.swift: removed", in: errors))
    // The control: what is saved next is measured as ever, and ends the watch.
    _ = try folder.file("other.swift", text)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("plot tells a file from a loss of the catalogue of the same name")
  func plottedNames() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file(
      "dpo.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        relu(1 - tunables.beta * batch.margin)
      }
      """)
    let picture = folder.url.appendingPathComponent("curves.svg").path
    let result = try await Program.run(["plot", file, "dpo", "-o", picture, "--json"])
    try #require(result.status == 0, "\(result.errors)")
    let curves = try #require(try result.json()["curves"] as? [[String: Any]])
    #expect(curves.map { $0["name"] as? String } == [file, "dpo"])
  }

  @Test("watch refuses a tunable that none of the losses has, and takes one that they have")
  func watchedTunables() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "mine.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        softplus(-tunables.beta * batch.margin)
      }
      """)
    let common = ["watch", folder.url.path, "--seeds", "1", "--count", "1", "--json"]
    let refused = try await Program.run(common + ["--set", "betta=0.2"])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("mine has no tunable \"betta\""))
    #expect(refused.errors.contains("Did you mean beta?"))
    let taken = try await Program.run(common + ["--set", "beta=0.2"])
    try #require(taken.status == 0, "\(taken.errors)")
    #expect(try taken.json()["verdict"] as? String == "ok")
  }

  @Test("bench plugin gives its three numbers")
  func bench() async throws {
    let result = try await Program.run(["bench", "plugin", "lrml", "--json"])
    try #require(result.status == 0, "\(result.errors)")
    let document = try result.json()
    let call = (document["call"] as? [String: Any])?["measured"] as? Double
    #expect(call.map { $0 > 0 } == true)
    #expect((document["overhead"] as? [String: Any])?["limit"] as? Double == 150)
  }
}
