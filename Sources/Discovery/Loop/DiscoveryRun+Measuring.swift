import Foundation
import Host
import Losses

/// The steps of a run that train policies, from the cheap to the costly, and what is made of them.
extension DiscoveryRun {
  /// A baseline is measured fully whatever the cheap stage says of it.
  func evaluateBaseline(_ name: String) throws {
    if state.baselines.last?.name != name { try append(.baselineStarted(.init(name: name))) }
    notify(.init(.baseline, "evaluating", name: name))
    if let stage = config.cheapStage, state.baselines.last?.screening == nil {
      let screening = try guarded(.screening) {
        stage.result(
          of: try soundScreening(
            try screener().evaluate(baseline: name, seeds: stage.seeds) {
              try relayScreening($0, name: name)
            }, stage))
      }
      try append(.screened(screening))
    }
    try tuneBaseline(name)
    let tuned = state.baselines.last?.tuned ?? [:]
    let record = try guarded(.baseline) {
      let record = try parts.evaluator.evaluate(
        EvaluationRequest(.baseline, name: name, seeds: config.seeds, tunables: tuned)
      ) { try relay($0, name: name) }
      let sound = try soundRecord(record, seeds: config.seeds)
      // Without DPO there is nothing to compare with, and DPO is known to be well.
      if name == "dpo", !sound.finding.verdict.isOK {
        throw LossmithError(
          .hostFault, "The baseline dpo failed: \(sound.finding.verdict). \(sound.finding.message)",
          remedy: sound.finding.remedy.isEmpty ? nil : sound.finding.remedy)
      }
      return sound
    }
    try writeRecord(record, in: "baselines/\(CandidateName.slug(name))")
    try append(.baselineEvaluated(.init(record: record)))
    let eta = record.estimate(config.metric).map { "η = \($0.text)" }
    notify(.init(.baseline, eta ?? record.finding.verdict.description, name: name))
  }

  /// Trains a candidate on the cheap stage.
  func screen(_ candidate: RunState.Candidate) throws {
    guard let stage = config.cheapStage, let name = candidate.name,
      let folder = candidate.folder, let file = try library(of: candidate)
    else { return }
    if !candidate.screeningStarted { try append(.screeningStarted, at: candidate.place) }
    notify(candidate.progress(.screen, "checking, then training on \(stage.task)"))
    let screening = try guarded(.screening) {
      var record: EvaluationRecord
      do {
        record = try screener().evaluate(library: file, name: name, seeds: stage.seeds) {
          try relayScreening($0, candidate: candidate)
        }
      } catch let failure as LossFailure {
        record = failed(name, failure.finding)
      }
      return stage.result(
        of: try soundScreening(record, stage), after: state.screenings(before: candidate.index))
    }
    try directory.write(
      try RunJSON.encode(screening, pretty: true), "screening.json", in: folder)
    try append(.screened(screening), at: candidate.place)
    if let eta = screening.eta {
      notify(candidate.progress(.screen, "\(stage.task) η = \(eta.text)"))
    }
  }

  /// Trains a candidate on the task with its first seeds.
  func evaluate(_ candidate: RunState.Candidate) throws {
    guard let name = candidate.name, let folder = candidate.folder,
      let file = try library(of: candidate)
    else { return }
    if !candidate.evaluationStarted { try append(.evaluationStarted, at: candidate.place) }
    notify(candidate.progress(.check, "checking"))
    let record = try measure(
      file, name: name, seeds: config.candidateSeeds, candidate: candidate)
    try writeRecord(record, in: folder)
    try append(.evaluated(.init(record: record)), at: candidate.place)
  }

  /// Trains a candidate in the race with one more seed.
  func extend(_ finalist: RunState.Candidate, seed: UInt64) throws {
    guard let name = finalist.name, let folder = finalist.folder else { return }
    let file = try finalistLibrary(finalist)
    if !finalist.extensionStarted { try append(.extensionStarted, at: finalist.place) }
    notify(finalist.progress(.finalist, "further seed \(seed)"))
    let record = try measure(file, name: name, seeds: [seed], candidate: finalist)
    let whole = finalist.measurement?.joined(with: record) ?? record
    try writeRecord(whole, in: folder)
    try append(.extended(.init(record: record)), at: finalist.place)
    if case .measured(_, let eta, _) = state.outcome(
      of: state.candidates[finalist.index - 1], metric: config.metric)
    {
      notify(finalist.progress(.finalist, "η = \(eta.text)"))
    } else {
      notify(finalist.progress(.finalist, "\(record.finding.verdict)"))
    }
  }

  /// Gives a candidate its last word and writes what the proposer is told.
  func judge(_ candidate: RunState.Candidate) throws {
    let record = candidate.refusal == nil ? candidate.record : nil
    let screening = candidate.refusal == nil ? candidate.screening : nil
    var finding =
      candidate.refusal ?? record?.finding ?? screening?.record.finding ?? Finding(.ok)
    let eta = record?.estimate(config.metric)
    let delta = record.flatMap { difference(of: $0) }
    let stop = record == nil && screening?.isStop == true ? screening : nil
    if let stop { finding.message = stop.sentence }
    let feedback = try guarded(.prompt) {
      if let eta {
        try parts.prompts.feedback(successFeedback(on: candidate, eta: eta, delta: delta))
      } else if let stop, let told = stoppedFeedback(on: candidate, stop) {
        try parts.prompts.feedback(told)
      } else {
        try parts.prompts.feedback(failureFeedback(on: candidate, finding: finding))
      }
    }
    try append(
      .judged(
        .init(
          finding: finding, eta: eta, delta: delta, feedback: feedback, stoppedAt: stop?.stage)),
      at: candidate.place)
    let stopText = stop.map { "stopped at \($0.stage)" }
    notify(
      candidate.progress(
        .verdict, eta.map { "η = \($0.text)" } ?? stopText ?? "\(finding.verdict)"))
  }

  // MARK: - Parts

  func measure(
    _ library: URL, name: String, seeds: [UInt64], candidate: RunState.Candidate,
    isConfirmation: Bool = false
  ) throws -> EvaluationRecord {
    try guarded(.evaluation) {
      do {
        return try soundRecord(
          try parts.evaluator.evaluate(
            request(
              of: candidate, library, name: name, seeds: seeds, isConfirmation: isConfirmation)
          ) { try relay($0, candidate: candidate) }, seeds: seeds)
      } catch let failure as LossFailure {
        return try soundRecord(failed(name, failure.finding), seeds: seeds)
      }
    }
  }

  func failed(_ name: String, _ finding: Finding) -> EvaluationRecord {
    EvaluationRecord(
      plugin: name, finding: finding,
      referenceHash: state.baselines.first?.record?.referenceHash ?? "", seeds: [], seconds: 0)
  }

  private func screener() throws -> any CandidateEvaluator {
    guard let screener = parts.screener else {
      throw LossmithError(.hostFault, "The run has a cheap stage and nothing to train it with.")
    }
    return screener
  }

  func soundScreening(
    _ record: EvaluationRecord, _ stage: CheapStage
  ) throws -> EvaluationRecord {
    try soundRecord(
      record, seeds: stage.seeds, metric: stage.metric,
      reference: state.baselines.first?.screening?.record.referenceHash)
  }

  func writeRecord(_ record: EvaluationRecord, in folder: String) throws {
    try directory.write(try RunJSON.encode(record, pretty: true), "evaluation.json", in: folder)
  }

  /// The candidate's library; nil when it had vanished, or was not the one that was recorded, and was
  /// built anew, so that the plan is asked again.
  func library(of candidate: RunState.Candidate) throws -> URL? {
    guard let library = candidate.library else { return nil }
    let file = directory.url.appending(path: library.path)
    if isIntact(file, library) { return file }
    // Somebody tidied up between two sessions; the journal has the source.
    try build(candidate)
    return nil
  }

  /// Whether a file is the library that the journal tells of. What is trained is what was inspected.
  func isIntact(_ file: URL, _ library: JournalEvent.Library) -> Bool {
    (try? SHA256Digest(file: file).hex) == library.sha256
  }

  /// The library of a candidate that has its verdict already, so that a build is no event.
  func finalistLibrary(_ finalist: RunState.Candidate) throws -> URL {
    let file = directory.url.appending(path: finalist.library?.path ?? "")
    guard finalist.library.map({ !isIntact(file, $0) }) ?? true, let proposal = finalist.proposal,
      let name = finalist.name, let folder = finalist.folder
    else { return file }
    let bytes = try guarded(.build) {
      let result = try parts.evaluator.build(proposal, name: name) { _ in try heedInterrupt() }
      switch result {
      case .built(let built): return try Data(contentsOf: built.file)
      case .refused(let finding):
        throw LossmithError(
          .hostFault,
          "The library of \(name) is gone or was changed, and cannot be built again: \(finding.message)",
          at: file.path, remedy: "Restore the file from a copy.")
      }
    }
    try directory.write(bytes, "loss.so", in: folder)
    return file
  }
}
