import Losses

/// One trained policy: what it was trained with, how training went, where it ended.
public struct TrainingModel: Hashable, Sendable {
  public struct Metric: Hashable, Sendable {
    public var name: String
    public var value: Double
    /// The same of the reference policy.
    public var reference: Double?

    public init(name: String, value: Double, reference: Double?) {
      self.name = name
      self.value = value
      self.reference = reference
    }
  }

  public var title: String
  public var loss: String
  public var task: String
  public var curve: RunModel.Curve
  public var metrics: [Metric]
  public var warnings: [String]
  /// Tunables, machine, hashes: what a reader needs to do it again.
  public var facts: [String: String]

  public init(
    title: String, loss: String, task: String, curve: RunModel.Curve, metrics: [Metric],
    warnings: [String], facts: [String: String]
  ) {
    self.title = title
    self.loss = loss
    self.task = task
    self.curve = curve
    self.metrics = metrics
    self.warnings = warnings
    self.facts = facts
  }
}

extension RunReport {
  /// The learning curves of a policy with the numbers behind them; nil for a training of one step.
  public static func figure(_ model: TrainingModel) -> Figure? {
    CurveChart(name: model.loss, task: model.task, curves: [model.curve]).figure(named: "training")
  }

  /// A self-contained page of one training.
  public static func html(
    _ model: TrainingModel, templates: ReportTemplates
  ) throws(LossmithError) -> String {
    var page = PageContext()
    page.set("title", model.title)
    page.set("loss", model.loss)
    page.set("task", model.task)
    page.set("seed", "\(model.curve.seed)")
    page.set("chartStyle", markup: Markup(trusted: ChartStyle.css))
    page.set(
      "metrics",
      model.metrics.map { metric in
        var row = PageContext.one("name", metric.name)
        row.set("value", NumberText.fixed(metric.value, decimals: 4))
        row.set("reference", metric.reference.map { NumberText.fixed($0, decimals: 4) } ?? "")
        return row
      })
    page.set("hasMetrics", !model.metrics.isEmpty)
    page.set("warnings", model.warnings.map { PageContext.one("warning", $0) })
    page.set("hasWarnings", !model.warnings.isEmpty)
    if let figure = figure(model) {
      page.set("hasCurves", true)
      page.set("curves", markup: figure.element.markup)
      page.set("address", figure.address(.embedded))
      page.set("hasKL", model.curve.values[.kl] != nil)
    }
    page.set(
      "facts",
      model.facts.sorted { $0.key < $1.key }.map { key, value in
        var fact = PageContext.one("key", key)
        fact.set("value", value)
        return fact
      })
    return try templates.render("training", page)
  }
}
