import Losses
import Policy

extension RunSummary {
  /// A candidate at the end of the race: what the search saw, and what fresh seeds say.
  public struct Finalist: Hashable, Sendable, Codable {
    public var name: String
    public var candidate: Int
    /// Over all its seeds of the search, by which it was selected: too high on average, for the best
    /// of many is partly luck (the winner's curse).
    public var search: Estimate
    /// The same against DPO.
    public var searchDelta: Difference?
    /// What the difference to DPO exceeds with one-sided 95 %, on the search seeds: finalists are
    /// ordered by it.
    public var lowerBound: Double?
    /// On seeds that no selection saw; nil when it failed there, or nothing was confirmed.
    public var confirmed: Estimate?
    public var confirmedDelta: Difference?
    /// One-sided p of a difference to DPO above 0 on these seeds, and Holm's over all candidates that
    /// were ever confirmed in the run; one that failed there counts as p = 1.
    public var p: Double?
    public var holm: Double?
    /// Reward minus what DPO's own frontier reaches at the same KL, see ``EqualKL/Advantages``.
    public var atEqualKL: Difference?
    public var equalKLP: Double?
    public var equalKLHolm: Double?
    /// Seeds on which the KL lies outside of DPO's frontier, so that nothing is said.
    public var outside: Int?
    /// Whether it beats DPO: the whole interval at equal KL lies above 0, on every seed, and Holm's p
    /// is below 0.05. nil when that was not measured.
    public var beats: Bool?
    /// The smallest true difference at equal KL that these seeds would have shown with a probability
    /// of 80 %, see ``Statistics/detectable(_:family:power:)``.
    public var detectable: Double?
    /// The metric that no proposer is told, on the same seeds; on prompts that η never sees, where the
    /// task has such.
    public var hidden: Estimate?
    public var hiddenDelta: Difference?
    /// η itself on prompts that it never sees; nil where the task has none.
    public var untold: Estimate?
    public var untoldDelta: Difference?
    /// `ok`, or what went wrong on the fresh seeds.
    public var finding: Finding
    /// Whether it was confirmed when the run had ended before, and later proposals took its place.
    public var isFormer: Bool?
  }

  /// A candidate that the race stopped before it had all seeds.
  public struct Stop: Hashable, Sendable, Codable {
    public var name: String
    public var candidate: Int
    /// Seeds that it had.
    public var seeds: Int
    /// To the leader of that moment, valid at all looks together.
    public var gap: Difference
  }

  /// A metric of a record that is neither η nor told to any proposer; nil where there is none.
  static func hiddenMetric(of record: EvaluationRecord?, eta: String) -> String? {
    ["winrate", "accuracy", "reward"].filter { $0 != eta }
      .flatMap { ["\($0)_untold", $0] }.first { record?.estimate($0) != nil }
  }

  /// Finalists, the best lower bound first; then former ones in the order of their proposals.
  ///
  /// All of them are one family of hypotheses. Whoever raises a limit after a look at the table may not
  /// try on the same seeds until something succeeds: each further candidate makes the bar higher, for
  /// the earlier ones too.
  static func finalists(_ state: RunState, _ race: Race, _ config: RunConfig) -> [Finalist] {
    let dpo = state.baselines.first { $0.name == "dpo" }?.record
    let hidden = hiddenMetric(of: state.confirmation, eta: config.metric)
    let former = state.candidates
      .filter { $0.confirmation != nil && !race.finalists.contains($0.index) }.map(\.index)
    let family = race.finalists.count + former.count
    var rows = (race.finalists + former).compactMap { index -> Finalist? in
      let candidate = state.candidates[index - 1]
      guard let record = candidate.measurement, let search = record.estimate(config.metric) else {
        return nil
      }
      var row = Finalist(
        name: candidate.name ?? "reply \(index)", candidate: index, search: search,
        searchDelta: dpo.flatMap { record.difference(to: $0, metric: config.metric) },
        lowerBound: race.runners.first { $0.index == index }?.lowerBound,
        finding: candidate.confirmation?.finding ?? Finding(.ok))
      if !race.finalists.contains(index) { row.isFormer = true }
      guard let fresh = candidate.confirmation, let baseline = state.confirmation else {
        return row
      }
      row.confirmed = fresh.estimate(config.metric)
      row.confirmedDelta = fresh.difference(to: baseline, metric: config.metric)
      row.p = Statistics.pValue(
        above: fresh.differences(to: baseline, metric: config.metric) ?? [])
      if let hidden {
        row.hidden = fresh.estimate(hidden)
        row.hiddenDelta = fresh.difference(to: baseline, metric: hidden)
      }
      let untold = "\(config.metric)_untold"
      row.untold = fresh.estimate(untold)
      row.untoldDelta = fresh.difference(to: baseline, metric: untold)
      if config.plan.comparesAtEqualKL,
        let comparison = EqualKL.compare(fresh, withFrontierOf: baseline)
      {
        row.outside = comparison.outside
        if !comparison.advantages.isEmpty {
          row.atEqualKL = comparison.advantages.difference
          row.equalKLP = comparison.advantages.p
          row.detectable = Statistics.detectable(comparison.advantages.least, family: family)
        }
        row.beats = false
      }
      return row
    }
    // A hypothesis that could not be tested stays one: it failed on fresh seeds, its KL lies outside, or
    // it failed in a later race and is not listed any more.
    func holm(_ value: (Finalist) -> Double?) -> [Double?] {
      let known = rows.map(value)
      let rest = [Double](repeating: 1, count: family - rows.count)
      let adjusted: [Double] = Statistics.holm(known.map { $0 ?? 1 } + rest)
      return zip(known, adjusted).map { $0 == nil ? nil : $1 }
    }
    for (index, pair) in zip(holm(\.p), holm(\.equalKLP)).enumerated() {
      rows[index].holm = pair.0
      rows[index].equalKLHolm = pair.1
      if rows[index].beats != nil {
        rows[index].beats =
          rows[index].outside == 0 && (rows[index].atEqualKL?.low ?? 0) > 0
          && (pair.1 ?? 1) < 0.05
      }
    }
    return rows
  }

  static func stops(_ state: RunState, _ race: Race) -> [Stop] {
    race.runners.compactMap { runner in
      runner.stopped.map {
        Stop(
          name: state.candidates[runner.index - 1].name ?? "reply \(runner.index)",
          candidate: runner.index, seeds: runner.seeds, gap: $0)
      }
    }
  }

  /// The front of reward and KL over all that was measured.
  static func front(_ state: RunState, _ config: RunConfig) -> RewardFront? {
    let baselines = state.baselines.compactMap(\.record)
    let candidates = state.candidates.compactMap { candidate -> EvaluationRecord? in
      guard candidate.judgement != nil, var record = candidate.measurement else { return nil }
      record.plugin = candidate.name ?? record.plugin
      return record
    }
    return RewardFront(
      of: baselines + candidates, baselines: Set(baselines.map(\.plugin)),
      cap: config.plan.klCap, floor: config.plan.referenceReward)
  }
}
