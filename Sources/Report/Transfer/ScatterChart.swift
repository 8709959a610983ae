import Foundation

/// η of the same losses on two tasks: a point a loss with one standard error each way.
///
/// Were η the same thing on both, the points would rise together; Spearman's ρ tells how far they do.
struct ScatterChart {
  let correlation: TransferModel.Correlation
  let baseline: String
  let slugs: TaskSlugs

  private let width = 640.0
  private let left = 70.0
  private let right = 610.0
  private let top = 44.0
  private let bottom = 454.0

  func figure() -> Figure {
    Figure(
      // A sign that no slug has, or "a-b" beside "c" would be "a" beside "b-c".
      name: "scatter-\(slugs[correlation.first])_\(slugs[correlation.second])",
      title: "η on \(correlation.first) and \(correlation.second)",
      element: element(), csv: table)
  }

  private var table: CSVTable {
    var table = CSVTable([
      "loss", correlation.first, "\(correlation.first)_se", correlation.second,
      "\(correlation.second)_se",
    ])
    for point in correlation.points {
      table.add([
        point.loss, CSVTable.number(point.first.mean), CSVTable.number(point.first.se),
        CSVTable.number(point.second.mean), CSVTable.number(point.second.se),
      ])
    }
    return table
  }

  private func element() -> SVGElement {
    let (points, height) = (correlation.points, bottom + 50)
    func range(_ eta: RunModel.Eta) -> [Double] {
      [eta.mean - (eta.se ?? 0), eta.mean + (eta.se ?? 0)]
    }
    let x = LinearScale(
      covering: points.flatMap { range($0.first) }, from: left, to: right, tickCount: 6)
    let y = LinearScale(
      covering: points.flatMap { range($0.second) }, from: bottom, to: top, tickCount: 6)
    let rho = "Spearman's ρ \(NumberText.delta(correlation.rho))"
    var root = ChartStyle.root(
      width: width, height: height,
      title: "η on \(correlation.first) and \(correlation.second)",
      description: "\(points.count) losses; \(rho).")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    root.add(.text("\(points.count) losses, \(rho)", x: left, y: 24, style: "label"))
    for tick in y.ticks {
      root.add(
        .line(left, y(tick), right, y(tick), style: "grid").with("data-tick", "\(tick)")
          .with("data-axis", "y"))
      root.add(.text(y.label(tick), x: left - 8, y: y(tick) + 4, style: "axis", anchor: .end))
    }
    for tick in x.ticks {
      root.add(
        .line(x(tick), top, x(tick), bottom, style: "grid").with("data-tick", "\(tick)")
          .with("data-axis", "x"))
      root.add(.text(x.label(tick), x: x(tick), y: bottom + 18, style: "axis", anchor: .middle))
    }
    root.add(
      .text(
        "η on \(correlation.first) (\(correlation.firstMetric))", x: (left + right) / 2,
        y: bottom + 40, style: "axis", anchor: .middle))
    root.add(
      SVGElement.text(
        "η on \(correlation.second) (\(correlation.secondMetric))", x: 0, y: 0, style: "axis",
        anchor: .middle
      ).with(
        "transform", "translate(16 \(SVGElement.number((top + bottom) / 2))) rotate(-90)"))
    // The baseline comes last, above the others.
    for point in points.sorted(by: { a, _ in a.loss != baseline }) {
      add(point, x, y, to: &root)
    }
    addNames(x, y, to: &root)
    return root
  }

  private func radius(_ point: TransferModel.Correlation.Point) -> Double {
    point.loss == baseline ? 6 : 3.5
  }

  private func add(
    _ point: TransferModel.Correlation.Point, _ x: LinearScale, _ y: LinearScale,
    to root: inout SVGElement
  ) {
    let (cx, cy) = (x(point.first.mean), y(point.second.mean))
    let style = point.loss == baseline ? " base" : ""
    var mark = SVGElement("g")
    if let se = point.first.se, se.isFinite {
      mark.add(
        .line(x(point.first.mean - se), cy, x(point.first.mean + se), cy, style: "bar" + style))
    }
    if let se = point.second.se, se.isFinite {
      mark.add(
        .line(cx, y(point.second.mean - se), cx, y(point.second.mean + se), style: "bar" + style))
    }
    mark.add(
      SVGElement(
        "circle",
        [
          "class": "dot" + style, "cx": SVGElement.number(cx), "cy": SVGElement.number(cy),
          "r": SVGElement.number(radius(point)),
        ]))
    root.add(
      mark.titled(
        "\(point.loss): \(correlation.first) \(NumberText.eta(point.first)),"
          + " \(correlation.second) \(NumberText.eta(point.second))"
      ).with("data-loss", point.loss).with("data-first", "\(point.first.mean)")
        .with("data-second", "\(point.second.mean)"))
  }
}

/// Names beside the points. Each says its own on hover, so one without room is left out.
extension ScatterChart {
  /// What a mark or a name covers.
  private struct Box {
    var left, right, top, bottom: Double

    func meets(_ other: Box) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
  }

  /// Where a name may stand; one on the left of its point ends there.
  private struct Place {
    var box: Box
    var anchor: SVGElement.Anchor
  }

  /// The baseline's name always, then those of what the tasks rank most differently; none hides a
  /// point, a bar or another name.
  private func addNames(_ x: LinearScale, _ y: LinearScale, to root: inout SVGElement) {
    var taken = correlation.points.flatMap { marks($0, x, y) }
    for point in byDisagreement {
      let words = TrajectoryChart.shortened(point.loss, to: 18)
      let places = places(for: words, beside: point, x, y)
      let hits = places.map { place in taken.count { $0.meets(place.box) } }
      guard let fewest = hits.min(), fewest == 0 || point.loss == baseline,
        let place = zip(places, hits).first(where: { $0.1 == fewest })?.0
      else { continue }
      taken.append(place.box)
      root.add(
        .text(
          words, x: place.anchor == .end ? place.box.right : place.box.left,
          y: place.box.bottom - 3, style: "muted", anchor: place.anchor
        ).with("data-name", point.loss))
    }
  }

  private var byDisagreement: [TransferModel.Correlation.Point] {
    let points = correlation.points
    func ranks(_ value: (TransferModel.Correlation.Point) -> Double) -> [Int] {
      var ranks = [Int](repeating: 0, count: points.count)
      let order = points.indices.sorted { (-value(points[$0]), $0) < (-value(points[$1]), $1) }
      for (rank, index) in order.enumerated() { ranks[index] = rank }
      return ranks
    }
    let apart = zip(ranks(\.first.mean), ranks(\.second.mean)).map { abs($0 - $1) }
    let order = points.indices.sorted {
      let (a, b) = (points[$0].loss == baseline, points[$1].loss == baseline)
      return a != b ? a : (-apart[$0], $0) < (-apart[$1], $1)
    }
    return order.map { points[$0] }
  }

  /// Dot and bars.
  private func marks(
    _ point: TransferModel.Correlation.Point, _ x: LinearScale, _ y: LinearScale
  ) -> [Box] {
    let (cx, cy, r) = (x(point.first.mean), y(point.second.mean), radius(point) + 1)
    var marks = [Box(left: cx - r, right: cx + r, top: cy - r, bottom: cy + r)]
    if let se = point.first.se, se.isFinite {
      let (start, end) = (x(point.first.mean - se), x(point.first.mean + se))
      marks.append(Box(left: start, right: end, top: cy - 1, bottom: cy + 1))
    }
    if let se = point.second.se, se.isFinite {
      let (upper, lower) = (y(point.second.mean + se), y(point.second.mean - se))
      marks.append(Box(left: cx - 1, right: cx + 1, top: upper, bottom: lower))
    }
    return marks
  }

  /// Where a name may stand, the nearest first: past the end of a short bar, in the four corners
  /// between the bars, past the end of a long one.
  private func places(
    for words: String, beside point: TransferModel.Correlation.Point, _ x: LinearScale,
    _ y: LinearScale
  ) -> [Place] {
    let (cx, cy, r) = (x(point.first.mean), y(point.second.mean), radius(point))
    // Of the widest usual sans-serif; a line of 11 px with its descent.
    let (wide, high) = (6.3 * Double(words.count), 12.0)
    let reach = point.first.se.map { abs(x(point.first.mean + $0) - cx) } ?? 0
    let bar = max(r, reach.isFinite ? reach : 0) + 4
    func right(_ by: Double, _ upper: Double) -> Place {
      let start = cx + by
      return Place(
        box: Box(left: start, right: start + wide, top: upper, bottom: upper + high),
        anchor: .start)
    }
    func left(_ by: Double, _ upper: Double) -> Place {
      let end = cx - by
      return Place(
        box: Box(left: end - wide, right: end, top: upper, bottom: upper + high), anchor: .end)
    }
    let (above, below, beside) = (cy - r - high + 1, cy + r - 1, cy - high / 2)
    let ends = [right(bar, beside), left(bar, beside)]
    let corners = [right(r, above), right(r, below), left(r, above), left(r, below)]
    // Above the plot there is a little room below the title.
    return (bar < 16 ? ends + corners : corners + ends).filter {
      $0.box.left >= self.left && $0.box.right <= width && $0.box.top >= top - 14
        && $0.box.bottom <= bottom
    }
  }
}
