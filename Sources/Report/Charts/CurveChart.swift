import Foundation

/// The learning curves of a candidate as small multiples: a panel for each quantity with the mean over
/// seeds as a line and the range of the seeds as a band.
struct CurveChart {
  let name: String
  let task: String
  let curves: [RunModel.Curve]
  /// The most points of a line, and whether there is room for bands and ticks.
  var detail = PageDetail.full

  private let columns = 3
  private let width = 940.0
  private let panelHeight = 118.0
  private let rowHeight = 172.0
  private let left = 58.0
  private let right = 14.0
  private let top = 26.0

  private var panelWidth: Double { width / Double(columns) }

  /// nil when there is nothing to draw.
  func element() -> SVGElement? {
    guard detail.points >= 2 else { return nil }
    let panels = RunModel.Quantity.allCases.compactMap { quantity in
      var summary = CurveSummary(quantity, of: curves)
      summary.thin(to: detail.points)
      return summary.points.count < 2 ? nil : (quantity: quantity, points: summary.points)
    }
    guard !panels.isEmpty else { return nil }
    let rows = (panels.count + columns - 1) / columns
    let height = rowHeight * Double(rows)
    let seeds = Headline.counted(curves.count, "seed")
    var root = ChartStyle.root(
      width: width, height: height, title: "Learning curves of \(name)",
      description: "Mean over \(seeds) on \(task), with the range of the seeds.")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    for (place, panel) in panels.enumerated() {
      root.add(
        element(
          panel.quantity, panel.points, x: panelWidth * Double(place % columns),
          y: rowHeight * Double(place / columns)))
    }
    return root
  }

  private func element(
    _ quantity: RunModel.Quantity, _ points: [CurveSummary.Point], x: Double, y: Double
  ) -> SVGElement {
    let bottom = y + top + panelHeight
    let values = points.flatMap { [$0.low, $0.high] }
    let vertical = LinearScale(covering: values, from: bottom, to: y + top, tickCount: 3)
    let first = Double(points[0].step)
    let last = Double(points[points.count - 1].step)
    let start = x + left
    let end = x + panelWidth - right
    func across(_ step: Int) -> Double {
      start + (Double(step) - first) / (last - first) * (end - start)
    }

    if detail.isSmall {
      let line = points.map { point in
        String(format: "%.0f %.0f", across(point.step), vertical(point.mean))
      }
      return SVGElement("g").containing([
        .text(quantity.title, x: start, y: y + 14, style: "axis"),
        .path("M" + line.joined(separator: "L"), style: "mean"),
      ]).titled(Self.ends(quantity, points)).with("data-quantity", quantity.rawValue)
    }
    var group = SVGElement("g")
    group.add(.text(quantity.title, x: start, y: y + 14, style: "axis"))
    for tick in vertical.ticks {
      let level = vertical(tick)
      group.add(.line(start, level, end, level, style: "grid").with("data-tick", "\(tick)"))
      group.add(
        .text(vertical.label(tick), x: start - 6, y: level + 4, style: "muted", anchor: .end))
    }
    for point in [points[0], points[points.count - 1]] {
      group.add(
        .text(
          "\(point.step)", x: across(point.step), y: bottom + 15, style: "muted", anchor: .middle))
    }
    func place(_ step: Int, _ value: Double) -> String {
      "\(SVGElement.number(across(step))) \(SVGElement.number(vertical(value)))"
    }
    let band =
      points.map { place($0.step, $0.high) } + points.reversed().map { place($0.step, $0.low) }
    group.add(.path("M" + band.joined(separator: "L") + "Z", style: "band"))
    group.add(
      .path("M" + points.map { place($0.step, $0.mean) }.joined(separator: "L"), style: "mean"))
    return group.titled(Self.ends(quantity, points)).with("data-quantity", quantity.rawValue)
      .with("data-steps", points.map { "\($0.step)" }.joined(separator: " "))
  }

  private static func ends(
    _ quantity: RunModel.Quantity, _ points: [CurveSummary.Point]
  ) -> String {
    let means = [points[0], points[points.count - 1]].map { NumberText.fixed($0.mean, decimals: 4) }
    return "\(quantity.title): \(means[0]) at first, \(means[1]) at last"
  }

  /// nil when there is nothing to draw.
  func figure(named figure: String) -> Figure? {
    element().map {
      Figure(name: figure, title: "Learning curves of \(name)", element: $0, csv: table)
    }
  }

  /// A row for each seed and step, every quantity a column.
  private var table: CSVTable {
    let quantities = RunModel.Quantity.allCases.filter { quantity in
      curves.contains { $0.values[quantity] != nil }
    }
    var table = CSVTable(["seed", "step"] + quantities.map(\.rawValue))
    for curve in curves {
      for (place, step) in curve.step.enumerated() {
        table.add(
          ["\(curve.seed)", "\(step)"]
            + quantities.map { quantity in
              let values = curve.values[quantity] ?? []
              return CSVTable.number(place < values.count ? values[place] : nil)
            })
      }
    }
    return table
  }
}
