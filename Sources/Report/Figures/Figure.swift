/// A picture with the numbers behind it.
public struct Figure: Sendable {
  /// A name for files and addresses, `[a-z0-9-]`.
  public let name: String
  public let title: String
  /// An SVG file of its own.
  public let svg: String
  /// The data, comma-separated, one header line.
  public let csv: String
  /// The same picture for the inside of a page.
  let element: SVGElement

  init(name: String, title: String, element: SVGElement, csv: CSVTable) {
    self.name = name
    self.title = title
    self.element = element
    self.csv = csv.text
    svg = RunReport.standalone(element)
  }

  /// The same picture under another name.
  init(_ figure: Figure, name: String, title: String) {
    self.name = name
    self.title = title
    element = figure.element
    csv = figure.csv
    svg = figure.svg
  }
}

extension RunReport {
  /// Every picture of a run that has something to show, in the order of its page.
  ///
  /// - Parameter links: whether marks link to places of the page.
  static func figures(_ model: RunModel, links: Bool) -> [Figure] {
    [
      Figure(
        name: "trajectory", title: "η over generations",
        element: TrajectoryChart(model: model, links: links).element(),
        csv: TrajectoryChart.table(model)),
      RankingChart(model: model).element().map {
        Figure(name: "ranking", title: "Ranking", element: $0, csv: RankingChart.table(model))
      },
      TradeoffChart(model: model, links: links).figure(),
      ShapeOverview(model: model).figure(),
      LineageChart(model: model, links: links).figure(),
      LedgerChart(model: model).figure(),
    ].compactMap { $0 }
  }

  /// Every picture of a run that has something to show, in the order of its page.
  public static func figures(_ model: RunModel) -> [Figure] { figures(model, links: false) }

  /// The pictures of one candidate: its learning curves, value and slope.
  public static func figures(of candidate: RunModel.Candidate) -> [Figure] {
    let prefix = "candidate-\(candidate.index)"
    return [
      CurveChart(name: candidate.name, task: candidate.curveTask, curves: candidate.curves)
        .figure(named: prefix + "-curves"),
      candidate.shape.flatMap {
        ShapeChart(name: candidate.name, shape: $0, beside: nil).figure(named: prefix + "-loss")
      },
    ].compactMap { $0 }
  }
}
