/// Reward against KL, as in the paper's Figures 5 and 8: a point for each loss, and for each β where a
/// loss was trained with several; the front of all of them as a step line.
///
/// Higher is better and further left is cheaper: only points at equal KL compare two losses.
struct TradeoffChart {
  let model: RunModel
  let links: Bool

  private let width = 940.0
  private let left = 64.0
  private let right = 170.0
  private let top = 18.0
  private let plotHeight = 340.0

  private var bottom: Double { top + plotHeight }
  private var plotRight: Double { width - right }

  /// A loss with its points by rising β.
  struct Line {
    var name: String
    /// nil for a baseline.
    var candidate: Int?
    var points: [RunModel.Tradeoff]
    var eta: RunModel.Eta?
  }

  var lines: [Line] {
    func finite(_ points: [RunModel.Tradeoff]) -> [RunModel.Tradeoff] {
      points.filter { $0.reward.mean.isFinite && $0.kl.mean.isFinite }
        .sorted { ($0.beta ?? 0) < ($1.beta ?? 0) }
    }
    return
      (model.baselines.map {
        Line(name: $0.name, candidate: nil, points: finite($0.tradeoff), eta: $0.eta)
      }
      + model.candidates.map {
        Line(name: $0.name, candidate: $0.index, points: finite($0.tradeoff), eta: $0.eta)
      }).filter { !$0.points.isEmpty }
  }

  /// nil when no loss has both numbers.
  func figure() -> Figure? {
    let lines = lines
    guard !lines.isEmpty else { return nil }
    return Figure(
      name: "reward-kl", title: "Reward against KL", element: element(lines), csv: table(lines))
  }

  /// The KL up to which hypervolumes count: the task's cap, else the largest KL in the picture.
  private func cap(_ lines: [Line]) -> Double {
    model.klCap ?? lines.flatMap { $0.points.map(\.kl.mean) }.max() ?? 0
  }

  /// The hypervolume of a loss: η itself where that is η, seed by seed and then averaged; else that of
  /// the mean points.
  private func volume(_ line: Line, _ cap: Double) -> Double? {
    if model.metric == "frontier" { return line.eta?.mean }
    guard line.points.count > 1, let floor = model.referenceReward else { return nil }
    return RunModel.hypervolume(
      line.points.map { ($0.kl.mean, $0.reward.mean) }, cap: cap, floor: floor)
  }

  private func table(_ lines: [Line]) -> CSVTable {
    var table = CSVTable([
      "loss", "candidate", "beta", "kl", "kl_se", "reward", "reward_se", "seeds", "on_front",
      "hypervolume", "kl_cap",
    ])
    let front = RunModel.front(
      lines.flatMap { $0.points.map { ($0.kl.mean, $0.reward.mean) } })
    let cap = cap(lines)
    for line in lines {
      for point in line.points {
        let isFront = front.contains {
          $0.kl == point.kl.mean && $0.reward == point.reward.mean
        }
        table.add([
          line.name, line.candidate.map { "\($0)" } ?? "", CSVTable.number(point.beta),
          CSVTable.number(point.kl.mean), CSVTable.number(point.kl.se),
          CSVTable.number(point.reward.mean), CSVTable.number(point.reward.se),
          "\(point.reward.n)", isFront ? "1" : "0", CSVTable.number(volume(line, cap)),
          volume(line, cap) == nil ? "" : CSVTable.number(cap),
        ])
      }
    }
    return table
  }

  private func element(_ lines: [Line]) -> SVGElement {
    let all = lines.flatMap(\.points)
    var rewards: [Double] = all.flatMap {
      [$0.reward.mean - ($0.reward.se ?? 0), $0.reward.mean + ($0.reward.se ?? 0)]
    }
    rewards += [model.referenceReward].compactMap { $0 }
    var kls: [Double] =
      [0] + all.flatMap { [$0.kl.mean - ($0.kl.se ?? 0), $0.kl.mean + ($0.kl.se ?? 0)] }
    kls += [model.klCap].compactMap { $0 }
    let y = LinearScale(covering: rewards, from: bottom, to: top, tickCount: 6)
    let x = LinearScale(covering: kls, from: left, to: plotRight, tickCount: 8)
    var root = ChartStyle.root(
      width: width, height: bottom + 48, title: "Reward against KL",
      description: "\(lines.count) losses, \(all.count) trained policies; further up is more"
        + " reward, further left is nearer to the reference.", links: links)
    root.add(.rectangle(x: 0, y: 0, width: width, height: bottom + 48, style: "paper"))
    addAxes(to: &root, x, y)
    // Before the marks, which the lines to the names would cross.
    addNames(lines, to: &root, x, y)
    addFront(lines, to: &root, x, y)
    addReference(to: &root, x, y)
    for line in lines where line.candidate == nil { add(line, lines, to: &root, x, y) }
    for line in lines where line.candidate != nil { add(line, lines, to: &root, x, y) }
    return root
  }

  private func addAxes(to root: inout SVGElement, _ x: LinearScale, _ y: LinearScale) {
    for tick in y.ticks {
      root.add(
        .line(left, y(tick), plotRight, y(tick), style: "grid").with("data-tick", "\(tick)")
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
        "KL(policy ‖ reference) of a sequence, nats", x: (left + plotRight) / 2, y: bottom + 38,
        style: "axis", anchor: .middle))
    root.add(
      SVGElement.text("reward", x: 0, y: 0, style: "axis", anchor: .middle)
        .with("transform", "translate(16 \(SVGElement.number((top + bottom) / 2))) rotate(-90)"))
    if let cap = model.klCap, cap.isFinite {
      root.add(
        .line(x(cap), top, x(cap), bottom, style: "baseline").titled(
          "KL cap of the hypervolume: \(NumberText.fixed(cap, decimals: 1)) nats"))
    }
  }

  /// The front over all losses, drawn as what can be had at a KL: a step up at each of its points.
  private func addFront(
    _ lines: [Line], to root: inout SVGElement, _ x: LinearScale, _ y: LinearScale
  ) {
    let front = RunModel.front(lines.flatMap { $0.points.map { ($0.kl.mean, $0.reward.mean) } })
    guard let first = front.first else { return }
    var commands = "M\(place(x(first.kl), y(first.reward)))"
    var last = first
    for point in front.dropFirst() {
      commands += "L\(place(x(point.kl), y(last.reward)))L\(place(x(point.kl), y(point.reward)))"
      last = point
    }
    commands += "L\(place(x(x.high), y(last.reward)))"
    root.add(
      .path(commands, style: "best").titled("front: the most reward at no more than this KL")
        .with("data-front", front.map { "\($0.kl) \($0.reward)" }.joined(separator: ";")))
  }

  private func addReference(to root: inout SVGElement, _ x: LinearScale, _ y: LinearScale) {
    guard let reward = model.referenceReward else { return }
    root.add(
      .path(
        "M\(place(x(0) - 5, y(reward)))L\(place(x(0) + 5, y(reward)))"
          + "M\(place(x(0), y(reward) - 5))L\(place(x(0), y(reward) + 5))", style: "fail stop"
      ).titled("reference policy: reward \(NumberText.fixed(reward, decimals: 4)), KL 0"))
  }

  private func add(
    _ line: Line, _ lines: [Line], to root: inout SVGElement, _ x: LinearScale, _ y: LinearScale
  ) {
    let style = line.candidate == nil ? " base" : ""
    var group = SVGElement("g")
    if line.points.count > 1 {
      let path = line.points.map { place(x($0.kl.mean), y($0.reward.mean)) }
      group.add(.path("M" + path.joined(separator: "L"), style: "link" + style))
    }
    for point in line.points {
      let (cx, cy) = (x(point.kl.mean), y(point.reward.mean))
      var mark = SVGElement("g")
      if let se = point.reward.se, se.isFinite {
        mark.add(
          .line(
            cx, y(point.reward.mean - se), cx, y(point.reward.mean + se), style: "bar" + style))
      }
      if let se = point.kl.se, se.isFinite {
        mark.add(.line(x(point.kl.mean - se), cy, x(point.kl.mean + se), cy, style: "bar" + style))
      }
      mark.add(
        SVGElement(
          "circle",
          [
            "class": "dot" + style, "cx": SVGElement.number(cx), "cy": SVGElement.number(cy),
            "r": "4",
          ]))
      group.add(
        mark.titled(words(line, point)).with("data-kl", "\(point.kl.mean)")
          .with("data-reward", "\(point.reward.mean)")
          .with("data-beta", CSVTable.number(point.beta)))
    }
    group = group.with("data-loss", line.name)
    if let volume = volume(line, cap(lines)) { group = group.with("data-hypervolume", "\(volume)") }
    if let candidate = line.candidate, links {
      root.add(
        SVGElement("a", ["href": "#c\(candidate)", "aria-label": line.name]).containing([group]))
    } else {
      root.add(group)
    }
  }

  private func words(_ line: Line, _ point: RunModel.Tradeoff) -> String {
    let beta = point.beta.map { ", β = \(NumberText.short($0))" } ?? ""
    let volume = volume(line, cap(lines)).map {
      "\nhypervolume \(NumberText.fixed($0, decimals: 4))"
    }
    return "\(line.name)\(beta): reward \(NumberText.eta(point.reward)),"
      + " KL \(NumberText.eta(point.kl))" + (volume ?? "")
  }

  /// Names of the baselines and of what stands on the front; the others say theirs on hover.
  private func addNames(
    _ lines: [Line], to root: inout SVGElement, _ x: LinearScale, _ y: LinearScale
  ) {
    let front = RunModel.front(lines.flatMap { $0.points.map { ($0.kl.mean, $0.reward.mean) } })
    let named = lines.compactMap { line -> (name: String, point: RunModel.Tradeoff)? in
      let point = line.points.last { point in
        line.candidate == nil
          || front.contains { $0.kl == point.kl.mean && $0.reward == point.reward.mean }
      }
      return point.map { (line.name, $0) }
    }.prefix(20)
    let places = LabelLayout.spread(
      named.map { y($0.point.reward.mean) }, gap: 14, within: top...bottom)
    for (label, level) in zip(named, places) {
      root.add(
        .path(
          "M\(place(x(label.point.kl.mean) + 5, y(label.point.reward.mean)))"
            + "L\(place(plotRight + 8, level))", style: "leader"))
      root.add(
        .text(
          TrajectoryChart.shortened(label.name, to: 24), x: plotRight + 12, y: level + 4,
          style: "muted"))
    }
  }

  private func place(_ x: Double, _ y: Double) -> String {
    "\(SVGElement.number(x)) \(SVGElement.number(y))"
  }
}

extension RunModel {
  /// The reference's own reward; η of the reference where η is the reward.
  var referenceReward: Double? {
    metric == "reward" ? reference?.reward : nil
  }
}
