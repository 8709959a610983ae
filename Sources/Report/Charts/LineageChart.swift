/// Which candidate came of which: generations from left to right, an edge from parent to child.
struct LineageChart {
  let model: RunModel
  let links: Bool

  private let width = 940.0
  private let margin = 34.0
  private let rowHeight = 22.0
  private let top = 20.0

  /// nil when the journal knows no parents.
  func figure() -> Figure? {
    let known = Set(model.candidates.map(\.index))
    let edges = model.candidates.flatMap { child in
      child.parents.compactMap { parent -> (parent: Int, child: Int, relation: String)? in
        guard let candidate = parent.candidate, known.contains(candidate), candidate != child.index
        else { return nil }
        return (candidate, child.index, parent.relation)
      }
    }
    guard !edges.isEmpty else { return nil }
    var table = CSVTable(["parent", "child", "relation", "parent_loss", "child_loss", "child_eta"])
    let byIndex = Dictionary(
      model.candidates.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    for edge in edges {
      table.add([
        "\(edge.parent)", "\(edge.child)", edge.relation, byIndex[edge.parent]?.name ?? "",
        byIndex[edge.child]?.name ?? "", CSVTable.number(byIndex[edge.child]?.eta?.mean),
      ])
    }
    return Figure(
      name: "lineage", title: "Lineage", element: element(edges, byIndex), csv: table)
  }

  /// Where each candidate stands: its generation across, its place within it down.
  private var places: [Int: (x: Double, y: Double)] {
    let last = Double(max(2, model.candidates.map(\.generation).max() ?? 1))
    var rows: [Int: Int] = [:]
    var places: [Int: (x: Double, y: Double)] = [:]
    for candidate in model.candidates {
      let row = rows[candidate.generation, default: 0]
      rows[candidate.generation] = row + 1
      let share = Double(candidate.generation - 1) / (last - 1)
      // Odd generations stand half a row lower, so that edges between neighbours are seen.
      let shift = candidate.generation % 2 == 0 ? rowHeight / 2 : 0
      places[candidate.index] = (
        margin + share * (width - 2 * margin), top + (Double(row) + 0.5) * rowHeight + shift
      )
    }
    return places
  }

  private func element(
    _ edges: [(parent: Int, child: Int, relation: String)], _ byIndex: [Int: RunModel.Candidate]
  ) -> SVGElement {
    let places = places
    let bottom = (places.values.map(\.y).max() ?? top) + rowHeight
    var root = ChartStyle.root(
      width: width, height: bottom + 36, title: "Lineage",
      description: "\(edges.count) steps from parent to child among \(byIndex.count) candidates;"
        + " generations from left to right.", links: links)
    root.add(.rectangle(x: 0, y: 0, width: width, height: bottom + 36, style: "paper"))
    for edge in edges {
      guard let from = places[edge.parent], let to = places[edge.child] else { continue }
      let bend = from.x == to.x ? 18.0 : 0
      let middle = (x: (from.x + to.x) / 2 + bend, y: (from.y + to.y) / 2)
      root.add(
        .path(
          "M\(place(from))Q\(place(middle)) \(place(to))",
          style: edge.relation == "retry" ? "edge retry" : "edge"
        ).titled(
          "\(byIndex[edge.parent]?.name ?? "") → \(byIndex[edge.child]?.name ?? ""):"
            + " \(edge.relation)"
        ).with("data-parent", "\(edge.parent)").with("data-child", "\(edge.child)"))
    }
    let best = model.ranking.first { !$0.isBaseline }?.candidate?.index
    for candidate in model.candidates {
      guard let at = places[candidate.index] else { continue }
      root.add(mark(candidate, at, isBest: candidate.index == best))
    }
    let last = model.candidates.map(\.generation).max() ?? 1
    let every = max(1, Int(LinearScale.niceStep(Double(last) / 20)))
    for generation in 1...max(1, last) where generation % every == 0 || last == 1 {
      let x = margin + Double(generation - 1) / Double(max(2, last) - 1) * (width - 2 * margin)
      root.add(.text("\(generation)", x: x, y: bottom + 12, style: "axis", anchor: .middle))
    }
    root.add(
      .text("generation", x: width / 2, y: bottom + 29, style: "axis", anchor: .middle))
    return root
  }

  private func mark(
    _ candidate: RunModel.Candidate, _ at: (x: Double, y: Double), isBest: Bool
  ) -> SVGElement {
    let eta = candidate.eta.map { "η \(NumberText.eta($0))" }
    let words =
      "\(candidate.index). \(candidate.name): "
      + (eta ?? candidate.stoppedAt.map { "stopped at \($0)" } ?? "\(candidate.verdict)")
    let shape =
      candidate.failureKind.map { ChartStyle.mark($0, x: at.x, y: at.y) }
      ?? SVGElement(
        "circle",
        [
          "class": isBest ? "point record" : "point", "cx": SVGElement.number(at.x),
          "cy": SVGElement.number(at.y), "r": isBest ? "6" : "4.5",
        ])
    let mark = SVGElement("g").containing([shape]).titled(words)
      .with("data-candidate", "\(candidate.index)")
    guard links else { return mark }
    return SVGElement("a", ["href": "#c\(candidate.index)", "aria-label": candidate.name])
      .containing([mark])
  }

  private func place(_ point: (x: Double, y: Double)) -> String {
    "\(SVGElement.number(point.x)) \(SVGElement.number(point.y))"
  }
}
