import Foundation
import Losses

/// What stands between the run and the parts that it calls.
extension DiscoveryRun {
  /// Runs work of a part and sorts what it throws.
  ///
  /// - Throws: `interrupted`, `storage` and ``BudgetSpent`` as they are; ``HostFault`` for all else.
  func guarded<Result>(_ step: HostFault.Step, _ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch let spent as BudgetSpent {
      throw spent
    } catch let error as LossmithError {
      if error.code == .interrupted || error.code == .storage { throw error }
      throw HostFault(step: step, error: error)
    } catch {
      throw HostFault(
        step: step,
        error: LossmithError(.hostFault, "The \(step.rawValue) failed.", underlying: error))
    }
  }

  /// A host fault that came as a verdict is one all the same.
  func refuseHostFault(_ finding: Finding) throws {
    guard case .hostFault(let cause) = finding.verdict else { return }
    throw LossmithError(
      .hostFault, finding.message.isEmpty ? cause : finding.message,
      remedy: finding.remedy.isEmpty ? nil : finding.remedy)
  }

  /// An evaluator's record on the task, held to its promises: numbers exactly when the verdict is `ok`.
  ///
  /// - Throws: `LossmithError` (`hostFault`) for a host fault, or for a record that breaks the
  ///   evaluator's contract or belongs to another reference policy than the run's.
  func soundRecord(_ record: EvaluationRecord, seeds: [UInt64]) throws -> EvaluationRecord {
    try soundRecord(
      record, seeds: seeds, metric: config.metric,
      reference: state.baselines.first?.record?.referenceHash)
  }

  /// The same for a record of any task.
  ///
  /// - Parameter reference: hash of the reference policy that the record must belong to; nil for any.
  func soundRecord(
    _ record: EvaluationRecord, seeds: [UInt64], metric: String, reference: String?
  ) throws -> EvaluationRecord {
    try refuseHostFault(record.finding)
    var sound = record
    guard record.finding.verdict.isOK else {
      sound.seeds = []
      return sound
    }
    guard record.seeds.map(\.seed) == seeds else {
      throw LossmithError(
        .hostFault, "The evaluation of \(record.plugin) does not have the run's seeds.")
    }
    let values = record.seeds.map { $0.metrics[metric] }
    guard !values.contains(nil) else {
      throw LossmithError(
        .hostFault, "The evaluation of \(record.plugin) does not have the metric \(metric).")
    }
    if let reference, reference != record.referenceHash {
      throw LossmithError(
        .hostFault,
        "The reference policy is not the one that the run began with, so its numbers cannot be"
          + " compared.",
        remedy: "Use the program, the task and the machine settings that the run began with.")
    }
    guard values.allSatisfy({ $0?.isFinite ?? false }) else {
      sound.finding = Finding(
        .failed(check: "eta"), "The trained policy's \(metric) is not a finite number.",
        remedy: "Bound the loss or its gradient, so that training does not blow up.")
      sound.seeds = []
      return sound
    }
    return sound
  }

  /// `duplicate` when an earlier candidate had the same source text.
  func earlierTwin(of candidate: RunState.Candidate) -> Finding? {
    func text(_ candidate: RunState.Candidate) -> String? {
      candidate.proposal?.code.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard let code = text(candidate),
      let twin = state.candidates.first(where: { $0.index < candidate.index && text($0) == code }),
      let name = twin.name
    else { return nil }
    var message = "The code is that of \(name), letter for letter"
    if let judgement = twin.judgement {
      message += ", which got the verdict \(judgement.finding.verdict)"
      if let eta = judgement.eta, tellsFitness { message += " and η = \(eta.text)" }
      if let stage = judgement.stoppedAt { message += " and was stopped at \(stage)" }
    }
    return Finding(
      .duplicate(of: name), message + ".", remedy: "Propose a loss that differs from all earlier.")
  }

  /// The candidate in hand.
  func current() throws -> RunState.Candidate {
    guard let candidate = state.candidates.last else {
      throw LossmithError(.hostFault, "The run has no candidate in hand.")
    }
    return candidate
  }

  /// The same for the cheap stage, whose stages are one for people.
  func relayScreening(
    _ progress: EvaluationProgress, candidate: RunState.Candidate? = nil, name: String? = nil
  ) throws {
    notify(
      .init(
        .screen, progress.message, generation: candidate?.generation, attempt: candidate?.attempt,
        candidate: candidate?.index, name: candidate?.name ?? name, fraction: progress.fraction))
    try heedInterrupt()
  }

  /// Passes an evaluator's word on, and lets Ctrl-C through.
  func relay(
    _ progress: EvaluationProgress, candidate: RunState.Candidate? = nil, name: String? = nil
  ) throws {
    notify(
      .init(
        progress.stage == .check ? .check : .train, progress.message,
        generation: candidate?.generation, attempt: candidate?.attempt,
        candidate: candidate?.index, name: candidate?.name ?? name, fraction: progress.fraction))
    try heedInterrupt()
  }
}

extension RunState.Candidate {
  var place: JournalEvent.Place {
    .init(generation: generation, attempt: attempt, candidate: index)
  }

  func progress(_ stage: RunProgress.Stage, _ message: String) -> RunProgress {
    .init(
      stage, message, generation: generation, attempt: attempt, candidate: index, name: name)
  }
}
