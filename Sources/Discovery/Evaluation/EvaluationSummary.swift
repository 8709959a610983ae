import Losses
import Policy

/// The outcome of evaluating several plug-ins on one task, side by side.
public struct EvaluationSummary: Sendable {
  public let task: String
  /// The name of the metric that is η.
  public let metric: String
  public let environment: [String: String]
  /// Content hash of the reference policy that every number stands on.
  public let referenceHash: String
  /// The reference's own η; nil when it was not measured.
  public let reference: Estimate?
  /// The reference's metrics, means over seeds.
  public let referenceMetrics: MetricValues
  /// In the order in which the plug-ins were given.
  public let records: [EvaluationRecord]
  /// The name of the plug-in that differences are taken to.
  public let baseline: String
  /// What became of the rows of the task's data file; nil without one.
  public let data: PreferenceReport?

  /// - Parameters:
  ///   - referenceSeeds: the reference measured with the noise of the same seeds; its η has s.e. 0
  ///     where the task knows the expectation exactly.
  ///   - baseline: the label of the catalogue's loss that differences are taken to; no other record
  ///     may have it. It must be among the records for differences to exist.
  /// - Throws: `LossmithError` (`malformed-input`) when records that finished stand on different
  ///   reference policies: their numbers cannot be compared. A failed record has no numbers and is
  ///   never the reason.
  public init(
    task: String, metric: String, environment: [String: String], referenceHash: String,
    referenceSeeds: [SeedOutcome], records: [EvaluationRecord], baseline: String = "dpo",
    data: PreferenceReport? = nil
  ) throws(LossmithError) {
    for record in records where record.finding.verdict.isOK {
      guard record.referenceHash == referenceHash else {
        throw LossmithError(
          .malformedInput,
          "\(record.plugin) was measured on the reference policy \(record.referenceHash.prefix(12)),"
            + " the others on \(referenceHash.prefix(12)).",
          remedy: "Evaluate all plug-ins on the same task and configuration.")
      }
    }
    self.task = task
    self.metric = metric
    self.environment = environment
    self.referenceHash = referenceHash
    func referenceEstimate(_ metric: String) -> Estimate? {
      let values = referenceSeeds.compactMap { $0.metrics[metric] }
      return values.isEmpty || values.count < referenceSeeds.count
        ? nil : Statistics.estimate(metric: metric, values: values)
    }
    reference = referenceEstimate(metric)
    referenceMetrics = MetricValues { referenceEstimate($0)?.mean }
    self.records = records
    self.baseline = baseline
    self.data = data
  }

  /// The difference of a record to the baseline, paired by seed; nil when either has no numbers.
  public func delta(of record: EvaluationRecord) -> Difference? {
    records.first { $0.plugin == baseline && $0.finding.verdict.isOK }.flatMap {
      record.difference(to: $0, metric: metric)
    }
  }

  /// Finished records with the best η first, then the failed ones in their order.
  public var ranked: [EvaluationRecord] {
    let measured = records.compactMap { record in
      record.estimate(metric).map { (record: record, mean: $0.mean) }
    }
    let ranks = Statistics.ranks(measured.map(\.mean))
    // Ties keep the order given, so that the same run always prints the same table.
    let order = measured.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    return order.map { measured[$0].record } + records.filter { $0.estimate(metric) == nil }
  }

  /// The document of `evaluate --json`.
  public var document: EvaluationDocument {
    EvaluationDocument(
      task: task, data: data, environment: environment,
      reference: .init(
        hash: referenceHash, eta: reference.map { .init($0) }, metrics: referenceMetrics),
      results: records.map { record in
        EvaluationDocument.Result(
          plugin: record.plugin, verdict: record.finding.verdict, message: record.finding.message,
          remedy: record.finding.remedy, warnings: record.warnings,
          eta: record.estimate(metric).map { .init($0) },
          metrics: MetricValues { record.estimate($0)?.mean },
          delta: delta(of: record).map { .init($0) }, seeds: record.seeds,
          seconds: record.seconds)
      })
  }
}
