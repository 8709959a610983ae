import Losses

extension EvaluationRecord {
  /// A metric over the record's seeds; nil for a failed record, or when a seed lacks the metric.
  public func estimate(_ metric: String) -> Estimate? {
    guard finding.verdict.isOK, let values = values(of: metric) else { return nil }
    return Statistics.estimate(metric: metric, values: values)
  }

  /// This record's metric minus the other's, paired by seed, over the seeds that both have.
  ///
  /// - Returns: nil when one of them failed, when they share no seed, when a seed lacks the metric, or
  ///   when their numbers belong to different reference policies and cannot be compared.
  public func difference(to other: EvaluationRecord, metric: String) -> Difference? {
    differences(to: other, metric: metric).map {
      Statistics.pairedDifference($0, [Double](repeating: 0, count: $0.count))
    }
  }

  /// The same seed by seed, in the order of this record's seeds; never empty.
  func differences(to other: EvaluationRecord, metric: String) -> [Double]? {
    guard finding.verdict.isOK, other.finding.verdict.isOK,
      referenceHash == other.referenceHash, let mine = values(of: metric),
      let theirs = other.values(of: metric)
    else { return nil }
    let partners = Dictionary(
      zip(other.seeds.map(\.seed), theirs), uniquingKeysWith: { first, _ in first })
    let pairs = zip(seeds.map(\.seed), mine).compactMap { seed, value in
      partners[seed].map { value - $0 }
    }
    return pairs.isEmpty ? nil : pairs
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
