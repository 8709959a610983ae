import Foundation

/// Reward against KL over a grid of β, as in the paper's Figures 5 and 8: a panel for each loss, all with
/// the same axes, and the baseline's frontier in grey in each.
///
/// Nine losses in one panel hide each other: most of their points lie on the same band.
struct SweepChart {
  let model: SweepModel

  private let columns: Int
  private let panelWidth = 296.0
  private let panelHeight = 216.0
  private let gap = 14.0
  private let left = 52.0
  private let top = 40.0
  private let legendHeight = 30.0
  /// Room of a panel above the plot, for its name, hypervolume and difference, a line each.
  private let head = 49.0

  private let curves: [SweepModel.Curve]

  init(model: SweepModel) {
    self.model = model
    curves = model.curves.filter { !$0.points.isEmpty }
    columns = max(1, min(3, curves.count))
  }

  private var rows: Int { (curves.count + columns - 1) / columns }
  private var width: Double {
    max(560, left + Double(columns) * panelWidth + Double(columns - 1) * gap + 12)
  }
  private var height: Double {
    top + Double(rows) * (head + panelHeight + 26) + 22 + legendHeight
  }

  /// nil when nothing was measured.
  func figure() -> Figure? {
    guard curves.contains(where: { $0.points.contains { $0.value != nil && $0.kl != nil } }) else {
      return nil
    }
    return Figure(
      name: "sweep", title: "\(model.metric.capitalized) against KL", element: element(),
      csv: table)
  }

  private var table: CSVTable {
    var table = CSVTable([
      "loss", "beta", "kl", "kl_se", model.metric, "\(model.metric)_se", "seeds", "advantage",
      "advantage_low", "advantage_high", "failures", "hypervolume", "hypervolume_se", "kl_cap",
    ])
    for curve in curves {
      for point in curve.points {
        table.add([
          curve.loss, CSVTable.number(point.beta), CSVTable.number(point.kl?.mean),
          CSVTable.number(point.kl?.se), CSVTable.number(point.value?.mean),
          CSVTable.number(point.value?.se), "\((point.value?.n ?? 0) + point.failures.count)",
          CSVTable.number(point.advantage?.mean), CSVTable.number(point.advantage?.low),
          CSVTable.number(point.advantage?.high), point.failures.joined(separator: " "),
          CSVTable.number(curve.hypervolume?.mean), CSVTable.number(curve.hypervolume?.se),
          CSVTable.number(model.klCap),
        ])
      }
    }
    return table
  }

  private var valueRange: [Double] {
    var values = curves.flatMap(\.points).compactMap(\.value).flatMap {
      [$0.mean - ($0.se ?? 0), $0.mean + ($0.se ?? 0)]
    }
    if let reference = model.reference { values.append(reference.mean) }
    return values
  }

  private var klRange: [Double] {
    [model.klCap] + curves.flatMap(\.points).compactMap(\.kl).map { $0.mean + ($0.se ?? 0) }
  }

  private func element() -> SVGElement {
    let points = curves.flatMap(\.points).filter { $0.value != nil }.count
    var root = ChartStyle.root(
      width: width, height: height,
      title: "\(model.metric.capitalized) against KL on \(model.task)",
      description: "\(curves.count) losses in a panel each, \(points) points; further up is more"
        + " \(model.metric), further left is nearer to the reference. The grey line is the frontier of"
        + " \(model.baseline). The page's table holds the same numbers.")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    addLegend(to: &root)
    for (index, curve) in curves.enumerated() {
      let x = left + Double(index % columns) * (panelWidth + gap)
      let y = top + Double(index / columns) * (head + panelHeight + 26)
      root.add(
        panel(
          curve, x: x, y: y, hasLabels: index % columns == 0,
          // Below a panel of the last row there is no other one.
          hasKL: index + columns >= curves.count))
    }
    root.add(
      .text(
        "KL(policy ‖ reference) of a sequence, nats; the axis grows with the square root",
        x: (left + width) / 2, y: height - legendHeight + 12, style: "axis", anchor: .middle))
    root.add(
      SVGElement.text(model.metric, x: 0, y: 0, style: "axis", anchor: .middle)
        .with(
          "transform",
          "translate(14 \(SVGElement.number(top + (height - top - legendHeight) / 2))) rotate(-90)"
        ))
    return root
  }

  private func addLegend(to root: inout SVGElement) {
    let y = 16.0
    var x = left
    func note(_ words: String) {
      root.add(.text(words, x: x + 26, y: y + 4, style: "muted"))
      x += 40 + 6.1 * Double(words.count)
    }
    root.add(SVGElement("circle", dot(x + 10, y, "dot")))
    root.add(.line(x + 10, y - 8, x + 10, y + 8, style: "bar"))
    note("a β, ± s.e. over seeds")
    root.add(.line(x, y, x + 20, y, style: "best"))
    note("frontier of the loss")
    root.add(.line(x, y, x + 20, y, style: "beside"))
    note("frontier of \(TrajectoryChart.shortened(model.baseline, to: 16))")
    root.add(.line(x + 10, y - 8, x + 10, y + 8, style: "baseline"))
    note("KL cap, \(NumberText.short(model.klCap)) nats")
    if model.reference != nil {
      root.add(cross(x + 10, y))
      note("reference")
    }
  }

  private func dot(_ x: Double, _ y: Double, _ style: String) -> KeyValuePairs<String, String> {
    ["class": style, "cx": SVGElement.number(x), "cy": SVGElement.number(y), "r": "3.5"]
  }

  private func cross(_ x: Double, _ y: Double) -> SVGElement {
    .path(
      "M\(place(x - 4, y))L\(place(x + 4, y))M\(place(x, y - 4))L\(place(x, y + 4))",
      style: "fail stop")
  }

  private func panel(
    _ curve: SweepModel.Curve, x: Double, y: Double, hasLabels: Bool, hasKL: Bool
  ) -> SVGElement {
    let (upper, lower) = (y + head, y + head + panelHeight)
    let across = SquareRootScale(covering: klRange, from: x, to: x + panelWidth)
    let up = LinearScale(covering: valueRange, from: lower, to: upper, tickCount: 5)
    var group = SVGElement("g").with("data-loss", curve.loss)
    if let volume = curve.hypervolume {
      group = group.with("data-hypervolume", "\(volume.mean)")
        .with("data-hypervolume-se", CSVTable.number(volume.se))
    }
    group.add(
      SVGElement.text(
        TrajectoryChart.shortened(curve.loss, to: 30), x: x, y: y + 12, style: "label"
      ).with("data-heading", "name").titled(curve.loss))
    for (line, words) in volumeWords(curve).enumerated() {
      group.add(
        .text(words, x: x, y: y + 27 + 15 * Double(line), style: "muted")
          .with("data-heading", line == 0 ? "hypervolume" : "difference"))
    }
    for tick in up.ticks {
      group.add(
        .line(x, up(tick), x + panelWidth, up(tick), style: "grid").with("data-tick", "\(tick)")
          .with("data-axis", "y"))
      if hasLabels {
        group.add(.text(up.label(tick), x: x - 7, y: up(tick) + 4, style: "axis", anchor: .end))
      }
    }
    for tick in across.ticks {
      group.add(
        .line(across(tick), upper, across(tick), lower, style: "grid")
          .with("data-tick", "\(tick)").with("data-axis", "x"))
      group.add(
        .text(
          across.label(tick), x: across(tick), y: lower + 15, style: "muted", anchor: .middle))
    }
    group.add(.line(across(model.klCap), upper, across(model.klCap), lower, style: "baseline"))
    let base = model.curves.first { $0.loss == model.baseline }
    if let base, base.loss != curve.loss, let line = path(base.frontier, across, up) {
      group.add(.path(line, style: "beside").titled("frontier of \(base.loss)"))
    }
    if let line = path(curve.frontier, across, up) {
      group.add(
        .path(line, style: "best").titled("frontier of \(curve.loss)")
          .with(
            "data-frontier",
            curve.frontier.map { "\($0.kl) \($0.value)" }.joined(separator: ";")))
    }
    if let reference = model.reference {
      group.add(
        cross(across(0), up(reference.mean)).titled(
          "reference policy: \(model.metric) \(NumberText.eta(reference)), KL 0"))
    }
    addPoints(curve, across, up, bounds: upper...lower, to: &group)
    return group
  }

  /// One line or two: together they are wider than a panel.
  private func volumeWords(_ curve: SweepModel.Curve) -> [String] {
    guard let volume = curve.hypervolume else { return ["no hypervolume"] }
    let difference = curve.hypervolumeDifference.map {
      "to \(TrajectoryChart.shortened(model.baseline, to: 8)) \(NumberText.delta($0))"
    }
    return ["hypervolume \(NumberText.eta(volume))"] + [difference].compactMap { $0 }
  }

  /// A straight line over KL is bent on this axis: it is drawn in short pieces.
  private func path(
    _ corners: [SweepModel.Corner], _ x: SquareRootScale, _ y: LinearScale
  ) -> String? {
    guard corners.count > 1, let first = corners.first else { return nil }
    var commands = "M\(place(x(first.kl), y(first.value)))"
    for (start, end) in zip(corners, corners.dropFirst()) {
      let pieces = max(1, Int((abs(x(end.kl) - x(start.kl)) / 8).rounded(.up)))
      for piece in 1...pieces {
        let share = Double(piece) / Double(pieces)
        // Equal steps on the drawing.
        let root =
          start.kl.squareRoot() + share * (end.kl.squareRoot() - start.kl.squareRoot())
        let kl = piece == pieces ? end.kl : root * root
        let part = end.kl > start.kl ? (kl - start.kl) / (end.kl - start.kl) : 1
        commands += "L\(place(x(kl), y(start.value + part * (end.value - start.value))))"
      }
    }
    return commands
  }

  private func addPoints(
    _ curve: SweepModel.Curve, _ x: SquareRootScale, _ y: LinearScale,
    bounds: ClosedRange<Double>, to group: inout SVGElement
  ) {
    var failures: [String] = []
    var labelled: [(x: Double, y: Double)] = []
    for point in curve.points {
      let beta = point.beta.map { "β \(NumberText.short($0))" } ?? "no β"
      if let first = point.failures.first {
        let more = point.failures.count > 1 ? " ×\(point.failures.count)" : ""
        failures.append("\(beta): \(first)\(more)")
      }
      guard let value = point.value, let kl = point.kl else { continue }
      let (cx, cy) = (x(kl.mean), y(value.mean))
      var mark = SVGElement("g")
      if let se = value.se, se.isFinite {
        mark.add(.line(cx, y(value.mean - se), cx, y(value.mean + se), style: "bar"))
      }
      if let se = kl.se, se.isFinite {
        mark.add(.line(x(kl.mean - se), cy, x(kl.mean + se), cy, style: "bar"))
      }
      mark.add(SVGElement("circle", dot(cx, cy, "dot")))
      let advantage = point.advantage.map {
        "\nto \(model.baseline) at equal KL \(NumberText.delta($0))"
      }
      group.add(
        mark.titled(
          "\(curve.loss), \(beta): \(model.metric) \(NumberText.eta(value)),"
            + " KL \(NumberText.eta(kl))" + (advantage ?? "")
        ).with("data-kl", "\(kl.mean)").with("data-value", "\(value.mean)")
          .with("data-beta", CSVTable.number(point.beta))
          .with("data-value-se", CSVTable.number(value.se))
          .with("data-kl-se", CSVTable.number(kl.se)))
      // Where points crowd only the first has its β written beside it; the others say theirs on hover.
      if let beta = point.beta, !labelled.contains(where: { hypot($0.x - cx, $0.y - cy) < 20 }) {
        labelled.append((cx, cy))
        let isNearEdge = cx > x.end - 34
        group.add(
          .text(
            NumberText.short(beta), x: cx + (isNearEdge ? -6 : 6), y: cy + 13, style: "muted",
            anchor: isNearEdge ? .end : .start))
      }
    }
    for (index, words) in failures.enumerated() {
      let line = bounds.upperBound - 8 - 14 * Double(failures.count - 1 - index)
      group.add(
        .text(
          TrajectoryChart.shortened(words, to: 34), x: x.end - 6, y: line, style: "muted",
          anchor: .end
        ).titled("\(curve.loss), \(words)").with("data-failure", words))
    }
  }

  private func place(_ x: Double, _ y: Double) -> String {
    "\(SVGElement.number(x)) \(SVGElement.number(y))"
  }
}
