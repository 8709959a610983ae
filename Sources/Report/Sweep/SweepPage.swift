import Losses

/// Page and picture of a sweep over β.
extension RunReport {
  /// Reward against KL with the numbers behind it; nil when no training ended well.
  public static func figure(_ model: SweepModel) -> Figure? { SweepChart(model: model).figure() }

  /// A self-contained page of a sweep: the picture and its table.
  ///
  /// Deterministic: equal models give equal bytes.
  public static func html(
    _ model: SweepModel, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    var page = PageContext()
    page.set("title", model.title)
    page.set("task", model.task)
    page.set("metric", model.metric)
    page.set("baseline", model.baseline)
    page.set("cap", NumberText.short(model.klCap))
    page.set("chartStyle", markup: Markup(trusted: ChartStyle.css))
    page.set("sentence", sentence(model))
    page.set("isOpen", model.done < model.total)
    page.set("left", "\(model.total - model.done) of \(model.total)")
    if let figure = figure(model) {
      page.set("hasPicture", true)
      page.set("picture", markup: figure.element.markup)
      page.set("address", figure.address(.embedded))
    }
    page.set("areas", areas(model))
    page.set("hasAreas", model.curves.contains { $0.hypervolume != nil })
    page.set(
      "points",
      model.curves.flatMap { curve in
        curve.points.map { row($0, of: curve) }
          + [curve.failure.map { refusal($0, of: curve) }].compactMap { $0 }
      })
    page.set(
      "facts",
      model.facts.sorted { $0.key < $1.key }.map { key, value in
        var fact = PageContext.one("key", key)
        fact.set("value", value)
        return fact
      })
    return try templates.render("sweep", page)
  }

  /// Which losses dominate a larger area than the baseline, as far as intervals tell.
  private static func sentence(_ model: SweepModel) -> String {
    func names(_ holds: (RunModel.Delta) -> Bool) -> [String] {
      model.curves.filter { $0.hypervolumeDifference.map(holds) ?? false }.map(\.loss)
    }
    let compared = model.curves.filter { $0.hypervolumeDifference?.low != nil }
    guard model.curves.contains(where: { $0.loss == model.baseline && $0.hypervolume != nil })
    else {
      return "There is no hypervolume of \(model.baseline) here to compare with."
    }
    guard !compared.isEmpty else {
      return "Too few seeds for intervals of the hypervolume: read the points."
    }
    let above = names { ($0.low ?? -1) > 0 }
    let below = names { ($0.high ?? 1) < 0 }
    func list(_ names: [String]) -> String {
      names.isEmpty ? "none" : names.joined(separator: ", ")
    }
    return
      "Hypervolumes larger than that of \(model.baseline): \(list(above)); smaller: \(list(below));"
      + " the intervals of the others contain 0."
  }

  private static func areas(_ model: SweepModel) -> [PageContext] {
    let ranked = model.curves.compactMap { curve in curve.hypervolume.map { (curve, $0) } }
      .sorted { $0.1.mean > $1.1.mean }
    return ranked.map { curve, volume in
      var row = PageContext.one("loss", curve.loss)
      row.set("volume", NumberText.eta(volume))
      row.set("seeds", "\(volume.n)")
      row.set("difference", curve.hypervolumeDifference.map(NumberText.delta) ?? "")
      row.set("isBaseline", curve.loss == model.baseline)
      return row
    }
  }

  private static func refusal(_ verdict: String, of curve: SweepModel.Curve) -> PageContext {
    var row = PageContext.one("loss", curve.loss)
    for empty in ["beta", "value", "kl", "advantage"] { row.set(empty, "") }
    row.set("seeds", "0")
    row.set("failures", verdict)
    return row
  }

  private static func row(
    _ point: SweepModel.Point, of curve: SweepModel.Curve
  ) -> PageContext {
    var row = PageContext.one("loss", curve.loss)
    row.set("beta", point.beta.map(NumberText.short) ?? "none")
    row.set("seeds", "\((point.value?.n ?? 0) + point.failures.count)")
    row.set("value", point.value.map(NumberText.eta) ?? "")
    row.set("kl", point.kl.map(NumberText.eta) ?? "")
    row.set("advantage", point.advantage.map(NumberText.delta) ?? "")
    row.set("failures", point.failures.joined(separator: ", "))
    return row
  }
}
