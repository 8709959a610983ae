import Losses

/// Losses as functions of the margin: the value above, the slope below, one line a loss and β.
///
/// What grows beyond the picture is cut at its edge: the vertical range covers the middle half of the
/// margins, so that one exponential does not flatten all the others. A loss that looks at its
/// whole batch has no curve of its own; its line is dashed and its label says what was drawn.
public struct LossChart: Sendable {
  public struct Curve: Sendable {
    /// For example `lrml β=0.1`.
    public var label: String
    /// What a reader must know of a loss that looks at its whole batch; nil for any other.
    public var coupling: String?
    /// Margins, values of one row and slopes, in the order of the margins.
    public var points: [(margin: Double, value: Double, slope: Double)]

    public init(
      label: String, coupling: String?, points: [(margin: Double, value: Double, slope: Double)]
    ) {
      self.label = label
      self.coupling = coupling
      self.points = points
    }
  }

  let curves: [Curve]
  let axis: String

  /// - Parameter axis: what is drawn to the right, for example `margin ρ`.
  public init(curves: [Curve], axis: String) {
    self.curves = curves
    self.axis = axis
  }

  private let width = 900.0
  private let left = 70.0
  private let right = 190.0
  private let panel = 230.0
  private let top = 30.0
  private let gap = 46.0

  private var plotRight: Double { width - right }
  private var coupled: [Curve] { curves.filter { $0.coupling != nil } }
  private var height: Double {
    top + 2 * panel + gap + 52 + 16 * Double(coupled.count)
  }

  /// Okabe and Ito's colours, then the same again with another dash.
  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b7280",
  ]

  /// The picture as a file of its own.
  public func svg() -> String {
    RunReport.standalone(element())
  }

  func element() -> SVGElement {
    var root = ChartStyle.root(
      width: width, height: height, title: "Losses against the \(axis)",
      description: "Value and slope of \(curves.map(\.label).joined(separator: ", ")).")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    let margins = curves.flatMap { $0.points.map(\.margin) }
    let x = LinearScale(covering: margins, from: left, to: plotRight, tickCount: 8)
    draw("value of one row", y: top, x, into: &root) { $0.value }
    draw("slope d(sum)/d(\(axis))", y: top + panel + gap, x, into: &root) { $0.slope }
    let bottom = top + 2 * panel + gap
    for tick in x.ticks {
      root.add(
        .text(x.label(tick), x: x(tick), y: bottom + 16, style: "axis", anchor: .middle))
    }
    root.add(
      .text(axis, x: (left + plotRight) / 2, y: bottom + 34, style: "axis", anchor: .middle))
    for (row, curve) in coupled.enumerated() {
      root.add(
        .text(
          "dashed, \(curve.label): \(curve.coupling ?? "")", x: left,
          y: bottom + 54 + 16 * Double(row), style: "muted"))
    }
    return root
  }

  private func draw(
    _ title: String, y: Double, _ x: LinearScale, into root: inout SVGElement,
    _ quantity: ((margin: Double, value: Double, slope: Double)) -> Double
  ) {
    let bottom = y + panel
    let reach = max(abs(x.low), abs(x.high))
    let middle = curves.flatMap { curve in
      curve.points.filter { abs($0.margin) <= reach / 2 }.map(quantity)
    }
    let scale = LinearScale(covering: middle, from: bottom, to: y, tickCount: 5)
    root.add(.text(title, x: left, y: y - 9, style: "axis"))
    for tick in scale.ticks {
      let isZero = abs(tick) < 1e-9 * (scale.high - scale.low)
      root.add(
        .line(left, scale(tick), plotRight, scale(tick), style: isZero ? "zero" : "grid")
          .with("data-tick", "\(tick)"))
      root.add(
        .text(scale.label(tick), x: left - 8, y: scale(tick) + 4, style: "axis", anchor: .end))
    }
    for tick in x.ticks { root.add(.line(x(tick), y, x(tick), bottom, style: "grid")) }
    let name = "clip\(Int(y))"
    root.add(
      SVGElement("clipPath", ["id": name]).containing([
        .rectangle(x: left, y: y, width: plotRight - left, height: panel, style: "")
      ]))
    var lines = SVGElement("g", ["clip-path": "url(#\(name))"])
    for (place, curve) in curves.enumerated() {
      lines.add(line(curve, place, x, scale, quantity))
    }
    root.add(lines)
    label(scale, within: y...bottom, into: &root, quantity)
  }

  private func line(
    _ curve: Curve, _ place: Int, _ x: LinearScale, _ y: LinearScale,
    _ quantity: ((margin: Double, value: Double, slope: Double)) -> Double
  ) -> SVGElement {
    // Far outside the picture a number may be too large for a coordinate.
    let room = y.high - y.low
    let marks = curve.points.filter { quantity($0).isFinite }.map { point in
      let value = min(max(quantity(point), y.low - room), y.high + room)
      return "\(SVGElement.number(x(point.margin))) \(SVGElement.number(y(value)))"
    }
    var path = SVGElement.path(
      "M" + marks.joined(separator: "L"),
      style: curve.coupling == nil ? "series" : "series coupled"
    ).with("stroke", Self.colours[place % Self.colours.count]).with("data-curve", curve.label)
    if curve.coupling == nil, place >= Self.colours.count {
      path = path.with("stroke-dasharray", "2 3")
    }
    return path.titled(curve.label)
  }

  /// Names at the right end of the lines, moved apart where they would overlap.
  private func label(
    _ scale: LinearScale, within bounds: ClosedRange<Double>, into root: inout SVGElement,
    _ quantity: ((margin: Double, value: Double, slope: Double)) -> Double
  ) {
    let wishes = curves.map { curve -> Double in
      let last = curve.points.map(quantity).last { $0.isFinite } ?? 0
      return min(
        max(scale(min(max(last, scale.low), scale.high)), bounds.lowerBound), bounds.upperBound)
    }
    let places = LabelLayout.spread(wishes, gap: 14, within: bounds)
    for (index, curve) in curves.enumerated() {
      root.add(
        .path(
          "M\(SVGElement.number(plotRight)) \(SVGElement.number(wishes[index]))"
            + "L\(SVGElement.number(plotRight + 10)) \(SVGElement.number(places[index]))",
          style: "leader"))
      root.add(
        SVGElement.text(curve.label, x: plotRight + 14, y: places[index] + 4, style: "series-name")
          .with("style", "fill: \(Self.colours[index % Self.colours.count])"))
    }
  }
}
