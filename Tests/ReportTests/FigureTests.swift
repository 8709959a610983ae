import Foundation
import Losses
import Testing

@testable import Report

@Suite("Figures")
struct FigureTests {
  static let shape: RunModel.Shape = {
    let margin = (-20...20).map { 2 * Double($0) }
    return RunModel.Shape(
      axis: "margin ρ", margin: margin, value: margin.map { log1p(exp(-$0 / 10)) },
      slope: margin.map { -0.1 / (1 + exp($0 / 10)) })
  }()

  static func tradeoff(_ beta: Double?, _ reward: Double, _ kl: Double) -> RunModel.Tradeoff {
    .init(beta: beta, reward: SampleRun.eta(reward), kl: SampleRun.eta(kl, se: 0.5))
  }

  /// The sample with everything that a picture can show.
  static var model: RunModel {
    var model = SampleRun.model
    model.baselines[0].tradeoff = [
      tradeoff(0.05, 0.65, 12), tradeoff(0.1, 0.6, 6), tradeoff(0.5, 0.5, 1),
    ]
    model.baselines[0].shape = shape
    model.candidates[3].tradeoff = [tradeoff(0.1, 0.668, 8)]
    model.candidates[3].shape = shape
    model.candidates[0].tradeoff = [tradeoff(0.1, 0.61, 9)]
    model.candidates[2].parents = [.init(candidate: 2, name: "broken", relation: "retry")]
    model.candidates[5].parents = [
      .init(candidate: 1, name: "first", relation: "parent"),
      .init(candidate: nil, name: "dpo", relation: "parent"),
    ]
    model.klCap = 15
    model.ledger = [
      .init(generation: 0, seconds: [.train: 12, .other: 0.5]),
      .init(
        generation: 1, seconds: [.proposer: 8, .build: 1.5, .train: 6], promptTokens: 4000,
        completionTokens: 600, dollars: 0.02),
    ]
    return model
  }

  private func figure(_ name: String) throws -> Figure {
    try #require(RunReport.figures(Self.model).first { $0.name == name })
  }

  /// The columns of a table without quoted cells.
  private func rows(_ csv: String) -> [[String: String]] {
    let lines = csv.components(separatedBy: "\r\n")
    let names = lines[0].components(separatedBy: ",")
    return lines.dropFirst().filter { !$0.isEmpty }.map {
      Dictionary(uniqueKeysWithValues: zip(names, $0.components(separatedBy: ",")))
    }
  }

  @Test("points of reward and KL, their bars and the front lie where the numbers are")
  func tradeoff() throws {
    let drawing = try DrawingReader(try figure("reward-kl").svg)
    func axis(_ name: String, _ coordinate: String) throws -> AxisReading {
      try #require(
        AxisReading(
          drawing.all("line", with: "data-axis").filter { $0.attributes["data-axis"] == name },
          coordinate: coordinate))
    }
    let (x, y) = (try axis("x", "x1"), try axis("y", "y1"))
    let marks = drawing.all("circle")
    #expect(marks.count == 5)
    for mark in marks {
      let (kl, reward) = (
        try #require(Double(mark.inherited["data-kl"] ?? "")),
        try #require(Double(mark.inherited["data-reward"] ?? ""))
      )
      #expect(abs(x.value(at: try #require(mark.number("cx"))) - kl) < 2e-4)
      #expect(abs(y.value(at: try #require(mark.number("cy"))) - reward) < 2e-5)
    }
    let front = try #require(drawing.all("path", with: "data-front").first)
    #expect(front.attributes["data-front"] == "1.0 0.5;6.0 0.6;8.0 0.668")
    let corners = CurveTests.points(front).map { (x.value(at: $0.x), y.value(at: $0.y)) }
    let expected: [(Double, Double)] = [(1, 0.5), (6, 0.5), (6, 0.6), (8, 0.6), (8, 0.668)]
    for (corner, place) in zip(corners, expected) {
      let (dx, dy) = (corner.0 - place.0, corner.1 - place.1)
      #expect(abs(dx) < 1e-3)
      #expect(abs(dy) < 1e-4)
    }
    // (6−1)(0.5−r) + (12−6)(0.6−r) + (15−12)(0.65−r) with r = 0.4089.
    let volume = 5 * 0.0911 + 6 * 0.1911 + 3 * 0.2411
    let dpo = try #require(
      drawing.all("g", with: "data-hypervolume").first { $0.attributes["data-loss"] == "dpo" })
    #expect(abs((dpo.number("data-hypervolume") ?? 0) - volume) < 1e-12)
    let table = rows(try figure("reward-kl").csv)
    #expect(table.count == 5)
    #expect(table[0]["beta"] == "0.05")
    #expect(table[0]["kl_cap"] == "15.0")
    let onFront = table.map { $0["on_front"] ?? "" }
    #expect(onFront == ["0", "1", "1", "0", "1"])
  }

  @Test("a hypervolume is the area of a union: order, doubles and points outside change nothing")
  func hypervolume() {
    let points: [(kl: Double, reward: Double)] = [(1, 0.5), (4, 0.7), (2, 0.6)]
    let area = 1 * 0.1 + 2 * 0.2 + 6 * 0.3
    for set in [points, points.reversed(), points + points] {
      #expect(abs(RunModel.hypervolume(set, cap: 10, floor: 0.4) - area) < 1e-12)
    }
    let more = points + [(11, 0.9), (0.5, 0.3), (3, 0.55), (.nan, 1), (1, .infinity)]
    #expect(abs(RunModel.hypervolume(more, cap: 10, floor: 0.4) - area) < 1e-12)
    #expect(RunModel.hypervolume([], cap: 10, floor: 0) == 0)
  }

  @Test("lineage has an edge for each parent that is a candidate, from mark to mark")
  func lineage() throws {
    let drawing = try DrawingReader(try figure("lineage").svg)
    let edges = drawing.all("path", with: "data-parent")
    #expect(edges.map { $0.attributes["data-parent"] } == ["2", "1"])
    #expect(edges.map { $0.attributes["data-child"] } == ["3", "6"])
    let marks = drawing.all("g", with: "data-candidate").compactMap {
      $0.attributes["data-candidate"]
    }
    #expect(marks == ["1", "2", "3", "4", "5", "6"])
    let point = try #require(
      drawing.all("circle").first { $0.inherited["data-candidate"] == "1" })
    let start = (edges[1].attributes["d"] ?? "").dropFirst().split(separator: "Q")[0]
    let centre = ["cx", "cy"].compactMap { point.attributes[$0] }.joined(separator: " ")
    #expect(start == centre)
    #expect(RunReport.figures(SampleRun.model).allSatisfy { $0.name != "lineage" })
  }

  @Test("columns of the ledger are as high as their seconds, stacked without gaps")
  func ledger() throws {
    let drawing = try DrawingReader(try figure("cost").svg)
    let axis = try #require(
      AxisReading(drawing.all("line", with: "data-tick"), coordinate: "y1"))
    let parts = drawing.all("rect", with: "data-seconds")
    #expect(parts.count == 5)
    for part in parts {
      let top = try #require(part.number("y"))
      let bottom = top + (try #require(part.number("height")))
      let seconds = try #require(part.number("data-seconds"))
      #expect(abs(axis.value(at: top) - axis.value(at: bottom) - seconds) < 2e-3)
    }
    let second = parts.filter { $0.inherited["data-generation"] == "1" }
    let top = try #require(second.compactMap { $0.number("y") }.min())
    #expect(abs(axis.value(at: top) - 15.5) < 2e-3)
    let table = rows(try figure("cost").csv)
    #expect(table[1]["proposer_seconds"] == "8.0")
    #expect(table[1]["prompt_tokens"] == "4000")
    #expect(table.map { $0["dollars"] } == ["", "0.02"])
    #expect(drawing.all("desc").first?.text == "28 s in all, 4600 tokens, 0.02 US dollars.")
  }

  @Test("value and slope of a candidate lie where the numbers are, cut at the picture's edge")
  func shapes() throws {
    let candidate = Self.model.candidates[3]
    let drawn = try #require(
      RunReport.figures(of: candidate).first { $0.name == "candidate-4-loss" })
    let drawing = try DrawingReader(drawn.svg)
    for (quantity, values) in [("value", Self.shape.value), ("slope", Self.shape.slope)] {
      let own = { (name: String) in
        drawing.all(name).filter { $0.inherited["data-shape"] == quantity }
      }
      let axis = try #require(
        AxisReading(own("line").filter { $0.attributes["data-tick"] != nil }, coordinate: "y1"))
      let path = try #require(own("path").first { $0.attributes["class"] == "mean" })
      let points = CurveTests.points(path)
      #expect(points.count == values.count)
      let tolerance = abs(axis.value(at: 0.006) - axis.value(at: 0)) + 1e-12
      let middle = zip(points, zip(Self.shape.margin, values)).filter { abs($0.1.0) <= 20 }
      for (point, (_, value)) in middle {
        #expect(abs(axis.value(at: point.y) - value) < tolerance)
      }
    }
    #expect(rows(drawn.csv).count == Self.shape.margin.count)
    #expect(try figure("losses").csv.contains("winner,0.0,"))
  }

  @Test("tables quote what must be quoted and disarm what a spreadsheet would run")
  func tables() {
    var table = CSVTable(["a", "b"])
    table.add(["x,\"y\"", "=HYPERLINK(1)"])
    table.add(["-1.5", "line\nbreak"])
    table.add(["@sum", "q\"\u{301}"])
    let expected =
      "a,b\r\n\"x,\"\"y\"\"\",'=HYPERLINK(1)\r\n-1.5,\"line\nbreak\"\r\n'@sum,"
      + "\"q\"\"\u{301}\"\r\n"
    #expect(table.text == expected)
    #expect(CSVTable.number(nil) == "" && CSVTable.number(0.1) == "0.1")
  }

  @Test(
    "marking a source loses no character and lets none through",
    arguments: PageTests.hostile + [
      "let x = 1.5e-3 // why\n/* open", "\"never closed\nlet y", "\"a\\\"b\" 0x1F 3.max", "",
      "é\u{301}/**/\"\\",
    ])
  func highlighting(source: String) {
    let marked = SourceHighlighter.markup(source).description
    let plain = ["b", "i", "q", "u"].reduce(marked) {
      $0.replacingOccurrences(of: "<\($1)>", with: "")
        .replacingOccurrences(of: "</\($1)>", with: "")
    }
    #expect(plain.unicodeScalars.elementsEqual(Markup(source).description.unicodeScalars))
    #expect(!plain.unicodeScalars.contains("<"))
  }

  @Test("keywords, comments, strings and numbers are marked")
  func marks() {
    #expect(
      SourceHighlighter.markup("let x = 2 // \"no\"\nf(\"s\")").description
        == "<b>let</b> x = <u>2</u> <i>// &quot;no&quot;</i>\nf(<q>&quot;s&quot;</q>)")
  }

  @Test("every picture is drawn without parts that are missing, and escapes what it is given")
  func robust() throws {
    var model = Self.model
    for name in PageTests.hostile {
      for index in model.candidates.indices {
        model.candidates[index].name = name
        model.candidates[index].tradeoff = [Self.tradeoff(nil, .nan, 1), Self.tradeoff(1, 0.5, 0)]
      }
      for figure in RunReport.figures(model) + RunReport.figures(of: model.candidates[3]) {
        #expect(throws: Never.self, "\(figure.name)") { try DrawingReader(figure.svg) }
      }
    }
  }

  @Test("a training has a page with its curves, its metrics and why both rewards may fall")
  func training() throws {
    var curve = CurveTests.curves(seeds: 1)[0]
    curve.estimateKL()
    let model = TrainingModel(
      title: "policy", loss: "dpo <b>", task: "reviews", curve: curve,
      metrics: [.init(name: "reward", value: 0.75, reference: 0.5)], warnings: ["a <kink>"],
      facts: ["beta": "0.1"])
    let page = try RunReport.html(model, templates: SampleRun.templates)
    #expect(page.contains("<h1>dpo &lt;b&gt; on reviews, seed 0</h1>"))
    #expect(page.contains("0.7500") && page.contains("a &lt;kink&gt;"))
    #expect(page.contains("data-quantity=\"kl\"") && page.contains("Both rewards fall"))
    #expect(!page.contains("{{") && !page.contains("<script"))
    #expect(RunReport.figure(model)?.csv.hasPrefix("seed,step,loss,chosen,rejected") == true)
  }

  @Test("what a worker says is escaped on a live page, and a share outside 0 to 1 is held there")
  func live() throws {
    let text = PageTests.hostile[1]
    let status = LiveStatus(
      isWorking: true, sentence: text,
      workers: [.init(name: "worker 1", stage: text, loss: text, message: text, fraction: 7)],
      fault: text)
    let html = try LivePage.section(status, templates: SampleRun.templates).html
    #expect(!html.contains("<img") && html.contains("&lt;img"))
    #expect(html.contains("value=\"1.000\"") && html.contains("aria-label=\"worker 1, "))
    #expect(html.contains("100 %"))
  }
}
