/// A candidate's value and slope against the margin, with DPO's behind it for comparison.
///
/// What grows beyond the picture is cut at its edge: the vertical range covers the middle half of the
/// margins, so that one exponential flattens nothing.
struct ShapeChart {
  let name: String
  let shape: RunModel.Shape
  /// Another loss over the same axis, drawn dashed; nil for none.
  let beside: RunModel.Shape?
  var detail = PageDetail.full

  private let width = 940.0
  private let panelHeight = 150.0
  private let left = 58.0
  private let right = 14.0
  private let top = 26.0

  private var height: Double { top + panelHeight + 40 }

  /// nil when there is nothing to draw.
  func element() -> SVGElement? {
    guard shape.margin.count > 1, detail.points >= 2 else { return nil }
    var root = ChartStyle.root(
      width: width, height: height, title: "Value and slope of \(name)",
      description: "Against the \(shape.axis)\(beside == nil ? "" : ", DPO dashed").")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    root.add(panel("value of one row", "value", x: 0, \.value))
    root.add(panel("slope d(sum)/d(\(shape.axis))", "slope", x: width / 2, \.slope))
    return root
  }

  func figure(named figure: String) -> Figure? {
    element().map {
      Figure(
        name: figure, title: "Value and slope of \(name)", element: $0,
        csv: Self.table([(name, shape)]))
    }
  }

  /// A row for each loss and margin.
  static func table(_ shapes: [(name: String, shape: RunModel.Shape)]) -> CSVTable {
    var table = CSVTable(["loss", "margin", "value", "slope"])
    for (name, shape) in shapes {
      for (place, margin) in shape.margin.enumerated() {
        table.add(
          [name] + [margin, shape.value[place], shape.slope[place]].map { CSVTable.number($0) })
      }
    }
    return table
  }

  private func panel(
    _ title: String, _ quantity: String, x: Double, _ values: (RunModel.Shape) -> [Double]
  ) -> SVGElement {
    let bottom = top + panelHeight
    let (start, end) = (x + left, x + width / 2 - right)
    let reach = shape.margin.map(abs).max() ?? 1
    let middle = [shape, beside].compactMap { $0 }.flatMap { drawn in
      zip(drawn.margin, values(drawn)).filter { abs($0.0) <= reach / 2 }.map(\.1)
    }
    let vertical = LinearScale(covering: middle, from: bottom, to: top, tickCount: 3)
    func across(_ margin: Double) -> Double {
      start + (margin + reach) / (2 * reach) * (end - start)
    }
    var group = SVGElement("g")
    group.add(.text(title, x: start, y: 14, style: "axis"))
    for tick in vertical.ticks {
      group.add(
        .line(start, vertical(tick), end, vertical(tick), style: "grid")
          .with("data-tick", "\(tick)"))
      group.add(
        .text(
          vertical.label(tick), x: start - 6, y: vertical(tick) + 4, style: "muted", anchor: .end))
    }
    group.add(.line(across(0), top, across(0), bottom, style: "zero"))
    for margin in [-reach, 0, reach] {
      group.add(
        .text(
          NumberText.short(margin).replacing("-", with: "−"), x: across(margin), y: bottom + 15,
          style: "muted", anchor: .middle))
    }
    func path(_ drawn: RunModel.Shape) -> String {
      let all = zip(drawn.margin, values(drawn)).filter { $0.1.isFinite && abs($0.0) <= reach }
      let every = max(1, (all.count + detail.points - 1) / detail.points)
      return all.enumerated().filter { $0.offset % every == 0 || $0.offset == all.count - 1 }.map {
        let level = min(max($0.element.1, vertical.low), vertical.high)
        return "\(SVGElement.number(across($0.element.0))) \(SVGElement.number(vertical(level)))"
      }.joined(separator: "L")
    }
    if let beside { group.add(.path("M" + path(beside), style: "beside")) }
    group.add(.path("M" + path(shape), style: "mean"))
    return group.with("data-shape", quantity)
  }
}

/// Value and slope of the best candidates and the baselines in one picture, as in the paper's Figures
/// 6, 9 and 10.
struct ShapeOverview {
  let model: RunModel
  /// The most lines that can be told apart.
  static let limit = 7

  /// The best losses that have a shape over the same axis as DPO's or the first one's.
  private var shown: [(name: String, shape: RunModel.Shape)] {
    let shapes = model.ranking.compactMap { row -> (name: String, shape: RunModel.Shape)? in
      let shape =
        row.candidate?.shape
        ?? (row.isBaseline ? model.baselines.first { $0.name == row.name }?.shape : nil)
      return shape.map { (row.name, $0) }
    }
    let axis = shapes.first?.shape.axis
    return Array(shapes.filter { $0.shape.axis == axis }.prefix(Self.limit))
  }

  func figure() -> Figure? {
    let shown = shown
    guard let first = shown.first else { return nil }
    let chart = LossChart(
      curves: shown.map { entry in
        LossChart.Curve(
          label: TrajectoryChart.shortened(entry.name, to: 26), coupling: entry.shape.coupling,
          points: entry.shape.margin.indices.map {
            (entry.shape.margin[$0], entry.shape.value[$0], entry.shape.slope[$0])
          })
      }, axis: first.shape.axis)
    return Figure(
      name: "losses", title: "Losses against the \(first.shape.axis)", element: chart.element(),
      csv: ShapeChart.table(shown))
  }
}
