import Losses

/// Algorithm 1 of DiscoPOP (arXiv 2406.08414) as a pure function: what comes next in a run.
///
/// The paper's loop resamples on failure but its published code spends a generation on it; here
/// resampling has its own bound, R further tries a generation.
struct RunPlan {
  enum Step: Hashable {
    case baseline(String)
    /// Take the fingerprints of the catalogue.
    case probeCatalogue
    /// The burn-in is done: make the archive that the proposer starts from.
    case open
    case ask(generation: Int, attempt: Int)
    /// The last candidate: read its reply, build, try it on the cheap stage, evaluate, judge.
    case read, build, fingerprint, screen, tune, evaluate, judge
    /// Train a candidate in the race, by its index, with one more seed.
    case extend(Int, seed: UInt64)
    /// Measure DPO, then the finalists by their indexes, on seeds that no selection saw.
    case confirmBaseline
    case confirm(Int)
    case close(generation: Int, winner: Int?)
    case stop(StopReason)
  }

  var config: RunConfig

  /// - Parameter elapsed: seconds that the run has worked up to now.
  func next(after state: RunState, elapsed: Double) -> Step {
    let measured = Set(state.baselines.filter { $0.record != nil }.map(\.name))
    if let name = config.baselines.first(where: { !measured.contains($0) }) {
      return .baseline(name)
    }
    if config.plan.duplicates != .unseen, state.catalogue == nil { return .probeCatalogue }
    if state.opening == nil { return .open }
    if let candidate = state.candidates.last, candidate.judgement == nil {
      return step(for: candidate)
    }

    let generation = state.generations.count + 1
    let tries = state.candidates.filter { $0.generation == generation }
    if let last = tries.last, last.judgement?.finding.verdict.isOK == true {
      return .close(generation: generation, winner: last.index)
    }
    if tries.count > config.resamples { return .close(generation: generation, winner: nil) }
    if state.isExhausted, !tries.isEmpty { return .close(generation: generation, winner: nil) }
    if let reason = stopReason(state, elapsed: elapsed, isNewGeneration: tries.isEmpty) {
      return reason.isOrderly ? closing(state) ?? .stop(reason) : .stop(reason)
    }
    return .ask(generation: generation, attempt: tries.count)
  }

  private func step(for candidate: RunState.Candidate) -> Step {
    if candidate.refusal != nil || candidate.record != nil { return .judge }
    if candidate.screening?.passed == false { return .judge }
    if candidate.proposal == nil { return .read }
    if candidate.library == nil { return .build }
    if config.plan.duplicates != .unseen, candidate.fingerprint == nil { return .fingerprint }
    if config.cheapStage != nil, candidate.screening == nil { return .screen }
    return !config.plan.tuning.isEmpty && candidate.tuned == nil ? .tune : .evaluate
  }

  /// What a run does once no further proposal is asked for: the race, then the confirmation.
  private func closing(_ state: RunState) -> Step? {
    let race = Race(state, config: config)
    if let (index, seed) = race.waitsFor.first { return .extend(index, seed: seed) }
    guard !config.plan.confirmation.isEmpty, !race.finalists.isEmpty else { return nil }
    if state.confirmation == nil { return .confirmBaseline }
    return race.finalists.first { state.candidates[$0 - 1].confirmation == nil }
      .map { .confirm($0) }
  }

  /// Whether a reply that is asked for already may be asked for once more.
  func mayAsk(_ state: RunState, elapsed: Double) -> Bool {
    stopReason(state, elapsed: elapsed, isNewGeneration: false) == nil
  }

  private func stopReason(_ state: RunState, elapsed: Double, isNewGeneration: Bool)
    -> StopReason?
  {
    if alikeFailures(state).count >= config.breaker { return .breaker }
    if isNewGeneration {
      if let limit = state.generationLimit ?? config.generations,
        state.generations.count >= limit
      {
        return .generations
      }
      if let patience = config.patience, generationsWithoutGain(state) >= patience {
        return .patience
      }
    }
    if state.isExhausted { return .exhausted }
    let budget = config.ownBudget(raisedBy: state.budget)
    if let minutes = budget.minutes {
      let reserve = min(closingSeconds(state), Self.largestReserve * minutes * 60)
      if elapsed + reserve >= minutes * 60 { return .minutes }
    }
    return budget.stop(after: state)
  }

  /// The largest share of a run's minutes that is kept for race and confirmation. A run so short that
  /// they take longer ends later than its minutes say.
  static let largestReserve = 0.4

  /// What race and confirmation of the best are going to take, so that they too end within the minutes
  /// of the run: an estimate in seconds of the clock.
  ///
  /// It is the number of trainings, times the mean time that a worker took for one up to now, times the
  /// seconds of the clock that a worker's second was while the baselines were measured: with two
  /// workers about a half.
  func closingSeconds(_ state: RunState) -> Double {
    let measured = state.candidates.filter { $0.judgement?.eta != nil }.count
    let finalists = min(config.finalists ?? 0, measured)
    guard finalists > 0 else { return 0 }
    var trainings = finalists * config.finalistSeeds.count
    // DPO is confirmed with them, for equal KL with each β of its frontier.
    let ofDPO = config.plan.comparesAtEqualKL ? config.plan.frontierPoints ?? 5 : 1
    trainings += config.plan.confirmation.count * (finalists + ofDPO)
    let baselines = state.baselines.compactMap(\.record)
    let records = baselines + state.candidates.compactMap(\.record)
    let trained = records.reduce(0) { $0 + $1.seeds.count }
    let work =
      baselines.reduce(0) { $0 + $1.seconds }
      + state.baselines.compactMap(\.screening).reduce(0) { $0 + $1.record.seconds }
    guard trained > 0, work > 0 else { return 0 }
    let each = records.reduce(0) { $0 + $1.seconds } / Double(trained)
    return each * Double(trainings) * min(1, state.burnInSeconds / work)
  }

  /// The latest proposals in a row that failed with the same kind of verdict, oldest first.
  func alikeFailures(_ state: RunState) -> ArraySlice<RunState.Candidate> {
    let counted = state.candidates.dropFirst(state.forgiven)
    guard let last = counted.last?.judgement?.finding.verdict, !last.isOK else { return [] }
    let start = counted.lastIndex {
      $0.judgement.map { $0.finding.verdict.likeness != last.likeness } ?? true
    }
    return start.map { counted[($0 + 1)...] } ?? counted
  }

  /// Generations since the best mean rose last; the baselines' best is the mark to beat.
  func generationsWithoutGain(_ state: RunState) -> Int {
    var best =
      state.baselines.compactMap { $0.record?.estimate(config.metric)?.mean }.max() ?? -.infinity
    var waited = 0
    for generation in state.generations {
      let eta = generation.winner.flatMap { state.candidates[$0 - 1].judgement?.eta?.mean }
      if let eta, eta > best {
        (best, waited) = (eta, 0)
      } else {
        waited += 1
      }
    }
    return waited
  }
}

extension Verdict {
  /// What makes two failures alike: the verdict without a step or a name that differs each time.
  var likeness: String {
    switch self {
    case .diverged: "diverged"
    case .duplicate: "duplicate"
    default: description
    }
  }
}
