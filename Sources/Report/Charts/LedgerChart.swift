/// What the run cost: the seconds of each generation by what they went to, above the tokens that the
/// endpoint counted.
struct LedgerChart {
  let model: RunModel

  private let width = 940.0
  private let left = 64.0
  private let right = 20.0
  private let top = 18.0
  private let plotHeight = 190.0
  private let tokenHeight = 90.0

  private var plotRight: Double { width - right }
  private var bottom: Double { top + plotHeight }
  private var hasTokens: Bool {
    model.ledger.contains { $0.promptTokens + $0.completionTokens > 0 }
  }
  private var axisY: Double { hasTokens ? bottom + 30 + tokenHeight : bottom }

  /// nil for a run that has done nothing.
  func figure() -> Figure? {
    guard model.ledger.contains(where: { !$0.seconds.isEmpty }) else { return nil }
    var table = CSVTable(
      ["generation"] + RunModel.Spending.allCases.map { "\($0.rawValue)_seconds" }
        + ["prompt_tokens", "completion_tokens", "dollars"])
    for cost in model.ledger {
      table.add(
        ["\(cost.generation)"]
          + RunModel.Spending.allCases.map { CSVTable.number(cost.seconds[$0] ?? 0) }
          + [
            "\(cost.promptTokens)", "\(cost.completionTokens)", CSVTable.number(cost.dollars),
          ])
    }
    return Figure(name: "cost", title: "What it cost", element: element(), csv: table)
  }

  private func element() -> SVGElement {
    let totals = model.ledger.map { $0.seconds.values.reduce(0, +) }
    let y = LinearScale(covering: totals + [0], from: bottom, to: top, tickCount: 4)
    let sum = totals.reduce(0, +)
    let tokens = model.ledger.reduce(0) { $0 + $1.promptTokens + $1.completionTokens }
    let prices = model.ledger.compactMap(\.dollars)
    let dollars =
      prices.isEmpty ? nil : "\(NumberText.fixed(prices.reduce(0, +), decimals: 2)) US dollars"
    var root = ChartStyle.root(
      width: width, height: axisY + 66, title: "What it cost",
      description: "\(NumberText.duration(sum)) in all"
        + (tokens > 0 ? ", \(tokens) tokens" : "") + (dollars.map { ", \($0)" } ?? "") + ".")
    root.add(.rectangle(x: 0, y: 0, width: width, height: axisY + 66, style: "paper"))
    for tick in y.ticks {
      root.add(
        .line(left, y(tick), plotRight, y(tick), style: "grid").with("data-tick", "\(tick)"))
      root.add(.text(y.label(tick), x: left - 8, y: y(tick) + 4, style: "axis", anchor: .end))
    }
    root.add(
      SVGElement.text("seconds", x: 0, y: 0, style: "axis", anchor: .middle)
        .with("transform", "translate(16 \(SVGElement.number((top + bottom) / 2))) rotate(-90)"))
    let room = (plotRight - left) / Double(max(1, model.ledger.count))
    for (place, cost) in model.ledger.enumerated() {
      root.add(column(cost, x: left + room * Double(place), room: room, y))
    }
    if hasTokens { addTokens(to: &root, room: room) }
    let every = max(1, Int(LinearScale.niceStep(Double(model.ledger.count) / 20)))
    for (place, cost) in model.ledger.enumerated()
    where cost.generation == 0 || cost.generation % every == 0 {
      root.add(
        .text(
          cost.generation == 0 ? "burn-in" : "\(cost.generation)",
          x: left + room * (Double(place) + 0.5), y: axisY + 16, style: "axis", anchor: .middle))
    }
    root.add(
      .text("generation", x: (left + plotRight) / 2, y: axisY + 34, style: "axis", anchor: .middle))
    addLegend(to: &root)
    return root
  }

  private func column(
    _ cost: RunModel.Cost, x: Double, room: Double, _ y: LinearScale
  ) -> SVGElement {
    var group = SVGElement("g")
    var below = 0.0
    var words: [String] = []
    for spending in RunModel.Spending.allCases {
      guard let seconds = cost.seconds[spending], seconds > 0 else { continue }
      group.add(
        .rectangle(
          x: x + room * 0.12, y: y(below + seconds), width: room * 0.76,
          height: y(below) - y(below + seconds), style: "spent \(spending.rawValue)"
        ).with("data-spending", spending.rawValue).with("data-seconds", "\(seconds)"))
      below += seconds
      words.append("\(spending.title): \(NumberText.duration(seconds))")
    }
    let name = cost.generation == 0 ? "burn-in" : "generation \(cost.generation)"
    return group.titled(([name] + words).joined(separator: "\n"))
      .with("data-generation", "\(cost.generation)")
  }

  private func addTokens(to root: inout SVGElement, room: Double) {
    let (high, low) = (bottom + 24, bottom + 24 + tokenHeight)
    let totals = model.ledger.map { Double($0.promptTokens + $0.completionTokens) }
    let y = LinearScale(covering: totals + [0], from: low, to: high, tickCount: 2)
    for tick in y.ticks {
      root.add(.line(left, y(tick), plotRight, y(tick), style: "grid"))
      root.add(.text(y.label(tick), x: left - 8, y: y(tick) + 4, style: "axis", anchor: .end))
    }
    root.add(
      SVGElement.text("tokens", x: 0, y: 0, style: "axis", anchor: .middle)
        .with("transform", "translate(16 \(SVGElement.number((low + high) / 2))) rotate(-90)"))
    for (place, cost) in model.ledger.enumerated() {
      let x = left + room * (Double(place) + 0.12)
      let prompt = Double(cost.promptTokens)
      let all = prompt + Double(cost.completionTokens)
      guard all > 0 else { continue }
      var group = SVGElement("g")
      group.add(
        .rectangle(
          x: x, y: y(prompt), width: room * 0.76, height: low - y(prompt), style: "spent other"))
      group.add(
        .rectangle(
          x: x, y: y(all), width: room * 0.76, height: y(prompt) - y(all), style: "spent proposer"))
      root.add(
        group.titled(
          "\(cost.promptTokens) tokens read, \(cost.completionTokens) written"
            + (cost.dollars.map { ", $\(NumberText.fixed($0, decimals: 4))" } ?? "")
        )
        .with("data-tokens", "\(cost.promptTokens) \(cost.completionTokens)"))
    }
  }

  private func addLegend(to root: inout SVGElement) {
    var x = left
    for spending in RunModel.Spending.allCases
    where model.ledger.contains(where: { ($0.seconds[spending] ?? 0) > 0 }) {
      root.add(
        .rectangle(
          x: x, y: axisY + 46, width: 11, height: 11, style: "spent \(spending.rawValue)"))
      root.add(.text(spending.title, x: x + 16, y: axisY + 56, style: "muted"))
      x += 40 + 6.2 * Double(spending.title.count)
    }
  }
}
