import Losses

/// A candidate's last word.
public enum CandidateOutcome: Hashable, Sendable {
  /// Trained on the task; the difference is to DPO, nil when DPO has no η.
  case measured(EvaluationRecord, eta: Estimate, delta: Difference?)
  /// Trained on the cheap stage, where it learned nothing or less than others; measured all the same, and no failure.
  case stopped(JournalEvent.Screening)
  case failed(Finding)
}

extension RunState {
  /// What became of a candidate up to now, further seeds of a finalist included.
  ///
  /// - Parameter metric: the metric that is η.
  /// - Returns: nil while it is on its way.
  public func outcome(of candidate: Candidate, metric: String) -> CandidateOutcome? {
    guard let judgement = candidate.judgement else { return nil }
    guard let record = candidate.measurement else {
      if judgement.stoppedAt != nil, let screening = candidate.screening {
        return .stopped(screening)
      }
      return .failed(judgement.finding)
    }
    guard let eta = record.estimate(metric) else { return .failed(record.finding) }
    let dpo = baselines.first { $0.name == "dpo" }?.record
    return .measured(
      record, eta: eta, delta: dpo.flatMap { record.difference(to: $0, metric: metric) })
  }
}

extension RunState.Candidate {
  /// All that was measured on the task: the first seeds and, for a finalist, the others.
  ///
  /// A finalist that fails on one of the further seeds has failed. nil when the candidate did not come
  /// as far as the task.
  public var measurement: EvaluationRecord? {
    guard let record, record.finding.verdict.isOK, let further else { return record }
    return record.joined(with: further)
  }
}

extension EvaluationRecord {
  /// This record and one of further seeds: failed when the further one is.
  func joined(with further: EvaluationRecord) -> EvaluationRecord {
    var whole = self
    whole.seconds += further.seconds
    guard whole.finding.verdict.isOK else { return whole }
    if further.finding.verdict.isOK {
      whole.seeds += further.seeds
    } else {
      whole.finding = further.finding
      whole.seeds = []
    }
    return whole
  }
}
