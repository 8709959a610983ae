/// The result of a run in sentences that say no more than the numbers do.
struct Headline {
  /// The best candidate; nil when none was measured.
  let best: RunModel.Ranked?
  /// The first line of the page.
  let sentence: String
  /// What the reader must know to weigh it.
  let caution: String

  init(_ model: RunModel) {
    let ranking = model.ranking
    let tried = model.candidates.count
    guard let best = ranking.first(where: { !$0.isBaseline }) else {
      self.best = nil
      sentence =
        tried == 0
        ? "No candidate has been proposed yet."
        : "No candidate was measured: \(Self.unmeasured(model))."
      caution =
        ranking.first.map { "The best baseline is \($0.name), η \(NumberText.eta($0.eta))." } ?? ""
      return
    }
    if let confirmed = model.closing?.finalists.first(where: { $0.confirmed != nil && !$0.isFormer }
    ),
      let eta = confirmed.confirmed,
      let row = ranking.first(where: { $0.candidate?.index == confirmed.candidate })
    {
      self.best = row
      sentence =
        "The best of \(Self.counted(tried, "proposal")) is \(row.name): η = \(NumberText.eta(eta)) on fresh"
        + " seeds."
      caution = Self.caution(confirmed)
      return
    }
    self.best = best
    let eta = NumberText.eta(best.eta)
    sentence = "The best of \(Self.counted(tried, "proposal")) is \(best.name): η = \(eta)."
    caution = Self.caution(best, measured: ranking.count { !$0.isBaseline })
  }

  private static func caution(_ best: RunModel.Ranked, measured: Int) -> String {
    let seeds = counted(best.eta.n, "seed")
    guard let delta = best.delta else {
      return "There is no difference to DPO, because DPO was not measured in this run."
    }
    let text = NumberText.delta(delta)
    guard let low = delta.low, let high = delta.high else {
      return "Its difference to DPO is \(text), from one seed: there is no error to weigh it by."
    }
    if low > 0 {
      let chosen =
        measured > 1
        ? " It was picked from \(measured) measured candidates by the same numbers, which flatters it;"
          + " new seeds would tell."
        : ""
      return "Its difference to DPO is \(text): the 95 % interval over \(seeds) lies above 0."
        + chosen
    }
    if high < 0 {
      return "Its difference to DPO is \(text): with \(seeds) it is worse than DPO."
    }
    return "Its difference to DPO is \(text): with \(seeds) it is not distinguishable from DPO."
  }

  /// Of a finalist: what it was chosen by, and what fresh seeds say.
  private static func caution(_ finalist: RunModel.Finalist) -> String {
    let chosen =
      "It was chosen for \(NumberText.eta(finalist.search)) in the search, a number that is too high on"
      + " average."
    guard let delta = finalist.delta else { return chosen }
    let p = FinalistRows.probability(finalist.holm)
    return chosen + " Its difference to DPO on the fresh seeds is \(NumberText.delta(delta))"
      + (p.isEmpty ? "." : ", p = \(p) (Holm).")
  }

  /// `2 proposals failed`, `1 proposal stopped at bandit, 2 failed`.
  private static func unmeasured(_ model: RunModel) -> String {
    let failed = model.failures.count
    guard let stage = model.stops.first?.stoppedAt else {
      return "\(counted(failed, "proposal")) failed"
    }
    let stopped = "\(counted(model.stops.count, "proposal")) stopped at \(stage)"
    return failed == 0 ? stopped : "\(stopped), \(failed) failed"
  }

  /// Why proposals were stopped at the cheap stage, with how many for each reason.
  static func stopReasons(_ model: RunModel) -> String {
    let stage = model.cheapStage ?? model.stops.first?.stoppedAt ?? ""
    let outranked = model.stops.count(where: \.isOutranked)
    let idle = model.stops.count - outranked
    var reasons: [String] = []
    if idle > 0 {
      reasons.append(
        "\(counted(idle, "proposal")) learned nothing on \(stage) that its seeds could show")
    }
    if outranked > 0 {
      let learned =
        idle > 0
        ? "\(counted(outranked, "other")) learned there"
        : "\(counted(outranked, "proposal")) learned on \(stage)"
      let verb = outranked == 1 ? "was" : "were"
      reasons.append("\(learned), but \(verb) not among the best, which alone go on")
    }
    return reasons.joined(separator: "; ") + "."
  }

  static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
