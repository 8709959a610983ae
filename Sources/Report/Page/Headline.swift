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
    best = ranking.first { !$0.isBaseline }
    let tried = model.candidates.count
    guard let best else {
      sentence =
        tried == 0
        ? "No candidate has been proposed yet."
        : "No candidate was measured: \(Self.unmeasured(model))."
      caution =
        ranking.first.map { "The best baseline is \($0.name), η \(NumberText.eta($0.eta))." } ?? ""
      return
    }
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

  /// `2 proposals failed`, `1 proposal stopped at bandit, 2 failed`.
  private static func unmeasured(_ model: RunModel) -> String {
    let failed = model.failures.count
    guard let stage = model.stops.first?.stoppedAt else {
      return "\(counted(failed, "proposal")) failed"
    }
    let stopped = "\(counted(model.stops.count, "proposal")) stopped at \(stage)"
    return failed == 0 ? stopped : "\(stopped), \(failed) failed"
  }

  static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
