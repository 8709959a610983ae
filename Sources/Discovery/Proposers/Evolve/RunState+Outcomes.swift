import Losses

/// What a proposer without words is told of a run.
extension RunState {
  /// Of each candidate, in order.
  func proposalOutcomes(metric: String) -> [ProposalRequest.Outcome] {
    candidates.map { candidate in
      .init(
        name: candidate.name ?? "reply \(candidate.index)",
        lowerBound: candidate.record?.estimate(metric)?.lowerBound)
    }
  }

  /// Of each baseline, in order.
  func baselineOutcomes(metric: String) -> [ProposalRequest.Outcome] {
    baselines.map {
      .init(name: $0.name, lowerBound: $0.record?.estimate(metric)?.lowerBound)
    }
  }
}

extension Estimate {
  /// The end of Student's one-sided 95 % interval over the seeds: a loss with few or uneven seeds
  /// counts as less than its mean. Of one seed, whose error nobody knows, the mean.
  var lowerBound: Double {
    guard let se, n > 1 else { return mean }
    return mean - StudentT.quantile(0.95, degreesOfFreedom: Double(n - 1)) * se
  }
}
