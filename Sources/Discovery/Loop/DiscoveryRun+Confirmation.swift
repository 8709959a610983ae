import Losses

/// The last measurements of a run: finalists and DPO on seeds that no selection saw.
extension DiscoveryRun {
  /// DPO comes first, with its frontier where rewards are compared at equal KL.
  ///
  /// What is asked for is ``confirmationRequests``, of which the second is left out where the first
  /// has all.
  func confirmBaseline() throws {
    let seeds = config.plan.confirmation
    if !state.confirmationStarted { try append(.confirmationStarted) }
    notify(.init(.confirm, "\(seeds.count) fresh seeds", name: "dpo"))
    var lost: Finding?
    let record = try guarded(.baseline) {
      func measured(_ request: EvaluationRequest) throws -> EvaluationRecord {
        try soundRecord(
          try parts.evaluator.evaluate(request) { try relay($0, name: "dpo") }, seeds: seeds,
          metric: request.metric ?? config.metric,
          reference: state.baselines.first?.record?.referenceHash)
      }
      guard config.plan.comparesAtEqualKL else { return try measured(confirmationOfDPO(nil)) }
      let frontier = try measured(confirmationOfDPO("frontier"))
      if !frontier.finding.verdict.isOK { lost = frontier.finding }
      if hasOwnBeta, frontier.estimate(config.metric) != nil { return frontier }
      var record = try measured(confirmationOfDPO(nil))
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
    try append(.confirmed(.init(record: record, frontierFinding: lost)))
    if let lost {
      notify(.init(.confirm, "nothing is compared at equal KL: \(lost.verdict)", name: "dpo"))
    }
  }

  /// DPO's requests, as far as they are known before one is answered.
  var confirmationRequests: [EvaluationRequest] {
    guard config.plan.comparesAtEqualKL else { return [confirmationOfDPO(nil)] }
    return [confirmationOfDPO("frontier")] + (hasOwnBeta ? [] : [confirmationOfDPO(nil)])
  }

  /// Whether the policy of the grid that has the task's β is the one which η is of.
  private var hasOwnBeta: Bool {
    tunablesOfDPO["beta"] == nil && config.tunables["beta"] == nil
  }

  private var tunablesOfDPO: [String: Double] {
    state.baselines.first { $0.name == "dpo" }?.tuned ?? [:]
  }

  private func confirmationOfDPO(_ metric: String?) -> EvaluationRequest {
    EvaluationRequest(
      .baseline, name: "dpo", seeds: config.plan.confirmation, metric: metric,
      tunables: tunablesOfDPO, rates: metric == "frontier" ? config.plan.rates ?? [] : [],
      measuresUntold: config.plan.measuresUntold ?? false)
  }

  /// A finalist that fails here has no confirmed number; its search result stands beside that.
  func confirm(_ finalist: RunState.Candidate) throws {
    guard let name = finalist.name else { return }
    let seeds = config.plan.confirmation
    let file = try finalistLibrary(finalist)
    if !finalist.confirmationStarted { try append(.confirmationStarted, at: finalist.place) }
    notify(finalist.progress(.confirm, "\(seeds.count) fresh seeds"))
    let record = try measure(
      file, name: name, seeds: seeds, candidate: finalist, isConfirmation: true)
    try writeRecord(record, in: "confirmation/\(name)")
    try append(.confirmed(.init(record: record)), at: finalist.place)
    let eta = record.estimate(config.metric).map { "η = \($0.text)" }
    notify(finalist.progress(.confirm, eta ?? "\(record.finding.verdict)"))
  }
}
