import Losses

/// The last measurements of a run: finalists and DPO on seeds that no selection saw.
extension DiscoveryRun {
  /// DPO comes first, with its frontier where rewards are compared at equal KL.
  func confirmBaseline() throws {
    let seeds = config.plan.confirmation
    if !state.confirmationStarted { try append(.confirmationStarted) }
    notify(.init(.confirm, "\(seeds.count) fresh seeds", name: "dpo"))
    let tuned = state.baselines.first { $0.name == "dpo" }?.tuned ?? [:]
    let record = try guarded(.baseline) {
      func measured(_ metric: String?) throws -> EvaluationRecord {
        try soundRecord(
          try parts.evaluator.evaluate(
            EvaluationRequest(
              .baseline, name: "dpo", seeds: seeds, metric: metric, tunables: tuned)
          ) { try relay($0, name: "dpo") }, seeds: seeds, metric: metric ?? config.metric,
          reference: state.baselines.first?.record?.referenceHash)
      }
      guard config.plan.comparesAtEqualKL else { return try measured(nil) }
      let frontier = try measured("frontier")
      // Where the grid has the run's own β, that policy is the one which η is of.
      let isOwnBeta = tuned["beta"] == nil && config.tunables["beta"] == nil
      if isOwnBeta, frontier.estimate(config.metric) != nil { return frontier }
      var record = try measured(nil)
      guard record.finding.verdict.isOK, frontier.finding.verdict.isOK else { return record }
      record.seconds += frontier.seconds
      for index in record.seeds.indices {
        record.seeds[index].frontier = frontier.seeds[index].frontier
        record.seeds[index].metrics[EqualKL.referenceMetric] =
          frontier.seeds[index].metrics[EqualKL.referenceMetric]
      }
      return record
    }
    try writeRecord(record, in: "confirmation/dpo")
    try append(.confirmed(.init(record: record)))
  }

  /// A finalist that fails here has no confirmed number; its search result stands beside that.
  func confirm(_ finalist: RunState.Candidate) throws {
    guard let name = finalist.name else { return }
    let seeds = config.plan.confirmation
    let file = try finalistLibrary(finalist)
    if !finalist.confirmationStarted { try append(.confirmationStarted, at: finalist.place) }
    notify(finalist.progress(.confirm, "\(seeds.count) fresh seeds"))
    let record = try measure(file, name: name, seeds: seeds, candidate: finalist)
    try writeRecord(record, in: "confirmation/\(name)")
    try append(.confirmed(.init(record: record)), at: finalist.place)
    let eta = record.estimate(config.metric).map { "η = \($0.text)" }
    notify(finalist.progress(.confirm, eta ?? "\(record.finding.verdict)"))
  }
}
