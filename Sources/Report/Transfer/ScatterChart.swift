import Foundation

/// η of the same losses on two tasks: a point a loss with one standard error each way.
///
/// Were η the same thing on both, the points would rise together; Spearman's ρ tells how far they do.
struct ScatterChart {
  let correlation: TransferModel.Correlation
  let baseline: String

  private let width = 640.0
  private let left = 70.0
  private let right = 610.0
  private let top = 44.0
  private let bottom = 454.0
  /// Names beside points, at most; all say theirs on hover.
  private let nameLimit = 18

  func figure() -> Figure {
    Figure(
      name: Self.name(correlation), title: "η on \(correlation.first) and \(correlation.second)",
      element: element(), csv: table)
  }

  static func name(_ correlation: TransferModel.Correlation) -> String {
    "scatter-\(Self.slug(correlation.first))-\(Self.slug(correlation.second))"
  }

  /// In the characters that a file's name and an address allow.
  static func slug(_ text: String) -> String {
    let slug = String(
      text.lowercased().map { character in
        character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
      })
    return slug.isEmpty ? "task" : String(slug.prefix(40))
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
          "r": point.loss == baseline ? "6" : "3.5",
        ]))
    root.add(
      mark.titled(
        "\(point.loss): \(correlation.first) \(NumberText.eta(point.first)),"
          + " \(correlation.second) \(NumberText.eta(point.second))"
      ).with("data-loss", point.loss).with("data-first", "\(point.first.mean)")
        .with("data-second", "\(point.second.mean)"))
  }

  /// Names of the baseline and of what has room.
  private func addNames(_ x: LinearScale, _ y: LinearScale, to root: inout SVGElement) {
    var taken: [(x: Double, y: Double, width: Double)] = []
    var named = 0
    let ordered =
      correlation.points.filter { $0.loss == baseline }
      + correlation.points.filter { $0.loss != baseline }
    for point in ordered where named < nameLimit {
      let words = TrajectoryChart.shortened(point.loss, to: 18)
      let wide = 6.2 * Double(words.count)
      let (cx, cy) = (x(point.first.mean), y(point.second.mean))
      let isRight = cx + 8 + wide < right
      let start = isRight ? cx + 8 : cx - 8 - wide
      let hits =
        taken.contains {
          start < $0.x + $0.width + 4 && $0.x < start + wide + 4 && abs($0.y - cy) < 13
        }
        || correlation.points.contains {
          $0.loss != point.loss && x($0.first.mean) > start - 4
            && x($0.first.mean) < start + wide + 4 && abs(y($0.second.mean) - cy) < 7
        }
      guard !hits || point.loss == baseline else { continue }
      taken.append((start, cy, wide))
      named += 1
      root.add(.text(words, x: start, y: cy + 4, style: "muted"))
    }
  }
}
