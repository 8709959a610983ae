import Losses

/// Tunables are tuned inside the evaluation, on seeds that η does not use.
extension DiscoveryRun {
  /// One trial of a candidate, or the end of its tuning.
  func tune(_ candidate: RunState.Candidate) throws {
    guard let name = candidate.name, let file = try library(of: candidate) else { return }
    let loss = EvaluationRequest.Loss.library(file)
    let tunables = try candidate.fingerprint?.probed.tunables ?? declared(loss, name)
    switch halving(tunables).next(after: candidate.trials) {
    case .chosen(let chosen):
      try append(.tuned(.init(tunables: chosen)), at: candidate.place)
      notify(candidate.progress(.tune, "chosen: \(Self.text(chosen))"))
    case .trial(let setting, let seeds):
      if !candidate.trialStarted {
        try append(.trialStarted(.init(tunables: setting)), at: candidate.place)
      }
      notify(candidate.progress(.tune, "trying \(Self.text(setting))"))
      let trial = try trial(loss, name, setting, seeds)
      try append(.trial(trial), at: candidate.place)
    }
  }

  /// The whole tuning of the baseline in hand: a comparison with an untuned one would not be fair.
  func tuneBaseline(_ name: String) throws {
    guard !config.plan.tuning.isEmpty, let baseline = state.baselines.last, baseline.tuned == nil
    else { return }
    let halving = halving(try declared(.baseline, name))
    while true {
      try heedInterrupt()
      switch halving.next(after: state.baselines.last?.trials ?? []) {
      case .chosen(let chosen):
        try append(.tuned(.init(tunables: chosen)))
        notify(.init(.tune, "chosen: \(Self.text(chosen))", name: name))
        return
      case .trial(let setting, let seeds):
        if state.baselines.last?.trialStarted == false {
          try append(.trialStarted(.init(tunables: setting)))
        }
        notify(.init(.tune, "trying \(Self.text(setting))", name: name))
        try append(.trial(try trial(.baseline, name, setting, seeds)))
      }
    }
  }

  /// `beta 0.05, tau 1`.
  static func text(_ tunables: [String: Double]) -> String {
    tunables.isEmpty
      ? "nothing to tune"
      : tunables.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  private func halving(_ tunables: [Tunable]) -> SuccessiveHalving {
    var start = config.tunables
    if start["beta"] == nil, let beta = config.plan.beta { start["beta"] = beta }
    return SuccessiveHalving(
      tunables: tunables, start: start, fixed: Set(config.tunables.keys),
      seeds: config.plan.tuning)
  }

  private func declared(_ loss: EvaluationRequest.Loss, _ name: String) throws -> [Tunable] {
    try guarded(.tuning) { try parts.evaluator.probe([(loss, name)]).first?.tunables ?? [] }
  }

  private func trial(
    _ loss: EvaluationRequest.Loss, _ name: String, _ setting: [String: Double], _ seeds: [UInt64]
  ) throws -> JournalEvent.Trial {
    try guarded(.tuning) {
      var record: EvaluationRecord
      do {
        record = try soundRecord(
          try parts.evaluator.evaluate(
            EvaluationRequest(loss, name: name, seeds: seeds, tunables: setting)
          ) { try relayTuning($0, name: name) },
          seeds: seeds, metric: config.metric, reference: nil)
      } catch let failure as LossFailure {
        record = failed(name, failure.finding)
      }
      return .init(
        tunables: setting, seeds: seeds,
        etas: record.seeds.compactMap { $0.metrics[config.metric] },
        verdict: record.finding.verdict)
    }
  }

  private func relayTuning(_ progress: EvaluationProgress, name: String) throws {
    notify(.init(.tune, progress.message, name: name, fraction: progress.fraction))
    try heedInterrupt()
  }
}
