import Losses
import Mustache

/// Pages and pictures of a discovery run.
public enum RunReport {
  /// The most bytes of a page of a long run.
  static let pageLimit = 1_900_000

  /// A self-contained page: styles, pictures and their numbers inside, no script, no request to
  /// anywhere.
  ///
  /// Deterministic: equal models give equal bytes. Candidates' texts are cut as far, and then their
  /// curves drawn with as few points, as keeps the page below two megabytes, and the page says so;
  /// the other pictures and all numbers are always whole.
  public static func html(
    _ model: RunModel, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    var page = ""
    for length in PageDetail.textLengths {
      let isLast = length == PageDetail.textLengths.last
      let cut = length.map(model.cut) ?? model
      // Marks and curves want room too.
      if !isLast, cut.textBytes > pageLimit * 3 / 4 { continue }
      for var detail in PageDetail.levels {
        detail.text = length
        let sections = try RunPage(
          model: cut, templates: templates, data: .embedded, detail: detail
        ).sections()
        page = try shell("page", sections, title: model.title, templates: templates)
        if page.utf8.count <= pageLimit { return page }
      }
    }
    return page
  }

  /// The sections of a run's page, for a page that swaps them as the run goes on.
  public static func sections(
    _ model: RunModel, templates: ReportTemplates
  ) throws(LossmithError) -> [PageSection] {
    try RunPage(model: model, templates: templates, data: .served).sections()
  }

  /// A page made of sections; candidates stand inside the section `candidates`.
  static func shell(
    _ template: String, _ sections: [PageSection], title: String, version: String = "",
    templates: ReportTemplates
  ) throws(LossmithError) -> String {
    let places = Set(PageSection.order)
    var context = PageContext()
    context.set("title", title)
    context.set("version", version)
    context.set("chartStyle", markup: Markup(trusted: ChartStyle.css))
    let cards = sections.filter { !places.contains($0.id) }
    context.set(
      "sections",
      PageSection.order.map { id in
        let section = sections.first { $0.id == id }
        var place = PageContext.one("id", id)
        place.set("html", markup: Markup(trusted: section?.html ?? ""))
        place.set("isCandidates", id == "candidates")
        return place
      })
    context.set(
      "cards",
      cards.map { card in
        var place = PageContext.one("id", card.id)
        place.set("html", markup: Markup(trusted: card.html))
        return place
      })
    return try templates.render(template, context)
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

  static func standalone(_ picture: SVGElement) -> String {
    var styled = picture
    styled.prepend(SVGElement("style").containing(ChartStyle.css))
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(styled.markup)\n"
  }
}
