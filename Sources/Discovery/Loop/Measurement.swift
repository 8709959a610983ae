import Losses

extension EvaluationRecord {
  /// A metric over the record's seeds; nil for a failed record, or when a seed lacks the metric.
  public func estimate(_ metric: String) -> Estimate? {
    guard finding.verdict.isOK, let values = values(of: metric) else { return nil }
    return Statistics.estimate(metric: metric, values: values)
  }

  /// This record's metric minus the other's, paired by seed.
  ///
  /// - Returns: nil when one of them failed, when they do not share their seeds, or when their
  ///   numbers belong to different reference policies and cannot be compared.
  public func difference(to other: EvaluationRecord, metric: String) -> Difference? {
    guard finding.verdict.isOK, other.finding.verdict.isOK,
      referenceHash == other.referenceHash, seeds.map(\.seed) == other.seeds.map(\.seed),
      let mine = values(of: metric), let theirs = other.values(of: metric)
    else { return nil }
    return Statistics.pairedDifference(mine, theirs)
  }

  private func values(of metric: String) -> [Double]? {
    let values = seeds.compactMap { $0.metrics[metric] }
    return values.isEmpty || values.count < seeds.count ? nil : values
  }
}

extension Estimate {
  /// `0.7312 ± 0.0041`, with as many digits as the error leaves meaning to.
  var text: String { Readout.estimate(self) }
}
