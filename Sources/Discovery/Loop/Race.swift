import Losses

/// The race among a run's candidates: who gets further seeds, who is stopped, who is confirmed.
///
/// A pure function of what was measured. Look 1 is at the first seeds, which every candidate has; each
/// further look is one seed later, up to all seeds of the run. At each look a candidate stops when the
/// interval of its difference to the leader, the one with the best mean, lies below 0 (see
/// ``RepeatedLooks``: valid at all looks together for each pair). After look 1 at most
/// ``RunConfig/finalists`` stay, those with the best lower bounds.
struct Race {
  /// What a candidate has come to in the race.
  struct Runner: Hashable {
    var index: Int
    /// Against the leader at the look at which it stopped; nil for who stayed to the end, and for
    /// who was left out for want of room.
    var stopped: Difference?
    /// Seeds it had then.
    var seeds: Int
    var isFinalist: Bool
    /// One-sided 95 % bound of the difference to DPO on all its search seeds; nil for one seed.
    var lowerBound: Double?
  }

  /// In the order of the candidates.
  private(set) var runners: [Runner] = []
  /// The candidates whose next seed the race waits for, in their order; all at the same look.
  private(set) var waitsFor: [(index: Int, seed: UInt64)] = []
  /// Finalists, the best lower bound first; empty while the race waits.
  private(set) var finalists: [Int] = []

  init(_ state: RunState, config: RunConfig) {
    let room = config.finalists ?? 0
    let entrants = state.candidates.filter {
      $0.judgement?.eta != nil && $0.record?.estimate(config.metric) != nil
    }
    guard room > 0, !entrants.isEmpty else { return }
    let dpo = state.baselines.first { $0.name == "dpo" }?.record
    let further = config.finalistSeeds
    let looks = 1 + further.count
    var verdicts: [Int: Runner] = [:]
    var racing = entrants

    func values(_ candidate: RunState.Candidate, _ seeds: Int) -> [Double]? {
      guard let record = candidate.measurement, record.finding.verdict.isOK else { return nil }
      let values = record.seeds.prefix(seeds).compactMap { $0.metrics[config.metric] }
      return values.count == seeds ? values : nil
    }
    func bound(_ candidate: RunState.Candidate, _ seeds: Int) -> Double? {
      guard let mine = values(candidate, seeds) else { return nil }
      let theirs = dpo?.seeds.prefix(seeds).compactMap { $0.metrics[config.metric] } ?? []
      let differences = theirs.count == seeds ? zip(mine, theirs).map { $0 - $1 } : mine
      return RepeatedLooks.lowerBound(differences)
    }
    /// The best bound first; without bounds the best mean; the earlier of two equals.
    func ranked(_ candidates: [RunState.Candidate], _ seeds: Int) -> [RunState.Candidate] {
      candidates.sorted { a, b in
        let (first, second) = (bound(a, seeds), bound(b, seeds))
        let x = first ?? values(a, seeds).map(Statistics.mean) ?? -.infinity
        let y = second ?? values(b, seeds).map(Statistics.mean) ?? -.infinity
        return x == y ? a.index < b.index : x > y
      }
    }
    func finish() {
      for candidate in entrants {
        let seeds = candidate.measurement?.seeds.count ?? 0
        var runner =
          verdicts[candidate.index]
          ?? Runner(index: candidate.index, stopped: nil, seeds: seeds, isFinalist: false)
        runner.isFinalist = finalists.contains(candidate.index)
        runner.lowerBound = seeds > 0 ? bound(candidate, seeds) : nil
        runners.append(runner)
      }
    }

    var count = config.candidateSeeds.count
    for look in 0..<looks {
      if look > 0 {
        // One left has won already; its further seeds are those of the confirmation.
        if racing.count < 2, !config.plan.confirmation.isEmpty { break }
        let seed = further[look - 1]
        count += 1
        for candidate in racing {
          guard let record = candidate.measurement, record.finding.verdict.isOK else { continue }
          if record.seeds.count < count { waitsFor.append((candidate.index, seed)) }
        }
        if !waitsFor.isEmpty {
          finish()
          return
        }
      }
      racing.removeAll { values($0, count) == nil }
      guard
        let leader = racing.max(by: { a, b in
          let x = values(a, count).map(Statistics.mean) ?? -.infinity
          let y = values(b, count).map(Statistics.mean) ?? -.infinity
          return x == y ? a.index > b.index : x < y
        }), let best = values(leader, count)
      else { break }
      racing.removeAll { candidate in
        guard candidate.index != leader.index, let mine = values(candidate, count) else {
          return false
        }
        let gap = RepeatedLooks.interval(zip(mine, best).map { $0 - $1 }, looks: looks)
        guard let high = gap.high, high < 0 else { return false }
        verdicts[candidate.index] = Runner(
          index: candidate.index, stopped: gap, seeds: count, isFinalist: false)
        return true
      }
      if look == 0 { racing = Array(ranked(racing, count).prefix(room)) }
    }
    finalists = ranked(racing, min(count, racing.first?.measurement?.seeds.count ?? count))
      .map(\.index)
    finish()
  }
}
