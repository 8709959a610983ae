import Foundation

/// Means of several losses over β with one standard error each, a panel for each setting, all with the
/// same axes; β grows with its logarithm.
///
/// Lines may lie on each other, which can be the very thing to be seen: each has its own mark, and the
/// first is dashed and drawn last, so that what lies below it shows.
public struct BetaChart: Sendable {
  public struct Point: Hashable, Sendable {
    /// In 1/nat, above 0.
    public var beta: Double
    /// nil where the training failed.
    public var value: RunModel.Eta?
    /// What it failed with; empty where it did not.
    public var failure: String

    public init(beta: Double, value: RunModel.Eta?, failure: String = "") {
      self.beta = beta
      self.value = value
      self.failure = failure
    }
  }

  public struct Series: Hashable, Sendable {
    public var name: String
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public struct Panel: Hashable, Sendable {
    public var name: String
    public var series: [Series]
    /// The policy that every training started from, a dashed line.
    public var reference: RunModel.Eta?

    public init(name: String, series: [Series], reference: RunModel.Eta? = nil) {
      self.name = name
      self.series = series
      self.reference = reference
    }
  }

  let title: String
  let metric: String
  let panels: [Panel]

  /// - Parameter metric: what is drawn upwards, such as `η`.
  public init(title: String, metric: String, panels: [Panel]) {
    self.title = title
    self.metric = metric
    self.panels = panels
  }

  private let panelWidth = 400.0
  private let panelHeight = 260.0
  private let gap = 20.0
  private let left = 60.0
  private let top = 66.0

  private var width: Double {
    left + Double(panels.count) * (panelWidth + gap)
  }
  private var bottom: Double { top + panelHeight }
  private var height: Double { bottom + 48 }

  /// Names over all panels, in the order in which they first come.
  private var names: [String] {
    panels.flatMap(\.series).map(\.name).reduce(into: []) { names, name in
      if !names.contains(name) { names.append(name) }
    }
  }

  private static let colours = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

  /// The picture as a file of its own.
  public func svg() -> String { RunReport.standalone(element()) }

  func element() -> SVGElement {
    let points = panels.flatMap(\.series).flatMap(\.points)
    var values = points.compactMap(\.value).flatMap {
      [$0.mean - ($0.se ?? 0), $0.mean + ($0.se ?? 0)]
    }
    values += panels.compactMap(\.reference?.mean)
    let y = LinearScale(covering: values, from: bottom, to: top, tickCount: 6)
    let betas = Set(points.map(\.beta)).sorted()
    var root = ChartStyle.root(
      width: width, height: height, title: title,
      description: "\(metric) of \(names.joined(separator: ", ")) over β, \(panels.count)"
        + " panel\(panels.count == 1 ? "" : "s"): \(panels.map(\.name).joined(separator: ", ")).")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    addLegend(to: &root)
    for (index, panel) in panels.enumerated() {
      let start = left + Double(index) * (panelWidth + gap)
      root.add(
        group(panel, betas, x: start, y, hasLabels: index == 0))
    }
    root.add(
      .text(
        "β (1/nat), logarithmic", x: (left + width - gap) / 2, y: bottom + 38, style: "axis",
        anchor: .middle))
    root.add(
      SVGElement.text(metric, x: 0, y: 0, style: "axis", anchor: .middle)
        .with("transform", "translate(16 \(SVGElement.number((top + bottom) / 2))) rotate(-90)"))
    return root
  }

  private func addLegend(to root: inout SVGElement) {
    var x = left
    for (index, name) in names.enumerated() {
      root.add(line("M\(place(x, 18))L\(place(x + 30, 18))", index))
      root.add(mark(index, x: x + 15, y: 18))
      root.add(.text(name, x: x + 38, y: 22, style: "label"))
      x += 60 + 6.8 * Double(name.count)
    }
    if panels.contains(where: { $0.reference != nil }) {
      root.add(.line(x, 18, x + 30, 18, style: "baseline"))
      root.add(.text("reference", x: x + 38, y: 22, style: "label"))
    }
  }

  private func group(
    _ panel: Panel, _ betas: [Double], x start: Double, _ y: LinearScale, hasLabels: Bool
  ) -> SVGElement {
    let ends = (log(betas.first ?? 0.1), log(betas.last ?? 1))
    let room = ends.1 > ends.0 ? ends.1 - ends.0 : 1
    func x(_ beta: Double) -> Double {
      start + 22 + (log(beta) - ends.0) / room * (panelWidth - 44)
    }
    var group = SVGElement("g").with("data-panel", panel.name)
    group.add(.text(panel.name, x: start, y: top - 12, style: "label"))
    for tick in y.ticks {
      group.add(
        .line(start, y(tick), start + panelWidth, y(tick), style: "grid")
          .with("data-tick", "\(tick)").with("data-axis", "y"))
      if hasLabels {
        group.add(.text(y.label(tick), x: start - 8, y: y(tick) + 4, style: "axis", anchor: .end))
      }
    }
    for beta in betas {
      group.add(
        .line(x(beta), top, x(beta), bottom, style: "grid").with("data-tick", "\(beta)")
          .with("data-axis", "x"))
      group.add(
        .text(
          NumberText.short(beta), x: x(beta), y: bottom + 16, style: "muted", anchor: .middle))
    }
    if let reference = panel.reference {
      group.add(
        .line(
          start, y(reference.mean), start + panelWidth, y(reference.mean), style: "baseline"
        ).titled("reference: \(NumberText.eta(reference))"))
    }
    for (index, name) in names.enumerated().reversed() {
      guard let series = panel.series.first(where: { $0.name == name }) else { continue }
      group.add(drawn(series, index, x, y))
    }
    return group
  }

  private func drawn(
    _ series: Series, _ index: Int, _ x: (Double) -> Double, _ y: LinearScale
  ) -> SVGElement {
    let colour = Self.colours[index % Self.colours.count]
    var group = SVGElement("g").with("data-series", series.name)
    let points = series.points.sorted { $0.beta < $1.beta }
    // A failure ends the line.
    let runs = points.split { $0.value == nil }
    for run in runs where run.count > 1 {
      let places = run.compactMap { point in point.value.map { place(x(point.beta), y($0.mean)) } }
      group.add(line("M" + places.joined(separator: "L"), index))
    }
    for point in points {
      let words = "\(series.name), β \(NumberText.short(point.beta)): "
      guard let value = point.value else {
        // Beside each other where several fail at one β, and above the axis: there is no number.
        let at = x(point.beta) + 14 * Double(index)
        group.add(
          SVGElement("g").containing([
            ChartStyle.mark(.refused, x: at, y: bottom - 10),
            .text(
              String(point.failure.prefix { $0 != " " }.prefix(10)), x: at, y: bottom - 20,
              style: "muted", anchor: .middle),
          ]).titled(words + point.failure).with("data-failure", point.failure)
            .with("data-beta", "\(point.beta)"))
        continue
      }
      var dot = SVGElement("g")
      if let se = value.se, se.isFinite {
        dot.add(
          SVGElement.line(
            x(point.beta), y(value.mean - se), x(point.beta), y(value.mean + se), style: "whisker"
          ).with("style", "stroke: \(colour)"))
      }
      dot.add(mark(index, x: x(point.beta), y: y(value.mean)))
      group.add(
        dot.titled(words + NumberText.eta(value)).with("data-beta", "\(point.beta)")
          .with("data-mean", "\(value.mean)").with("data-se", CSVTable.number(value.se)))
    }
    return group
  }

  private func line(_ path: String, _ index: Int) -> SVGElement {
    let colour = Self.colours[index % Self.colours.count]
    let line = SVGElement.path(path, style: "series").with("stroke", colour)
    return index == 0 ? line.with("stroke-dasharray", "6 5") : line
  }

  /// A ring, a square, a triangle, a diamond …: told apart without colours, and the ring leaves what is
  /// inside of it to be seen.
  private func mark(_ index: Int, x: Double, y: Double) -> SVGElement {
    let colour = Self.colours[index % Self.colours.count]
    func shape(_ corners: [(Double, Double)]) -> SVGElement {
      let path = corners.map { place(x + $0.0, y + $0.1) }.joined(separator: "L")
      return SVGElement("path", ["d": "M\(path)Z", "fill": colour])
    }
    switch index % 4 {
    case 0:
      return SVGElement(
        "circle",
        [
          "cx": SVGElement.number(x), "cy": SVGElement.number(y), "r": "5.5", "fill": "none",
          "stroke": colour, "stroke-width": "1.75",
        ])
    case 1: return shape([(-3, -3), (3, -3), (3, 3), (-3, 3)])
    case 2: return shape([(0, -4), (4, 3), (-4, 3)])
    default: return shape([(0, -4), (4, 0), (0, 4), (-4, 0)])
    }
  }

  private func place(_ x: Double, _ y: Double) -> String {
    "\(SVGElement.number(x)) \(SVGElement.number(y))"
  }
}
