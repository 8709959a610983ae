/// The look of every picture: Okabe and Ito's colours, which all kinds of colour vision tell apart,
/// and shapes beside them, so that grey print loses nothing.
enum ChartStyle {
  private struct Palette {
    var ink, muted, grid, paper, point, best, fail, soft: String
    /// For areas beside each other: proposer, build, screen, train. Their lightness differs too.
    var areas: [String]
  }

  private static let light = Palette(
    ink: "#1f2328", muted: "#6b7280", grid: "#e5e7eb", paper: "#ffffff", point: "#0072b2",
    best: "#009e73", fail: "#d55e00", soft: "#cfe3f1",
    areas: ["#e69f00", "#cc79a7", "#56b4e9", "#0072b2"])
  private static let dark = Palette(
    ink: "#e6e8eb", muted: "#9aa3ae", grid: "#2d333b", paper: "#14171b", point: "#56b4e9",
    best: "#2fc79a", fail: "#ff8a4c", soft: "#1f4a66",
    areas: ["#e69f00", "#cc79a7", "#1d6f9f", "#56b4e9"])

  /// The rules of every picture: light, dark where the reader prefers it, and light again in print.
  ///
  /// Colours stand in the rules themselves and not in variables, which many drawing programs do not
  /// know.
  static let css = """
    .chart { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; }
    .chart text { font-size: 12px; }
    .chart text.muted { font-size: 11px; }
    .chart .grid, .chart .zero, .chart .baseline, .chart .leader { stroke-width: 1; }
    .chart .baseline { stroke-dasharray: 5 4; }
    .chart .best { stroke-width: 2; fill: none; }
    .chart .bar { stroke-width: 1.5; }
    .chart .point, .chart .fail { stroke-width: 1.75; }
    .chart .whisker { stroke-width: 1.25; }
    .chart .leader, .chart .fail, .chart .mean, .chart .link, .chart .beside, .chart .edge { fill: none; }
    .chart .link { stroke-width: 1.25; }
    .chart .beside { stroke-width: 1.5; stroke-dasharray: 5 4; }
    .chart .edge { stroke-width: 1.25; }
    .chart .edge.retry { stroke-dasharray: 3 3; }
    .chart .spent { stroke-width: 0.75; }
    .chart .series { fill: none; stroke-width: 1.9; stroke-linejoin: round; }
    .chart .coupled { stroke-dasharray: 6 4; }
    .chart .mean { stroke-width: 1.75; stroke-linejoin: round; }
    .chart .band { stroke: none; }
    .chart .strip { opacity: 0.45; }
    .chart a:focus-visible .point, .chart a:hover .point { stroke-width: 3.5; }
    .chart a:focus-visible { outline: 2px solid; }
    \(rules(light))
    @media (prefers-color-scheme: dark) {
    \(rules(dark))
    }
    @media print {
    \(rules(light))
    }
    """

  private static func rules(_ palette: Palette) -> String {
    """
    .chart text { fill: \(palette.ink); }
    .chart text.muted, .chart text.axis, .chart .dot.base { fill: \(palette.muted); }
    .chart .paper { fill: \(palette.paper); }
    .chart .grid, .chart .leader { stroke: \(palette.grid); }
    .chart .zero, .chart .baseline { stroke: \(palette.muted); }
    .chart .best { stroke: \(palette.best); }
    .chart .bar { stroke: \(palette.point); }
    .chart .point { fill: \(palette.paper); stroke: \(palette.point); }
    .chart .point.record, .chart .dot { fill: \(palette.point); }
    .chart .dot.base { fill: \(palette.muted); }
    .chart .fail { stroke: \(palette.fail); }
    .chart .fail.solid { fill: \(palette.fail); }
    .chart .fail.stop { stroke: \(palette.muted); }
    .chart .mean { stroke: \(palette.point); }
    .chart .column, .chart .band { fill: \(palette.soft); }
    .chart .column.base, .chart .strip { fill: \(palette.grid); }
    .chart .whisker { stroke: \(palette.ink); }
    .chart .link { stroke: \(palette.point); }
    .chart .link.base, .chart .bar.base, .chart .beside, .chart .edge { stroke: \(palette.muted); }
    .chart .spent { fill: \(palette.grid); stroke: \(palette.paper); }
    .chart .spent.proposer { fill: \(palette.areas[0]); }
    .chart .spent.build { fill: \(palette.areas[1]); }
    .chart .spent.screen { fill: \(palette.areas[2]); }
    .chart .spent.train { fill: \(palette.areas[3]); }
    """
  }

  /// The root of a picture, which scales with the width that it is given.
  ///
  /// - Parameter links: whether there are links inside; as one image they would be hidden from a
  ///   screen reader.
  static func root(
    width: Double, height: Double, title: String, description: String, links: Bool = false
  ) -> SVGElement {
    SVGElement(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": "chart",
        "role": links ? "group" : "img",
        "viewBox": "0 0 \(SVGElement.number(width)) \(SVGElement.number(height))",
        "width": SVGElement.number(width), "height": SVGElement.number(height),
        "aria-label": "\(title). \(description)",
      ]
    ).containing([
      SVGElement("title").containing(title), SVGElement("desc").containing(description),
    ])
  }

  /// The mark of a kind of failure, centred.
  static func mark(_ kind: FailureKind, x: Double, y: Double) -> SVGElement {
    func at(_ dx: Double, _ dy: Double) -> String {
      "\(SVGElement.number(x + dx)) \(SVGElement.number(y + dy))"
    }
    switch kind {
    case .refused:
      return .path("M\(at(-4, -4))L\(at(4, 4))M\(at(-4, 4))L\(at(4, -4))", style: "fail")
    case .check:
      return .path("M\(at(0, -4.5))L\(at(4.5, 4))L\(at(-4.5, 4))Z", style: "fail")
    case .misbehaved:
      return .path("M\(at(-4, -4))L\(at(4, -4))L\(at(4, 4))L\(at(-4, 4))Z", style: "fail solid")
    case .diverged:
      return .path("M\(at(0, -5))L\(at(5, 0))L\(at(0, 5))L\(at(-5, 0))Z", style: "fail")
    case .duplicate:
      return .path("M\(at(-4, -2))L\(at(4, -2))M\(at(-4, 2))L\(at(4, 2))", style: "fail")
    case .stopped:
      return .path("M\(at(-4, 0))L\(at(4, 0))", style: "fail stop")
    case .host:
      return .path("M\(at(-4, 0))L\(at(4, 0))M\(at(0, -4))L\(at(0, 4))", style: "fail")
    }
  }
}
