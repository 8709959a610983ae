import Foundation
import Testing

@testable import Report

@Suite("Sweep pages")
struct SweepPageTests {
  private static func point(
    _ beta: Double?, _ reward: Double, _ kl: Double, failures: [String] = []
  ) -> SweepModel.Point {
    .init(
      beta: beta, value: SampleRun.eta(reward), kl: SampleRun.eta(kl, se: 0.4),
      advantage: .init(mean: 0.01, low: -0.02, high: 0.04), failures: failures)
  }

  static let model = SweepModel(
    title: "a sweep", task: "reviews", metric: "reward", baseline: "dpo", klCap: 20,
    reference: SampleRun.eta(0.5),
    curves: [
      .init(
        loss: "dpo", points: [point(0.05, 0.7, 16), point(0.5, 0.6, 4)],
        frontier: [.init(kl: 0, value: 0.5), .init(kl: 4, value: 0.6), .init(kl: 16, value: 0.7)],
        hypervolume: SampleRun.eta(2, se: 0.1)),
      .init(
        loss: "other <b>",
        points: [
          point(0.05, 0.4, 90, failures: ["diverged(3)"]),
          .init(beta: 0.5, value: nil, kl: nil, failures: ["timeout", "timeout"]),
          point(nil, 0.55, 0.2),
        ], frontier: [.init(kl: 0, value: 0.5), .init(kl: 90, value: 0.55)],
        hypervolume: SampleRun.eta(1, se: 0.1),
        hypervolumeDifference: .init(mean: -1, low: -1.4, high: -0.6)),
    ], done: 7, total: 8, facts: ["cpu": "any"])

  /// The maps from coordinates to KL, which grows with the square root, and to the value, in a panel.
  private func axes(
    _ drawing: DrawingReader, of loss: String
  ) throws -> (kl: (Double) -> Double, value: (Double) -> Double) {
    func ticks(_ axis: String) -> [DrawingReader.Element] {
      drawing.all("line", with: "data-axis").filter {
        $0.attributes["data-axis"] == axis && $0.inherited["data-loss"] == loss
      }
    }
    let y = try #require(AxisReading(ticks("y"), coordinate: "y1"))
    let x = ticks("x")
    let (start, end) = (try #require(x.first?.number("x1")), try #require(x.last?.number("x1")))
    let high = try #require(x.last?.number("data-tick"))
    #expect(x.first?.number("data-tick") == 0)
    return (
      { coordinate in high * pow((coordinate - start) / (end - start), 2) }, { y.value(at: $0) }
    )
  }

  @Test("points, bars and frontiers lie where the numbers are, in the panel of their loss")
  func places() throws {
    let figure = try #require(RunReport.figure(Self.model))
    let drawing = try DrawingReader(figure.svg)
    for curve in Self.model.curves {
      let (kl, value) = try axes(drawing, of: curve.loss)
      let marks = drawing.all("circle").filter { $0.inherited["data-loss"] == curve.loss }
      let points = curve.points.filter { $0.value != nil }
      #expect(marks.count == points.count)
      for (mark, point) in zip(marks, points) {
        #expect(abs(kl(try #require(mark.number("cx"))) - (point.kl?.mean ?? -1)) < 0.05)
        #expect(abs(value(try #require(mark.number("cy"))) - (point.value?.mean ?? -1)) < 1e-4)
        #expect(mark.inherited["data-kl"].flatMap(Double.init) == point.kl?.mean)
        #expect(mark.inherited["data-value"].flatMap(Double.init) == point.value?.mean)
        #expect(mark.inherited["data-beta"].flatMap(Double.init) == point.beta)
      }
      let bars = drawing.all("line").filter {
        $0.inherited["data-loss"] == curve.loss && $0.attributes["class"] == "bar"
      }
      #expect(bars.count == 2 * points.count)
      let upright = try #require(bars.first { $0.attributes["x1"] == $0.attributes["x2"] })
      let reach =
        value(try #require(upright.number("y2"))) - value(try #require(upright.number("y1")))
      #expect(abs(abs(reach) - 0.012) < 1e-4)
      let line = try #require(
        drawing.all("path", with: "data-frontier").first {
          $0.inherited["data-loss"] == curve.loss
        })
      // The line is bent on this axis, and lies on the straight one between the corners.
      for place in CurveTests.points(line) {
        let at = kl(place.x)
        let expected = EqualLine.value(at: at, on: curve.frontier)
        #expect(abs(value(place.y) - expected) < 2e-3)
      }
      let group = try #require(
        drawing.all("g", with: "data-hypervolume").first {
          $0.attributes["data-loss"] == curve.loss
        })
      #expect(group.number("data-hypervolume") == curve.hypervolume?.mean)
    }
    let failures = drawing.all("text", with: "data-failure").map { $0.attributes["data-failure"] }
    #expect(failures == ["β 0.05: diverged(3)", "β 0.5: timeout ×2"])
    let cap = drawing.all("line").filter { $0.attributes["class"] == "baseline" }
    #expect(cap.count == 1 + Self.model.curves.count)
  }

  @Test("the baseline's frontier stands in the panels of the others, not in its own")
  func baseline() throws {
    let drawing = try DrawingReader(try #require(RunReport.figure(Self.model)).svg)
    let lines = drawing.all("path").filter { $0.attributes["class"] == "beside" }
    #expect(lines.map { $0.inherited["data-loss"] } == ["other <b>"])
  }

  @Test("a panel's heading is no wider than the panel, however long names and numbers are")
  func headings() throws {
    var model = Self.model
    model.baseline = "a-baseline-of-a-long-name"
    model.curves[0].loss = model.baseline
    model.curves[1].loss = String(repeating: "wide ", count: 12)
    model.curves[1].hypervolume = SampleRun.eta(18.046, se: 0.00663)
    model.curves[1].hypervolumeDifference = .init(mean: -0.00271, low: -0.01342, high: 0.00791)
    model.curves.append(model.curves[1])
    model.curves[2].loss = "last"
    let drawing = try DrawingReader(try #require(RunReport.figure(model)).svg)
    for curve in model.curves {
      let grid = try #require(
        drawing.all("line", with: "data-axis").first {
          $0.attributes["data-axis"] == "y" && $0.inherited["data-loss"] == curve.loss
        })
      let (left, right) = (try #require(grid.number("x1")), try #require(grid.number("x2")))
      let lines = drawing.all("text", with: "data-heading").filter {
        $0.inherited["data-loss"] == curve.loss
      }
      #expect(lines.count == (curve.hypervolumeDifference == nil ? 2 : 3))
      #expect(Set(lines.compactMap { $0.number("y") }).count == lines.count)
      for line in lines {
        // A wide font takes 0.62 of its size a character.
        let size = line.attributes["class"] == "muted" ? 11.0 : 12
        let width = 0.62 * size * Double(line.text.count)
        #expect(line.number("x") == left && left + width <= right, "\(line.text)")
      }
    }
  }

  @Test("a loss that was refused before its first training has a row with its verdict")
  func refused() throws {
    var model = Self.model
    model.curves.append(
      .init(loss: "refused", points: [], frontier: [], failure: "violation(clone)"))
    let page = try RunReport.html(model, templates: SampleRun.templates)
    let row = try #require(page.range(of: "<th scope=\"row\">refused</th>"))
    #expect(page[row.upperBound...].prefix(300).contains("violation(clone)"))
    #expect(!(try RunReport.html(Self.model, templates: SampleRun.templates)).contains("refused"))
  }

  @Test("the page has picture, tables and what is missing, and escapes names")
  func page() throws {
    let page = try RunReport.html(Self.model, templates: SampleRun.templates)
    #expect(page.contains("other &lt;b&gt;") && !page.contains("other <b>"))
    #expect(page.contains("smaller: other &lt;b&gt;"))
    #expect(page.contains("1 of 8 trainings are still to be done"))
    #expect(page.contains("timeout, timeout") && page.contains("−1.00 [−1.40, −0.60]"))
    #expect(!page.contains("{{") && !page.contains("<script") && !page.contains("http-equiv=\"r"))
    let csv = try #require(RunReport.figure(Self.model)?.csv)
    #expect(csv.components(separatedBy: "\r\n").count == 1 + 5 + 1)
  }

  @Test("a sweep in which everything failed has a page without a picture")
  func failures() throws {
    var model = Self.model
    model.curves = [
      .init(
        loss: "dpo", points: [.init(beta: 1, value: nil, kl: nil, failures: ["timeout"])],
        frontier: [])
    ]
    #expect(RunReport.figure(model) == nil)
    #expect(try RunReport.html(model, templates: SampleRun.templates).contains("timeout"))
  }
}

/// Straight lines between corners.
private enum EqualLine {
  static func value(at kl: Double, on corners: [SweepModel.Corner]) -> Double {
    for (start, end) in zip(corners, corners.dropFirst()) where kl <= end.kl + 0.05 {
      let share = (kl - start.kl) / (end.kl - start.kl)
      return start.value + share * (end.value - start.value)
    }
    return .nan
  }
}
