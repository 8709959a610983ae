import Losses

extension RunState {
  /// Takes one more event in.
  ///
  /// - Throws: `LossmithError` (`runDirectory`) when it cannot follow those before it: the
  ///   journal was changed by something else than this program.
  public mutating func apply(_ event: JournalEvent) throws {
    elapsed = event.elapsed
    let (faultsBefore, stopBefore) = (faults, stop)
    var raised = false
    (faults, stop) = (0, nil)

    switch event.body {
    case .runStarted(let session), .resumed(let session):
      sessions += 1
      environment = session.environment
      // Older programs wrote no event for a request that failed: where the run stopped for that,
      // nothing was under way.
      if isRequestUnderWay, stopBefore?.reason != .proposer {
        (possiblyPaid, lostRequests) = (possiblyPaid + 1, lostRequests + 1)
      }
      isRequestUnderWay = isReplyPending && session.marksRequests != true
      prices = session.prices ?? prices
      endpoint = session.endpoint ?? endpoint
      if let raise = session.budget {
        budget = (budget ?? Budget()).raised(by: raise)
        raised = true
      }
      if let generations = session.generations {
        generationLimit = generations
        raised = true
      }
    case .baselineStarted(let baseline):
      if baselines.isEmpty { burnInStart = event.elapsed }
      baselines.append(.init(name: baseline.name))
    case .baselineEvaluated(let evaluation):
      guard let last = baselines.indices.last else { throw Self.impossible(event) }
      baselines[last].record = evaluation.record
      burnInSeconds = event.elapsed - burnInStart
    case .opened(let opening):
      self.opening = opening
    case .requested:
      (isReplyPending, isRequestUnderWay) = (true, true)
    case .repeated:
      isRequestUnderWay = true
    case .attempted(let attempt):
      isRequestUnderWay = false
      attempts.append(attempt)
      if attempt.mayBePaid { possiblyPaid += 1 }
    case .received(let reply):
      (isReplyPending, isRequestUnderWay) = (false, false)
      guard let generation = event.place.generation, let attempt = event.place.attempt else {
        throw Self.impossible(event)
      }
      candidates.append(
        .init(
          index: candidates.count + 1, generation: generation, attempt: attempt, reply: reply,
          lostRequests: lostRequests, attempts: attempts))
      (lostRequests, attempts) = (0, [])
    case .exhausted:
      (isReplyPending, isRequestUnderWay) = (false, false)
      isExhausted = true
    case .catalogueProbed(let probed):
      catalogue = probed.losses
    case .trialStarted where event.place.candidate == nil:
      guard let last = baselines.indices.last else { throw Self.impossible(event) }
      baselines[last].trialStarted = true
    case .trial(let trial) where event.place.candidate == nil:
      guard let last = baselines.indices.last else { throw Self.impossible(event) }
      baselines[last].trialStarted = false
      baselines[last].trials.append(trial)
    case .tuned(let tuned) where event.place.candidate == nil:
      guard let last = baselines.indices.last else { throw Self.impossible(event) }
      baselines[last].tuned = tuned.tunables
    case .confirmationStarted where event.place.candidate == nil: confirmationStarted = true
    case .confirmed(let evaluation) where event.place.candidate == nil:
      confirmation = evaluation.record
      frontierFinding = evaluation.frontierFinding
    case .screened(let screening) where event.place.candidate == nil:
      guard let last = baselines.indices.last else { throw Self.impossible(event) }
      baselines[last].screening = screening
    case .extensionStarted, .extended, .confirmationStarted, .confirmed:
      guard let index = event.place.candidate, candidates.indices.contains(index - 1),
        candidates[index - 1].record != nil
      else { throw Self.impossible(event) }
      candidates[index - 1].apply(event.body)
    case .proposed, .refused, .buildStarted, .built, .screeningStarted, .screened,
      .evaluationStarted, .evaluated, .judged, .fingerprintStarted, .fingerprinted, .trialStarted,
      .trial, .tuned:
      guard let last = candidates.indices.last, candidates[last].index == event.place.candidate
      else { throw Self.impossible(event) }
      candidates[last].apply(event.body)
    case .generationEnded(let end):
      generations.append(
        .init(number: generations.count + 1, winner: end.winner, tries: end.tries))
    case .hostFault:
      faults = faultsBefore + 1
    case .stopped(let stop):
      self.stop = stop
      if stop.reason == .breaker { forgiven = candidates.count }
    }
    // The program itself writes nothing after the end of a run; a later session is told of it.
    if let stopBefore, stopBefore.reason.isEnd, !raised { stop = stopBefore }
  }

  private static func impossible(_ event: JournalEvent) -> LossmithError {
    LossmithError(
      .runDirectory,
      "Event \(event.id) of the journal (\(event.body.kind)) cannot follow those before it.",
      remedy: "Restore the journal from a copy, or start a new run.")
  }
}

extension RunState.Candidate {
  fileprivate mutating func apply(_ body: JournalEvent.Body) {
    switch body {
    case .proposed(let proposed):
      (name, folder, proposal) = (proposed.name, proposed.folder, proposed.proposal)
    case .refused(let refusal):
      name = refusal.name ?? name
      folder = refusal.folder ?? folder
      self.refusal = refusal.finding
    case .buildStarted: buildStarted = true
    case .built(let library): self.library = library
    case .screeningStarted: screeningStarted = true
    case .screened(let screening): self.screening = screening
    case .extensionStarted: extensionStarted = true
    case .extended(let evaluation):
      extensionStarted = false
      further = further?.joined(with: evaluation.record) ?? evaluation.record
    case .confirmationStarted: confirmationStarted = true
    case .confirmed(let evaluation): confirmation = evaluation.record
    case .fingerprintStarted: fingerprintStarted = true
    case .fingerprinted(let found):
      fingerprint = found
      refusal = found.refusal
    case .trialStarted: trialStarted = true
    case .trial(let trial):
      trialStarted = false
      trials.append(trial)
    case .tuned(let tuned): self.tuned = tuned.tunables
    case .evaluationStarted: evaluationStarted = true
    case .evaluated(let evaluation): record = evaluation.record
    case .judged(let judgement): self.judgement = judgement
    default: break
    }
  }
}
