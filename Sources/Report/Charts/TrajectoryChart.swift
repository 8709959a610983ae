import Losses

/// η over generations, as in the paper's Figures 2 and 3.
///
/// Points with bars of one standard error, a step line of the best mean so far, baselines as dashed
/// lines, and a strip at the bottom where every try without η is marked by kind. Each mark says its
/// idea on hover and carries its numbers as `data-` attributes.
struct TrajectoryChart {
  let model: RunModel
  /// Whether marks link to the candidate's place in the page.
  let links: Bool

  private let width = 940.0
  private let left = 64.0
  private let right = 130.0
  private let top = 18.0
  private let plotHeight = 300.0
  private let rowHeight = 14.0

  private var generations: Int { max(1, model.candidates.map(\.generation).max() ?? 1) }
  /// Candidates without η: failures, and those that the cheap stage stopped.
  private var unmeasured: [RunModel.Candidate] { model.candidates.filter { $0.eta == nil } }
  /// Rows of the strip: the most candidates without η of one generation.
  private var stripRows: Int {
    var counts: [Int: Int] = [:]
    for failure in unmeasured { counts[failure.generation, default: 0] += 1 }
    return min(6, counts.values.max() ?? 0)
  }
  /// Characters of an idea that a mark says on hover; all of it stands in the candidate's place.
  private var ideaLength: Int { model.candidates.count > 60 ? 100 : 280 }
  private var plotBottom: Double { top + plotHeight }
  private var stripTop: Double { plotBottom + 10 }
  private var stripHeight: Double {
    stripRows == 0 ? 0 : Double(stripRows) * rowHeight + 6
  }
  private var axisY: Double { plotBottom + (stripRows == 0 ? 0 : 10 + stripHeight) }
  private var height: Double { axisY + (stripRows == 0 ? 48 : 74) }
  private var plotRight: Double { width - right }

  private var yScale: LinearScale {
    var values = model.baselines.map(\.eta.mean)
    for eta in model.candidates.compactMap(\.eta) {
      values += [eta.mean - (eta.se ?? 0), eta.mean + (eta.se ?? 0)]
    }
    return LinearScale(covering: values, from: plotBottom, to: top, tickCount: 6)
  }

  private func x(_ generation: Int) -> Double {
    let room = plotRight - left
    return left + room * (Double(generation) - 0.5) / Double(generations)
  }

  func element() -> SVGElement {
    let y = yScale
    var root = ChartStyle.root(
      width: width, height: height, title: "η over generations",
      description: "\(model.ranking.count { !$0.isBaseline }) measured candidates and"
        + " \(unmeasured.count) without η in \(generations) generations.", links: links)
    root.add(.rectangle(x: 0, y: 0, width: width, height: height, style: "paper"))
    addAxes(to: &root, y)
    addBaselines(to: &root, y)
    addBest(to: &root, y)
    addPoints(to: &root, y)
    addFailures(to: &root)
    return root
  }

  /// A row for each proposal, in order.
  static func table(_ model: RunModel) -> CSVTable {
    var table = CSVTable([
      "candidate", "generation", "attempt", "loss", "verdict", "stopped_at", "eta", "se", "seeds",
      "best_so_far", "kl", "cheap_eta", "seconds",
    ])
    for (candidate, best) in zip(model.candidates, model.bestSoFar) {
      table.add([
        "\(candidate.index)", "\(candidate.generation)", "\(candidate.attempt)", candidate.name,
        "\(candidate.verdict)", candidate.stoppedAt ?? "", CSVTable.number(candidate.eta?.mean),
        CSVTable.number(candidate.eta?.se), candidate.eta.map { "\($0.n)" } ?? "",
        CSVTable.number(best), CSVTable.number(candidate.kl),
        CSVTable.number(candidate.cheapEta?.mean), CSVTable.number(candidate.seconds),
      ])
    }
    return table
  }

  private func addAxes(to root: inout SVGElement, _ y: LinearScale) {
    for tick in y.ticks {
      root.add(
        .line(left, y(tick), plotRight, y(tick), style: "grid").with("data-tick", "\(tick)"))
      root.add(
        .text(y.label(tick), x: left - 8, y: y(tick) + 4, style: "axis", anchor: .end))
    }
    let every = max(1, Int(LinearScale.niceStep(Double(generations) / 20)))
    for generation in 1...generations where generation % every == 0 || generations == 1 {
      root.add(
        .text("\(generation)", x: x(generation), y: axisY + 18, style: "axis", anchor: .middle))
    }
    root.add(
      .text(
        "generation", x: (left + plotRight) / 2, y: axisY + 38, style: "axis", anchor: .middle))
    let middle = (top + plotBottom) / 2
    root.add(
      SVGElement.text("η (\(model.metric))", x: 0, y: 0, style: "axis", anchor: .middle)
        .with("transform", "translate(16 \(SVGElement.number(middle))) rotate(-90)"))
  }

  private func addBaselines(to root: inout SVGElement, _ y: LinearScale) {
    let shown = model.baselines.filter(\.eta.mean.isFinite)
    let places = LabelLayout.spread(
      shown.map { y($0.eta.mean) }, gap: 15, within: top...plotBottom)
    for (baseline, place) in zip(shown, places) {
      let level = y(baseline.eta.mean)
      let words = "\(baseline.name): η \(NumberText.eta(baseline.eta))"
      root.add(
        .line(left, level, plotRight, level, style: "baseline").titled(words)
          .with("data-baseline", baseline.name).with("data-mean", "\(baseline.eta.mean)"))
      root.add(
        .path(
          "M\(SVGElement.number(plotRight)) \(SVGElement.number(level))"
            + "L\(SVGElement.number(plotRight + 14)) \(SVGElement.number(place))",
          style: "leader"))
      root.add(
        SVGElement.text(
          Self.shortened(baseline.name), x: plotRight + 18, y: place + 4, style: "muted"
        ).titled(words))
    }
  }

  private func addBest(to root: inout SVGElement, _ y: LinearScale) {
    var best: [Int: Double] = [:]
    for (candidate, value) in zip(model.candidates, model.bestSoFar) {
      best[candidate.generation] = value ?? best[candidate.generation]
    }
    var commands = ""
    var values: [String] = []
    for generation in 1...generations {
      guard let value = best[generation] else { continue }
      let half = (plotRight - left) / Double(generations) / 2
      let point = "\(SVGElement.number(x(generation) - half)) \(SVGElement.number(y(value)))"
      commands += (commands.isEmpty ? "M" : "L") + point
      commands += "L\(SVGElement.number(x(generation) + half)) \(SVGElement.number(y(value)))"
      values.append("\(value)")
    }
    guard !commands.isEmpty else { return }
    root.add(
      .path(commands, style: "best").titled("best mean so far, baselines included")
        .with("data-best", values.joined(separator: " ")))
  }

  private func addPoints(to root: inout SVGElement, _ y: LinearScale) {
    let best = [model.baselines.map(\.eta.mean).filter(\.isFinite).max()] + model.bestSoFar
    for (place, candidate) in model.candidates.enumerated() {
      guard let eta = candidate.eta, eta.mean.isFinite else { continue }
      let cx = x(candidate.generation)
      let cy = y(eta.mean)
      var group = SVGElement("g")
      if let se = eta.se, se.isFinite {
        group.add(.line(cx, y(eta.mean - se), cx, y(eta.mean + se), style: "bar"))
      }
      let isRecord = best[place].map { eta.mean > $0 } ?? true
      group.add(
        SVGElement(
          "circle",
          [
            "class": isRecord ? "point record" : "point", "cx": SVGElement.number(cx),
            "cy": SVGElement.number(cy), "r": "4.5",
          ]))
      let words =
        "\(candidate.name): η \(NumberText.eta(eta))\n\(Self.shortened(candidate.thought, to: ideaLength))"
      add(
        group.titled(words).with("data-candidate", "\(candidate.index)")
          .with("data-generation", "\(candidate.generation)").with("data-mean", "\(eta.mean)")
          .with("data-se", eta.se.map { "\($0)" } ?? ""), of: candidate, to: &root)
    }
  }

  private func addFailures(to root: inout SVGElement) {
    guard stripRows > 0 else { return }
    root.add(
      .rectangle(
        x: left, y: stripTop, width: plotRight - left, height: stripHeight, style: "strip"))
    root.add(
      .text("no η", x: left - 8, y: stripTop + stripHeight / 2 + 4, style: "muted", anchor: .end))
    var rows: [Int: Int] = [:]
    for failure in unmeasured {
      guard let kind = failure.failureKind else { continue }
      let row = rows[failure.generation, default: 0]
      rows[failure.generation] = row + 1
      guard row < stripRows else { continue }
      let outcome = failure.stoppedAt.map { "stopped at \($0)" } ?? "\(failure.verdict)"
      let words = "\(failure.name): \(outcome)\n\(Self.shortened(failure.message, to: ideaLength))"
      let mark = SVGElement("g").containing([
        ChartStyle.mark(
          kind, x: x(failure.generation), y: stripTop + 3 + (Double(row) + 0.5) * rowHeight)
      ])
      add(
        mark.titled(words).with("data-failure", "\(failure.index)")
          .with("data-kind", "\(kind)").with("data-generation", "\(failure.generation)"),
        of: failure, to: &root)
    }
    addLegend(to: &root)
  }

  private func addLegend(to root: inout SVGElement) {
    var place = left
    let kinds = Set(unmeasured.compactMap(\.failureKind))
    for kind in FailureKind.allCases where kinds.contains(kind) {
      root.add(ChartStyle.mark(kind, x: place + 5, y: axisY + 60))
      root.add(.text(kind.rawValue, x: place + 15, y: axisY + 64, style: "muted"))
      place += 30 + 6.0 * Double(kind.rawValue.count)
    }
  }

  private func add(
    _ mark: SVGElement, of candidate: RunModel.Candidate, to root: inout SVGElement
  ) {
    root.add(
      links
        ? SVGElement("a", ["href": "#c\(candidate.index)", "aria-label": candidate.name])
          .containing([mark]) : mark)
  }

  static func shortened(_ text: String, to count: Int = 20) -> String {
    text.count > count ? text.prefix(count - 1) + "…" : text
  }
}
