import Foundation
import Losses

/// The context of a run's page.
struct RunPage {
  let model: RunModel

  var context: PageContext {
    let headline = Headline(model)
    var page = PageContext()
    page.set("title", model.title)
    page.set("sentence", headline.sentence)
    page.set("caution", headline.caution)
    page.set("idea", headline.best?.candidate?.thought ?? "")
    page.set("hasIdea", !(headline.best?.candidate?.thought.isEmpty ?? true))
    page.set("facts", facts)
    page.set("notes", model.notes.map { one("note", $0) })
    page.set("hasCandidates", !model.candidates.isEmpty)
    page.set("trajectory", markup: TrajectoryChart(model: model, links: true).element().markup)
    if let ranking = RankingChart(model: model).element() {
      page.set("hasRanking", true)
      page.set("rankingChart", markup: ranking.markup)
    }
    page.set("hasCheap", model.cheapStage != nil)
    page.set("cheapStage", model.cheapStage ?? "")
    page.set("hasStops", !model.stops.isEmpty)
    page.set("stops", model.stops.map(card))
    page.set("stopCount", Headline.counted(model.stops.count, "proposal"))
    page.set("chartCut", model.ranking.count > RankingChart.limit)
    page.set("chartLimit", "\(RankingChart.limit)")
    page.set("ranking", model.ranking.map(row))
    page.set("hasFailures", !model.failures.isEmpty)
    page.set("failures", model.failures.map(card))
    page.set("failureCount", Headline.counted(model.failures.count, "proposal"))
    page.set("candidates", model.candidates.map(card))
    page.set("environment", pairs(model.environment.sorted { $0.key < $1.key }))
    page.set("hasEnvironment", !model.environment.isEmpty)
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

  private func card(_ candidate: RunModel.Candidate) -> PageContext {
    var card = PageContext()
    card.set("anchor", "c\(candidate.index)")
    card.set("index", "\(candidate.index)")
    card.set("name", candidate.name.isEmpty ? "(no name)" : candidate.name)
    card.set("place", place(of: candidate))
    card.set("verdict", candidate.verdict.description)
    card.set("isFailure", candidate.eta == nil && candidate.stoppedAt == nil)
    card.set("cheap", candidate.cheapEta.map(NumberText.eta) ?? "")
    card.set("result", result(of: candidate))
    card.set("message", candidate.message)
    card.set("hasMessage", !candidate.message.isEmpty)
    card.set("remedy", candidate.remedy)
    card.set("hasRemedy", !candidate.remedy.isEmpty)
    card.set("thought", candidate.thought)
    card.set("hasThought", !candidate.thought.isEmpty)
    card.set("source", candidate.source)
    card.set("hasSource", !candidate.source.isEmpty)
    if let curves = CurveChart(
      name: candidate.name, task: candidate.curveTask, curves: candidate.curves
    ).element() {
      card.set("hasCurves", true)
      card.set("curves", markup: curves.markup)
      card.set("curveTask", candidate.curveTask)
      card.set("curveSeeds", Headline.counted(candidate.curves.count, "seed"))
    }
    card.set("warnings", candidate.warnings.map { one("warning", $0) })
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

  private func one(_ name: String, _ value: String) -> PageContext {
    var context = PageContext()
    context.set(name, value)
    return context
  }

  private func pairs(_ pairs: [(String, String)]) -> [PageContext] {
    pairs.map { key, value in
      var context = one("key", key)
      context.set("value", value)
      return context
    }
  }

  private func pairs(_ sorted: [Dictionary<String, String>.Element]) -> [PageContext] {
    pairs(sorted.map { ($0.key, $0.value) })
  }
}
