import Foundation
import Testing

@testable import Report

@Suite("Pictures over β")
struct BetaChartTests {
  private static func points(_ means: [Double?]) -> [BetaChart.Point] {
    zip([0.01, 0.1, 1, 5], means).map { beta, mean in
      .init(
        beta: beta, value: mean.map { SampleRun.eta($0, se: 0.02, n: 3) },
        failure: mean == nil ? "NaN at step 8" : "")
    }
  }

  private static let chart = BetaChart(
    title: "Two settings", metric: "η",
    panels: [
      .init(
        name: "calm",
        series: [
          .init(name: "lrml", points: points([0.2, 0.4, 0.6, 0.5])),
          .init(name: "d<b>po", points: points([0.7, 0.65, 0.6, 0.55])),
        ], reference: SampleRun.eta(0.5)),
      .init(
        name: "wild", series: [.init(name: "lrml", points: points([0.3, 0.8, 0.7, nil]))]),
    ])

  @Test("points and bars lie where the numbers are, in the panel and the line of their loss")
  func places() throws {
    let drawing = try DrawingReader(Self.chart.svg())
    for panel in Self.chart.panels {
      let ticks = drawing.all("line", with: "data-axis").filter {
        $0.inherited["data-panel"] == panel.name
      }
      let y = try #require(
        AxisReading(ticks.filter { $0.attributes["data-axis"] == "y" }, coordinate: "y1"))
      let betas = ticks.filter { $0.attributes["data-axis"] == "x" }
      #expect(betas.compactMap { $0.number("data-tick") } == [0.01, 0.1, 1, 5])
      for series in panel.series {
        let bars = drawing.all("line").filter {
          $0.inherited["data-panel"] == panel.name && $0.inherited["data-series"] == series.name
        }
        let values = series.points.compactMap { point in point.value.map { (point.beta, $0) } }
        #expect(bars.count == values.count)
        for (bar, (beta, value)) in zip(bars, values) {
          let tick = try #require(betas.first { $0.number("data-tick") == beta })
          #expect(bar.number("x1") == tick.number("x1"))
          let ends = [try #require(bar.number("y1")), try #require(bar.number("y2"))]
          #expect(abs(y.value(at: ends[0]) - (value.mean - 0.02)) < 1e-4)
          #expect(abs(y.value(at: ends[1]) - (value.mean + 0.02)) < 1e-4)
          #expect(bar.inherited["data-mean"] == "\(value.mean)")
        }
        let line = try #require(
          drawing.all("path").first {
            $0.attributes["class"] == "series" && $0.inherited["data-panel"] == panel.name
              && $0.inherited["data-series"] == series.name
          })
        let corners = CurveTests.points(line)
        #expect(corners.count == values.count)
        for (corner, value) in zip(corners, values) {
          #expect(abs(y.value(at: corner.y) - value.1.mean) < 1e-4)
        }
      }
    }
    let rings = drawing.all("circle").filter { $0.inherited["data-panel"] != nil }
    #expect(rings.count == 7 && rings.allSatisfy { $0.attributes["fill"] == "none" })
  }

  @Test("a failure is a mark without a number and ends its line; the reference is dashed")
  func failures() throws {
    let drawing = try DrawingReader(Self.chart.svg())
    let failures = drawing.all("g", with: "data-failure")
    #expect(failures.map { $0.attributes["data-failure"] } == ["NaN at step 8"])
    #expect(failures.allSatisfy { $0.attributes["data-mean"] == nil })
    #expect(drawing.all("text").contains { $0.text == "NaN" })
    let dashed = drawing.all("line").filter { $0.attributes["class"] == "baseline" }
    #expect(dashed.count { $0.inherited["data-panel"] == "calm" } == 1)
    #expect(dashed.count { $0.inherited["data-panel"] == "wild" } == 0)
  }

  @Test("one β, one loss and equal values are drawn without a crash")
  func degenerate() throws {
    let one = BetaChart(
      title: "t", metric: "η",
      panels: [
        .init(
          name: "p",
          series: [
            .init(name: "a", points: [.init(beta: 0.1, value: SampleRun.eta(0.5, se: nil, n: 1))])
          ])
      ])
    let drawing = try DrawingReader(one.svg())
    #expect(drawing.all("circle").count == 2)
    #expect(!one.svg().contains("nan"))
    let empty = BetaChart(title: "t", metric: "η", panels: [])
    #expect(throws: Never.self) { try DrawingReader(empty.svg()) }
  }
}
