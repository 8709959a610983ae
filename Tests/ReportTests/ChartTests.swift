import Foundation
import Losses
import Testing

@testable import Report

@Suite("Pictures")
struct ChartTests {
  /// A hundredth of a pixel on 300 pixels of a scale of about 0.1.
  static let tolerance = 2e-5

  @Test("points, bars and baselines of the trajectory lie where the model's numbers are")
  func trajectoryNumbers() throws {
    let model = SampleRun.model
    let drawing = try DrawingReader(RunReport.trajectorySVG(model))
    let axis = try #require(
      AxisReading(drawing.all("line", with: "data-tick"), coordinate: "y1"))
    let circles = drawing.all("circle")
    let measured = model.candidates.filter { $0.eta != nil }
    #expect(circles.count == measured.count)
    for (circle, candidate) in zip(circles, measured) {
      let eta = try #require(candidate.eta)
      let y = try #require(circle.number("cy"))
      #expect(abs(axis.value(at: y) - eta.mean) < Self.tolerance)
      #expect(circle.inherited["data-candidate"] == "\(candidate.index)")
      #expect(circle.inherited["data-mean"] == "\(eta.mean)")
    }
    let bars = drawing.all("line").filter { $0.attributes["class"] == "bar" }
    #expect(bars.count == measured.count)
    for (bar, candidate) in zip(bars, measured) {
      let eta = try #require(candidate.eta)
      let ends = [try #require(bar.number("y1")), try #require(bar.number("y2"))]
      #expect(abs(axis.value(at: ends[0]) - (eta.mean - 0.006)) < Self.tolerance)
      #expect(abs(axis.value(at: ends[1]) - (eta.mean + 0.006)) < Self.tolerance)
    }
    for (line, baseline) in zip(drawing.all("line", with: "data-baseline"), model.baselines) {
      #expect(line.attributes["data-baseline"] == baseline.name)
      #expect(abs(axis.value(at: try #require(line.number("y1"))) - 0.645) < 0.0011)
    }
    let ticks = drawing.all("line", with: "data-tick").compactMap { $0.number("data-tick") }
    let labels = drawing.all("text").filter { $0.attributes["text-anchor"] == "end" }.map(\.text)
    for tick in ticks { #expect(labels.contains(String(format: "%.2f", tick))) }
  }

  @Test("generations go from left to right, tries of one generation stand above each other")
  func generations() throws {
    let drawing = try DrawingReader(RunReport.trajectorySVG(SampleRun.model))
    let places = drawing.all("circle").compactMap { $0.number("cx") }
    #expect(places == places.sorted() && Set(places).count == 3)
    let failures = drawing.all("g", with: "data-failure")
    #expect(failures.map { $0.attributes["data-failure"] } == ["2", "3", "5"])
    #expect(failures.map { $0.attributes["data-kind"] } == ["refused", "misbehaved", "diverged"])
    // No failure is drawn as a point: a failure has no η.
    #expect(drawing.all("circle").allSatisfy { $0.inherited["data-failure"] == nil })
  }

  @Test("the step line holds the best mean so far, baselines included")
  func bestSoFar() throws {
    #expect(SampleRun.model.bestSoFar == [0.645, 0.645, 0.645, 0.668, 0.668, 0.668])
    let drawing = try DrawingReader(RunReport.trajectorySVG(SampleRun.model))
    let line = try #require(drawing.all("path", with: "data-best").first)
    #expect(line.attributes["data-best"] == "0.645 0.668 0.668 0.668")
    let records = drawing.all("circle").map { $0.attributes["class"] == "point record" }
    #expect(records == [false, true, false])
  }

  @Test("marks say name, number and idea to whoever hovers or listens")
  func titles() throws {
    let drawing = try DrawingReader(RunReport.trajectorySVG(SampleRun.model))
    let titles = drawing.all("title").map(\.text)
    #expect(titles.contains("winner: η 0.6680 ± 0.0060\nThe idea of winner."))
    #expect(titles.contains("crash: crashed(SIGSEGV)\nWhat crash did."))
    #expect(drawing.all("svg").first?.attributes["aria-label"]?.contains("3 without η") == true)
  }

  @Test("ranked bars and intervals lie where the model's numbers are, best first")
  func rankingNumbers() throws {
    let model = SampleRun.model
    let drawing = try DrawingReader(try #require(RunReport.rankingSVG(model)))
    let ticks = drawing.all("line", with: "data-tick")
    let split = ticks.firstIndex { ($0.number("x1") ?? 0) > 600 } ?? 0
    let eta = try #require(AxisReading(Array(ticks[..<split]), coordinate: "x1"))
    let delta = try #require(AxisReading(Array(ticks[split...]), coordinate: "x1"))
    let bars = drawing.all("rect").filter {
      $0.attributes["class"]?.hasPrefix("column") == true
    }
    #expect(bars.count == model.ranking.count)
    for (bar, row) in zip(bars, model.ranking) {
      let start = try #require(bar.number("x"))
      let width = try #require(bar.number("width"))
      #expect(abs(eta.value(at: start) - 0.4089) < 1e-5)
      #expect(abs(eta.value(at: start + width) - row.eta.mean) < 2e-5)
      #expect(bar.inherited["data-rank"] == "\(row.rank)")
    }
    #expect(model.ranking.map(\.name) == ["winner", "late", "dpo", "slic", "first"])
    let intervals = drawing.all("line", with: "data-low")
    #expect(intervals.count == 2)
    #expect(abs(delta.value(at: try #require(intervals[0].number("x1"))) - 0.011) < 1e-5)
    #expect(abs(delta.value(at: try #require(intervals[0].number("x2"))) - 0.035) < 1e-5)
    let zero = try #require(drawing.all("line").first { $0.attributes["class"] == "zero" })
    #expect(abs(delta.value(at: try #require(zero.number("x1")))) < 1e-5)
  }

  @Test("runs with nothing in them are drawn without a crash")
  func emptyRuns() throws {
    var model = SampleRun.model
    model.baselines = []
    model.candidates = []
    model.reference = nil
    #expect(RunReport.rankingSVG(model) == nil)
    #expect(throws: Never.self) { try DrawingReader(RunReport.trajectorySVG(model)) }
    model.candidates = [
      SampleRun.candidate(1, generation: 1, name: "only", verdict: .timeout),
      SampleRun.candidate(2, generation: 1, attempt: 1, name: "odd", mean: .nan),
    ]
    #expect(throws: Never.self) { try DrawingReader(RunReport.trajectorySVG(model)) }
    #expect(RunReport.rankingSVG(model) == nil)
    model.candidates = [SampleRun.candidate(1, generation: 1, name: "one", mean: 0.5)]
    let drawing = try DrawingReader(RunReport.trajectorySVG(model))
    #expect(drawing.all("circle").count == 1)
  }

  @Test("ticks are round, cover the values and survive equal, tiny and huge ones")
  func scale() {
    let scale = LinearScale(covering: [0.5121, 0.6683], from: 300, to: 0, tickCount: 6)
    #expect(scale.low <= 0.5121 && scale.high >= 0.6683)
    #expect(zip(scale.ticks, [0.5, 0.55, 0.6, 0.65, 0.7]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(scale.ticks.map(scale.label) == ["0.50", "0.55", "0.60", "0.65", "0.70"])
    #expect(scale(scale.low) == 300 && abs(scale(scale.high)) < 1e-9)
    for values in [[0.4], [0, 0], [1e-300, 2e-300], [-1e200, 1e200], [], [.nan, .infinity]] {
      let scale = LinearScale(covering: values, from: 0, to: 100)
      #expect(scale.low < scale.high)
      #expect(scale.ticks.count >= 2 && scale.ticks.count <= 51)
      #expect(values.filter(\.isFinite).allSatisfy { scale($0).isFinite })
    }
  }

  @Test("labels that would overlap are moved apart, the others stay")
  func labels() {
    let placed = LabelLayout.spread([10, 12, 100, 99], gap: 15, within: 0...110)
    #expect(placed[0] == 10 && placed[1] == 25)
    #expect(placed[2] - placed[3] >= 15 && placed[2] <= 110)
  }

  @Test("a sparkline has a character a value, a dot where there is none")
  func sparkline() {
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([nil, 0.5, .nan, 1]) == "·▁·█")
    #expect(Sparkline.text([2, 2]) == "▁▁")
    #expect(Sparkline.text([]) == "" && Sparkline.text([nil, nil]) == "··")
    #expect(Sparkline.text([0, 1, 2], width: 2) == "▁█")
    #expect(RunReport.sparkline(SampleRun.model) == "▁▁▁███")
  }
}
