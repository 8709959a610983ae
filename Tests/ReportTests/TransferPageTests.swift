import Foundation
import Losses
import Testing

@testable import Report

@Suite("Transfer pages")
struct TransferPageTests {
  private static func row(
    _ loss: String, _ eta: Double?, _ verdict: String, isBaseline: Bool = false
  ) -> TransferModel.Row {
    .init(
      loss: loss, eta: eta.map { SampleRun.eta($0) },
      kl: eta.map { _ in SampleRun.eta(5, se: 0.3) },
      difference: isBaseline ? nil : .init(mean: 0.02, low: 0.01, high: 0.03),
      equalKL: isBaseline ? nil : .init(mean: 0.004, low: -0.001, high: 0.009),
      p: isBaseline ? nil : 0.031, verdict: verdict, isBaseline: isBaseline)
  }

  private static func task(_ name: String, metric: String = "reward") -> TransferModel.Task {
    .init(
      name: name, metric: metric, seeds: 3, beta: 0.1, klCap: metric == "reward" ? 20 : nil,
      reference: SampleRun.eta(0.5), referenceHash: "abc",
      rows: [
        row("fo<u>nd", 0.72, "no difference shown"), row("dpo", 0.7, "baseline", isBaseline: true),
        row("broken", nil, "failed: diverged(3)"),
      ],
      frontier: metric == "reward"
        ? [
          .init(beta: 0.1, reward: SampleRun.eta(0.7), kl: SampleRun.eta(5)),
          .init(beta: 0.5, reward: SampleRun.eta(0.6), kl: SampleRun.eta(2)),
        ] : [])
  }

  static let model = TransferModel(
    title: "a transfer", baseline: "dpo",
    tasks: [task("bandit"), task("my pairs", metric: "accuracy")],
    correlations: [
      .init(
        first: "bandit", second: "my pairs", firstMetric: "reward", secondMetric: "accuracy",
        points: [
          .init(loss: "dpo", first: SampleRun.eta(0.7), second: SampleRun.eta(0.8)),
          .init(loss: "fo<u>nd", first: SampleRun.eta(0.72), second: SampleRun.eta(0.75)),
          .init(loss: "low", first: SampleRun.eta(0.4), second: SampleRun.eta(0.5, se: nil, n: 1)),
        ], rho: .init(mean: 0.5, low: -0.9, high: 0.98), topOfFirst: nil,
        topOfSecond: .init(mean: -0.5, low: nil, high: nil))
    ], dropped: ["twin: same gradients as dpo"], done: 5, total: 5)

  @Test("tasks whose names differ only in signs keep their own pictures")
  func alikeNames() throws {
    var model = Self.model
    model.tasks = ["my task", "my-task", "my_task", "my task-2"].map { Self.task($0) }
    model.tasks += ["my", "task-my-task-2"].map { Self.task($0) }
    model.correlations = [
      ("my task", "my-task"), ("my_task", "my task-2"), ("my", "task-my-task-2"),
    ].map {
      var correlation = Self.model.correlations[0]
      (correlation.first, correlation.second) = $0
      return correlation
    }
    let names = RunReport.figures(model).map(\.name)
    #expect(names.count == 15 && Set(names).count == 15, "\(names)")
    #expect(names.contains("my-task-ranking") && names.contains("my-task-2-ranking"))
  }

  @Test("points of a scatter lie where the numbers are, the baseline's in grey")
  func scatter() throws {
    let figure = try #require(
      RunReport.figures(Self.model).first { $0.name == "scatter-bandit_my-pairs" })
    let drawing = try DrawingReader(figure.svg)
    func axis(_ name: String, _ coordinate: String) throws -> AxisReading {
      try #require(
        AxisReading(
          drawing.all("line", with: "data-axis").filter { $0.attributes["data-axis"] == name },
          coordinate: coordinate))
    }
    let (x, y) = (try axis("x", "x1"), try axis("y", "y1"))
    let marks = drawing.all("circle")
    #expect(marks.count == 3)
    for point in Self.model.correlations[0].points {
      let mark = try #require(marks.first { $0.inherited["data-loss"] == point.loss })
      #expect(abs(x.value(at: try #require(mark.number("cx"))) - point.first.mean) < 1e-4)
      #expect(abs(y.value(at: try #require(mark.number("cy"))) - point.second.mean) < 1e-4)
      #expect(mark.attributes["class"] == (point.loss == "dpo" ? "dot base" : "dot"))
    }
    // One seed has no bar.
    #expect(drawing.all("line").filter { $0.inherited["data-loss"] == "low" }.count == 1)
    #expect(figure.csv.components(separatedBy: "\r\n").count == 1 + 3 + 1)
  }

  /// What an element covers: left, right, top and bottom.
  private static func area(_ element: DrawingReader.Element) throws -> [Double] {
    func number(_ name: String) throws -> Double { try #require(element.number(name)) }
    switch element.name {
    case "circle":
      let (x, y, r) = (try number("cx"), try number("cy"), try number("r"))
      return [x - r, x + r, y - r, y + r]
    case "line":
      let (x, y) = ([try number("x1"), try number("x2")], [try number("y1"), try number("y2")])
      return [x.min()!, x.max()!, y.min()!, y.max()!]
    default:
      // A word of 11 px: letters of 6 px on average, 8 px above the line and 2 below.
      let (x, y) = (try number("x"), try number("y"))
      let wide = 6 * Double(element.text.count)
      let start = element.attributes["text-anchor"] == "end" ? x - wide : x
      return [start, start + wide, y - 8, y + 2]
    }
  }

  @Test("names in a crowded scatter hide no point, no bar and no other name")
  func names() throws {
    var model = Self.model
    var random = RandomStream(seed: 3, purpose: "scatter")
    model.correlations[0].points = (0..<60).map { index in
      let place = random.uniform() * random.uniform()
      return .init(
        loss: index == 40 ? "dpo" : "loss-\(index)",
        first: SampleRun.eta(0.4 + 0.3 * place, se: index % 3 == 0 ? 0.02 : 0.001),
        second: SampleRun.eta(
          0.5 + 0.2 * place + 0.05 * random.uniform(), se: index % 2 == 0 ? 0.004 : nil))
    }
    let figure = try #require(
      RunReport.figures(model).first { $0.name == "scatter-bandit_my-pairs" })
    let drawing = try DrawingReader(figure.svg)
    let names = drawing.all("text", with: "data-name")
    #expect(names.contains { $0.text == "dpo" })
    #expect(names.count > 12 && names.count < 60)
    let marks =
      drawing.all("circle")
      + drawing.all("line").filter { $0.inherited["data-loss"] != nil }
    #expect(marks.count > 120)
    for (index, name) in names.enumerated() where name.text != "dpo" {
      let own = try Self.area(name)
      #expect(own[0] >= 70 && own[1] <= 640)
      let others = names[..<index] + names[(index + 1)...]
      for other in marks + others {
        let area = try Self.area(other)
        let meets =
          own[0] < area[1] && area[0] < own[1] && own[2] < area[3] && area[2] < own[3]
        #expect(!meets, "\(name.text) and \(other.inherited["data-loss"] ?? other.text)")
      }
    }
  }

  @Test("a task has a ranking, and reward against KL where completions are judged")
  func pictures() throws {
    #expect(
      RunReport.figures(Self.model).map(\.name) == [
        "bandit-ranking", "bandit-reward-kl", "my-pairs-ranking", "scatter-bandit_my-pairs",
      ])
    let plane = try #require(
      RunReport.figures(Self.model).first { $0.name == "bandit-reward-kl" })
    let drawing = try DrawingReader(plane.svg)
    #expect(drawing.all("circle").filter { $0.inherited["data-loss"] == "dpo" }.count == 2)
    #expect(drawing.all("circle").filter { $0.inherited["data-loss"] == "fo<u>nd" }.count == 1)
  }

  @Test("the page has tables, verdicts and what was left out, and escapes names")
  func page() throws {
    let page = try RunReport.html(Self.model, templates: SampleRun.templates)
    #expect(page.contains("fo&lt;u&gt;nd") && !page.contains("fo<u>nd"))
    #expect(page.contains("failed: diverged(3)") && page.contains("same gradients as dpo"))
    #expect(page.contains("+0.0040 [−0.0010, +0.0090]") && page.contains("0.031"))
    #expect(page.contains("+0.50 [−0.90, +0.98]"))
    #expect(!page.contains("{{") && !page.contains("<script"))
  }
}
