/// Ranked bars: η with its standard error, and beside it the difference to DPO with its interval.
///
/// A bar starts at the reference policy's own value: its length is what the loss gained. The axis is
/// labelled in η throughout.
struct RankingChart {
  let model: RunModel
  /// The most rows; the rest is in the table.
  static let limit = 40

  private let width = 940.0
  private let labelWidth = 230.0
  private let rowHeight = 22.0
  private let top = 40.0
  private let etaLeft = 240.0
  private let etaRight = 560.0
  private let deltaLeft = 610.0
  private let deltaRight = 910.0

  private var rows: [RunModel.Ranked] { Array(model.ranking.prefix(Self.limit)) }
  private var bottom: Double { top + rowHeight * Double(rows.count) }

  /// nil when nothing was measured.
  func element() -> SVGElement? {
    guard !rows.isEmpty else { return nil }
    let height = bottom + 34
    var root = ChartStyle.root(
      width: width, height: height, title: "Ranking",
      description: "\(rows.count) losses, best first; the table below holds the same numbers.")
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    let eta = etaScale
    let delta = deltaScale
    addAxis(eta, title: "η (\(model.metric)) ± s.e.", to: &root)
    if let delta { addAxis(delta, title: "difference to DPO, 95 % interval", to: &root) }
    for (place, row) in rows.enumerated() {
      let y = top + rowHeight * (Double(place) + 0.5)
      let style = row.isBaseline ? " base" : ""
      var group = SVGElement("g")
      group.add(.text(Self.label(row), x: labelWidth, y: y + 4, style: "label", anchor: .end))
      addBar(row, eta, y: y, style: style, to: &group)
      if let delta { addDelta(row, delta, y: y, style: style, to: &group) }
      root.add(
        group.titled("\(row.rank). \(row.name): η \(NumberText.eta(row.eta))")
          .with("data-rank", "\(row.rank)").with("data-mean", "\(row.eta.mean)")
          .with("data-se", row.eta.se.map { "\($0)" } ?? ""))
    }
    if let delta {
      root.add(.line(delta(0), top - 4, delta(0), bottom, style: "zero"))
    }
    return root
  }

  /// A row for each measured loss, best first; all of them, also beyond ``limit``.
  static func table(_ model: RunModel) -> CSVTable {
    var table = CSVTable([
      "rank", "loss", "candidate", "generation", "eta", "se", "seeds", "delta", "delta_low",
      "delta_high", "kl", "cheap_eta",
    ])
    for row in model.ranking {
      table.add([
        "\(row.rank)", row.name, row.candidate.map { "\($0.index)" } ?? "",
        row.candidate.map { "\($0.generation)" } ?? "", CSVTable.number(row.eta.mean),
        CSVTable.number(row.eta.se), "\(row.eta.n)", CSVTable.number(row.delta?.mean),
        CSVTable.number(row.delta?.low), CSVTable.number(row.delta?.high),
        CSVTable.number(row.kl), CSVTable.number(row.cheapEta?.mean),
      ])
    }
    return table
  }

  private var etaScale: LinearScale {
    var values = rows.flatMap { [$0.eta.mean - ($0.eta.se ?? 0), $0.eta.mean + ($0.eta.se ?? 0)] }
    if let reference = model.reference { values.append(reference.reward) }
    return LinearScale(covering: values, from: etaLeft, to: etaRight, tickCount: 4)
  }

  private var deltaScale: LinearScale? {
    let deltas = rows.compactMap(\.delta)
    guard !deltas.isEmpty else { return nil }
    var values = [0.0]
    for delta in deltas { values += [delta.mean, delta.low ?? 0, delta.high ?? 0] }
    return LinearScale(covering: values, from: deltaLeft, to: deltaRight, tickCount: 4)
  }

  private func addAxis(_ scale: LinearScale, title: String, to root: inout SVGElement) {
    root.add(
      .text(title, x: (scale.start + scale.end) / 2, y: 16, style: "axis", anchor: .middle))
    for tick in scale.ticks {
      root.add(
        .line(scale(tick), top - 4, scale(tick), bottom, style: "grid").with("data-tick", "\(tick)")
      )
      root.add(
        .text(scale.label(tick), x: scale(tick), y: bottom + 18, style: "muted", anchor: .middle))
    }
  }

  private func addBar(
    _ row: RunModel.Ranked, _ scale: LinearScale, y: Double, style: String,
    to group: inout SVGElement
  ) {
    let origin = scale(model.reference?.reward ?? scale.low)
    let end = scale(row.eta.mean)
    group.add(
      .rectangle(
        x: min(origin, end), y: y - 7, width: abs(end - origin), height: 14,
        style: "column" + style))
    if let se = row.eta.se, se.isFinite {
      group.add(
        .line(scale(row.eta.mean - se), y, scale(row.eta.mean + se), y, style: "whisker"))
    }
  }

  private func addDelta(
    _ row: RunModel.Ranked, _ scale: LinearScale, y: Double, style: String,
    to group: inout SVGElement
  ) {
    guard let delta = row.delta, delta.mean.isFinite else { return }
    if let low = delta.low, let high = delta.high, low.isFinite, high.isFinite {
      group.add(
        .line(scale(low), y, scale(high), y, style: "whisker").with("data-low", "\(low)")
          .with("data-high", "\(high)"))
    }
    group.add(
      SVGElement(
        "circle",
        [
          "class": "dot" + style, "cx": SVGElement.number(scale(delta.mean)),
          "cy": SVGElement.number(y), "r": "4", "data-delta": "\(delta.mean)",
        ]))
  }

  private static func label(_ row: RunModel.Ranked) -> String {
    let name = row.name.count > 32 ? row.name.prefix(31) + "…" : Substring(row.name)
    return "\(name)"
  }
}
