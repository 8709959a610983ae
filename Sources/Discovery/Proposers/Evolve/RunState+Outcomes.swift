import Losses

/// What a proposer without words is told of a run.
extension RunState {
  /// Of each candidate that a reply may depend on, in order: those at least so many places before it.
  ///
  /// - Parameters:
  ///   - index: of the reply, from 0.
  ///   - lookahead: 1 for all before it.
  func proposalOutcomes(
    metric: String, for index: Int, lookahead: Int
  ) -> [ProposalRequest.Outcome] {
    candidates.prefix(max(0, index + 1 - lookahead)).map { candidate in
      .init(
        name: candidate.name ?? "reply \(candidate.index)",
        lowerBound: candidate.record.flatMap { lowerBound(of: $0, metric: metric) })
    }
  }

  /// Of each baseline, in order.
  func baselineOutcomes(metric: String) -> [ProposalRequest.Outcome] {
    baselines.map { baseline in
      .init(
        name: baseline.name,
        lowerBound: baseline.record.flatMap { lowerBound(of: $0, metric: metric) })
    }
  }

  /// The one-sided 95 % bound of the difference to DPO, paired by seed, as the race has it: a loss with
  /// few or uneven seeds counts as less than its mean. Of one seed, whose error nobody knows, the
  /// difference itself; where DPO has no η, the same of η.
  ///
  /// - Returns: nil for a record without η.
  func lowerBound(of record: EvaluationRecord, metric: String) -> Double? {
    guard record.estimate(metric) != nil else { return nil }
    let dpo = baselines.first { $0.name == "dpo" }?.record
    let theirs = Dictionary(
      (dpo?.seeds ?? []).map { ($0.seed, $0.metrics[metric]) }, uniquingKeysWith: { own, _ in own })
    let isPaired = record.seeds.contains { (theirs[$0.seed] ?? nil) != nil }
    let values = record.seeds.compactMap { outcome -> Double? in
      guard let own = outcome.metrics[metric] else { return nil }
      guard isPaired else { return own }
      return (theirs[outcome.seed] ?? nil).map { own - $0 }
    }
    return values.isEmpty ? nil : RepeatedLooks.lowerBound(values) ?? values[0]
  }
}
