import Losses
import Mustache

/// Pages and pictures of a discovery run.
public enum RunReport {
  /// A self-contained page: styles and pictures inside, no script, no request to anywhere.
  ///
  /// Deterministic: equal models give equal bytes.
  public static func html(
    _ model: RunModel, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    var context = RunPage(model: model).context
    context.set("chartStyle", markup: Markup(trusted: ChartStyle.css))
    guard let page = templates.library.render(context, withTemplate: "page") else {
      throw LossmithError(.hostFault, "The report's page template did not render.")
    }
    return page
  }

  /// The trajectory of η over generations as an SVG file of its own.
  public static func trajectorySVG(_ model: RunModel) -> String {
    standalone(TrajectoryChart(model: model, links: false).element())
  }

  /// Ranked bars with intervals as an SVG file of its own; nil when nothing was measured.
  public static func rankingSVG(_ model: RunModel) -> String? {
    RankingChart(model: model).element().map(standalone)
  }

  /// The learning curves of a candidate as an SVG file of their own; nil when it was not trained.
  public static func curvesSVG(_ candidate: RunModel.Candidate) -> String? {
    CurveChart(name: candidate.name, task: candidate.curveTask, curves: candidate.curves)
      .element().map(standalone)
  }

  /// The course of a run in one line: the best mean so far after each proposal.
  public static func sparkline(_ model: RunModel, width: Int = 60) -> String {
    Sparkline.text(model.bestSoFar, width: width)
  }

  private static func standalone(_ picture: SVGElement) -> String {
    var styled = picture
    styled.prepend(SVGElement("style").containing(ChartStyle.css))
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(styled.markup)\n"
  }
}
