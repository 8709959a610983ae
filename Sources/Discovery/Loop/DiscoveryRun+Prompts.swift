import Losses

/// What the proposer is told, as typed contexts for the templates.
extension DiscoveryRun {
  /// The burn-in's losses, with their sources: what a model learns LossKit's ways from.
  func archivePrompt() throws -> ArchivePrompt {
    var losses: [RankedLoss] = []
    var failures: [FailedLoss] = []
    for baseline in state.baselines {
      guard let record = baseline.record else { continue }
      guard var loss = ranked(record, name: baseline.name, delta: difference(of: record)) else {
        failures.append(.init(name: baseline.name, finding: record.finding))
        continue
      }
      let text = try parts.evaluator.text(ofBaseline: baseline.name)
      loss.summary = text.summary
      loss.code = text.code
      losses.append(loss)
    }
    return ArchivePrompt(losses: losses, failures: failures)
  }

  /// What a candidate with an η is told: it stands among all losses so far, itself included.
  func successFeedback(on candidate: RunState.Candidate, eta: Estimate, delta: Difference?)
    -> SuccessFeedback
  {
    var loss = RankedLoss(name: candidate.name ?? "", eta: eta, difference: delta)
    loss.kl = candidate.record?.estimate("kl")?.mean
    loss.curves = candidate.record.flatMap { CurveReadout.mean(of: $0)?.lines } ?? []
    var archive = [loss]
    for baseline in state.baselines {
      guard let record = baseline.record else { continue }
      if let earlier = ranked(record, name: baseline.name, delta: difference(of: record)) {
        archive.append(earlier)
      }
    }
    for other in state.candidates {
      guard let record = other.record, let name = other.name, let judgement = other.judgement
      else { continue }
      if let earlier = ranked(record, name: name, delta: judgement.delta) {
        archive.append(earlier)
      }
    }
    return SuccessFeedback(
      loss: loss, archive: archive,
      warnings: (candidate.library?.warnings ?? []) + (candidate.record?.warnings ?? [])
        + notes(on: candidate))
  }

  /// What is no warning of the checks and should be known all the same.
  private func notes(on candidate: RunState.Candidate) -> [String] {
    var notes: [String] = []
    if let tuned = candidate.tuned, !tuned.isEmpty {
      notes.append("tuned: the tunables were tuned on other seeds: \(Self.text(tuned))")
    }
    if let twin = candidate.fingerprint?.twin {
      notes.append("twin: the gradients are those of \(twin.text)")
    }
    return notes
  }

  func stoppedFeedback(
    on candidate: RunState.Candidate, _ screening: JournalEvent.Screening
  ) -> StoppedFeedback? {
    guard let eta = screening.eta, let gain = screening.gain else { return nil }
    return StoppedFeedback(
      name: candidate.name ?? "", task: config.taskName, stage: screening.stage, eta: eta,
      gain: gain, message: screening.sentence, isOutranked: screening.isOutranked)
  }

  func failureFeedback(on candidate: RunState.Candidate, finding: Finding) -> FailureFeedback {
    FailureFeedback(
      name: candidate.proposal == nil ? nil : candidate.name, finding: finding,
      code: candidate.proposal?.code, triesLeft: config.resamples - candidate.attempt)
  }

  /// Against the run's DPO; nil for DPO itself and for a record without η.
  func difference(of record: EvaluationRecord) -> Difference? {
    guard let dpo = state.baselines.first(where: { $0.name == "dpo" })?.record, dpo != record
    else { return nil }
    return record.difference(to: dpo, metric: config.metric)
  }

  private func ranked(_ record: EvaluationRecord, name: String, delta: Difference?) -> RankedLoss? {
    guard let eta = record.estimate(config.metric) else { return nil }
    return RankedLoss(
      name: name, eta: eta, kl: record.estimate("kl")?.mean, difference: delta)
  }
}
