import Foundation
import Losses
import Mustache

/// The sections of a run's page.
struct RunPage {
  let model: RunModel
  let templates: ReportTemplates
  let data: FigureData
  var detail = PageDetail.full

  /// Every section that has something to show, in order; candidates have one each, after
  /// `candidates`.
  func sections() throws(LossmithError) -> [PageSection] {
    var sections = [try render("overview", "overview", overview)]
    if let closing = model.closing {
      sections.append(try render("finalists", "finalists", FinalistRows(closing: closing).context))
    }
    if let comparison = model.equalBudget {
      sections.append(
        try render(
          "equal-budget", "equal-budget", EqualBudgetRows(comparison: comparison).context))
    }
    let figures = RunReport.figures(model, links: true)
    for name in ["trajectory", "ranking", "reward-kl", "losses"] {
      if name == "trajectory", model.candidates.isEmpty { continue }
      if let section = try figures.first(where: { $0.name == name }).map(section) {
        sections.append(section)
      }
    }
    if !model.stops.isEmpty {
      var context = PageContext()
      context.set("cheapStage", model.cheapStage ?? "")
      context.set("stops", model.stops.map(row))
      context.set("stopReasons", Headline.stopReasons(model))
      sections.append(try render("stops", "stops", context))
    }
    if !model.failures.isEmpty {
      var context = PageContext()
      context.set("failures", model.failures.map(row))
      context.set("failureCount", Headline.counted(model.failures.count, "proposal"))
      sections.append(try render("failures", "failures", context))
    }
    for name in ["lineage", "cost"] {
      if let section = try figures.first(where: { $0.name == name }).map(section) {
        sections.append(section)
      }
    }
    if !model.candidates.isEmpty {
      var context = PageContext()
      context.set("hasCurves", model.candidates.contains { !$0.curves.isEmpty })
      context.set("isCut", detail.points < 2)
      context.set("hasCutText", detail.text != nil)
      context.set("textLength", detail.text.map { "\($0)" } ?? "")
      context.set("run", model.title)
      sections.append(try render("candidates", "proposals", context))
      let dpo = model.baselines.first { $0.name == "dpo" }?.shape
      for candidate in model.candidates {
        sections.append(
          try render("c\(candidate.index)", "candidate", card(candidate, beside: dpo)))
      }
    }
    if !model.environment.isEmpty {
      var context = PageContext()
      context.set("environment", pairs(model.environment.sorted { $0.key < $1.key }))
      sections.append(try render("environment", "environment", context))
    }
    return sections
  }

  private func render(
    _ id: String, _ template: String, _ context: PageContext
  ) throws(LossmithError) -> PageSection {
    PageSection(id: id, html: try templates.render(template, context))
  }

  private func section(_ figure: Figure) throws(LossmithError) -> PageSection {
    var context = PageContext()
    context.set("id", figure.name)
    context.set("title", figure.title)
    context.set("picture", markup: figure.element.markup)
    context.set("caption", figure.caption(model))
    context.set("file", "\(figure.name).csv")
    context.set("address", figure.address(data))
    if figure.name == "ranking" {
      context.set("hasRanking", true)
      context.set("ranking", model.ranking.map(row))
      context.set("hasCheap", model.cheapStage != nil)
      context.set("cheapStage", model.cheapStage ?? "")
    }
    return try render(figure.name, "figure", context)
  }

  private var overview: PageContext {
    let headline = Headline(model)
    var page = PageContext()
    page.set("title", model.title)
    page.set("sentence", headline.sentence)
    page.set("caution", headline.caution)
    page.set("idea", headline.best?.candidate?.thought ?? "")
    page.set("hasIdea", !(headline.best?.candidate?.thought.isEmpty ?? true))
    page.set("facts", facts)
    page.set("notes", model.notes.map { PageContext.one("note", $0) })
    return page
  }

  private var facts: [PageContext] {
    var facts = [
      ("task", model.task), ("η", model.metric), ("proposer", model.proposer),
      ("seeds", "\(model.seeds.count)"),
      (
        "proposals",
        "\(model.candidates.count), \(model.candidates.count { $0.eta != nil }) measured"
          + (model.stops.isEmpty ? "" : ", \(model.stops.count) stopped")
      ),
    ]
    if let stage = model.cheapStage { facts.append(("cheap stage", stage)) }
    if let reference = model.reference {
      facts.append(
        (
          "reference policy",
          "η \(NumberText.fixed(reference.reward, decimals: 4)), \(reference.hash.prefix(12))"
        ))
    }
    if let started = model.started {
      facts.append(("started", started.formatted(.iso8601)))
    }
    if let stop = model.stopReason { facts.append(("ended", stop)) }
    return pairs(facts)
  }

  private func row(_ ranked: RunModel.Ranked) -> PageContext {
    var row = PageContext()
    row.set("rank", "\(ranked.rank)")
    row.set("name", ranked.name)
    row.set("eta", NumberText.eta(ranked.eta))
    row.set("delta", ranked.delta.map(NumberText.delta) ?? "")
    row.set("kl", ranked.kl.map { NumberText.fixed($0, decimals: 2) } ?? "")
    row.set("seeds", "\(ranked.eta.n)")
    row.set("cheap", ranked.cheapEta.map(NumberText.eta) ?? "")
    row.set("hasCheap", model.cheapStage != nil)
    row.set("isBaseline", ranked.isBaseline)
    if let candidate = ranked.candidate {
      row.set("anchor", "c\(candidate.index)")
      row.set("origin", "generation \(candidate.generation)")
    }
    return row
  }

  /// A candidate in a table.
  private func row(_ candidate: RunModel.Candidate) -> PageContext {
    var card = PageContext()
    card.set("anchor", "c\(candidate.index)")
    card.set("index", "\(candidate.index)")
    card.set("name", candidate.name.isEmpty ? "(no name)" : candidate.name)
    card.set("place", place(of: candidate))
    card.set("verdict", candidate.verdict.description)
    card.set("cheap", candidate.cheapEta.map(NumberText.eta) ?? "")
    card.set("message", candidate.message)
    return card
  }

  private func card(
    _ candidate: RunModel.Candidate, beside dpo: RunModel.Shape?
  ) -> PageContext {
    var card = row(candidate)
    card.set("isFailure", candidate.eta == nil && candidate.stoppedAt == nil)
    card.set("result", result(of: candidate))
    card.set("hasMessage", !candidate.message.isEmpty)
    card.set("remedy", candidate.remedy)
    card.set("hasRemedy", !candidate.remedy.isEmpty)
    card.set("thought", candidate.thought)
    card.set("hasThought", !candidate.thought.isEmpty)
    card.set("source", markup: SourceHighlighter.markup(candidate.source))
    card.set("hasSource", !candidate.source.isEmpty)
    if let curves = CurveChart(
      name: candidate.name, task: candidate.curveTask, curves: candidate.curves, detail: detail
    ).element() {
      card.set("hasCurves", true)
      card.set("curves", markup: curves.markup)
      card.set("curveTask", candidate.curveTask)
      card.set("curveSeeds", Headline.counted(candidate.curves.count, "seed"))
      card.set("hasBand", !detail.isSmall)
    }
    let beside = dpo?.axis == candidate.shape?.axis ? dpo : nil
    if !detail.isSmall,
      let shape = candidate.shape.flatMap({
        ShapeChart(name: candidate.name, shape: $0, beside: beside, detail: detail).element()
      })
    {
      card.set("hasShape", true)
      card.set("shape", markup: shape.markup)
      card.set("hasBeside", beside != nil)
      card.set("coupling", candidate.shape?.coupling ?? "")
      card.set("isCoupled", candidate.shape?.coupling != nil)
    }
    let parents = candidate.parents.map { parent in
      var context = PageContext.one("name", parent.name)
      context.set("anchor", "c\(parent.candidate ?? 0)")
      context.set("isCandidate", parent.candidate != nil)
      context.set("relation", parent.relation)
      return context
    }
    card.set("parents", parents)
    card.set("hasParents", !parents.isEmpty)
    card.set("warnings", candidate.warnings.map { PageContext.one("warning", $0) })
    card.set("hasWarnings", !candidate.warnings.isEmpty)
    return card
  }

  private func place(of candidate: RunModel.Candidate) -> String {
    let attempt = candidate.attempt > 0 ? ", retry \(candidate.attempt)" : ""
    return "generation \(candidate.generation)\(attempt)"
  }

  private func result(of candidate: RunModel.Candidate) -> String {
    let cheap = candidate.cheapEta.flatMap { eta in
      model.cheapStage.map { "\($0) η \(NumberText.eta(eta))" }
    }
    guard let eta = candidate.eta else {
      let outcome = candidate.stoppedAt.map { "stopped at \($0)" }
      return ([outcome ?? candidate.verdict.description] + [cheap].compactMap { $0 })
        .joined(separator: " · ")
    }
    var parts = ["η \(NumberText.eta(eta))"]
    if let delta = candidate.delta { parts.append("to DPO \(NumberText.delta(delta))") }
    if let kl = candidate.kl { parts.append("KL \(NumberText.fixed(kl, decimals: 2))") }
    if let cheap { parts.append(cheap) }
    parts.append("\(NumberText.fixed(candidate.seconds, decimals: 1)) s")
    return parts.joined(separator: " · ")
  }

  private func pairs(_ pairs: [(String, String)]) -> [PageContext] {
    pairs.map { key, value in
      var context = PageContext.one("key", key)
      context.set("value", value)
      return context
    }
  }

  private func pairs(_ sorted: [Dictionary<String, String>.Element]) -> [PageContext] {
    pairs(sorted.map { ($0.key, $0.value) })
  }
}
