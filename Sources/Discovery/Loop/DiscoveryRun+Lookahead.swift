import Foundation
import Losses

/// A reply that the run has not come to, read ahead of its time.
struct Foreseen {
  var reply: ProposalReply
  /// nil for one that cannot be read.
  var proposal: Proposal?
}

/// What the run will come to, told to its workers so that none of them waits.
///
/// The journal stays that of a run that does one thing after another: each result is taken when its
/// step comes. Only what can be known is announced. A proposal is told of losses that are so far behind
/// it (``SearchPlan/lookahead``) that they have their verdicts, so it is the same whether it is asked
/// for now or when the run comes to it.
extension DiscoveryRun {
  static let nameOfUnreadable = "unreadable"

  /// Announces what follows a step, the step itself included.
  func lookAhead(from step: RunPlan.Step) throws {
    guard let pool = parts.pool else { return }
    switch step {
    case .stop, .probeCatalogue: pool.announce([])
    case .baseline: pool.announce(baselineWork())
    case .extend, .confirmBaseline, .confirm: pool.announce(closingWork())
    case .open, .ask, .read, .build, .fingerprint, .screen, .tune, .evaluate, .judge, .close:
      pool.announce(try proposalWork(pool))
    }
  }

  /// What a proposer without words is told.
  func addOutcomes(to request: inout ProposalRequest) {
    if config.plan.isBlind { return }
    request.outcomes = state.proposalOutcomes(
      metric: config.metric, for: request.index, lookahead: config.plan.lookahead ?? 1)
    request.baselines = state.baselineOutcomes(metric: config.metric)
  }

  // MARK: - Parts

  private func baselineWork() -> [WorkItem] {
    // A tuned loss is trained with what the tuning finds.
    guard config.plan.tuning.isEmpty else { return [] }
    return config.baselines.flatMap { name -> [WorkItem] in
      let known = state.baselines.first { $0.name == name }
      if known?.record != nil { return [] }
      var work: [WorkItem] = []
      if let stage = config.cheapStage, known?.screening == nil {
        work.append(.screen(.init(.baseline, name: name, seeds: stage.seeds)))
      }
      return work
        + PooledEvaluator.items(.init(.baseline, name: name, seeds: config.seeds))
    }
  }

  private func closingWork() -> [WorkItem] {
    let race = Race(state, config: config)
    var work = race.waitsFor.flatMap { index, seed in
      finalistWork(state.candidates[index - 1], seeds: [seed])
    }
    guard !config.plan.confirmation.isEmpty else { return work }
    if state.confirmation == nil {
      work += confirmationRequests.flatMap { PooledEvaluator.items($0) }
    }
    for index in race.finalists where state.candidates[index - 1].confirmation == nil {
      work += finalistWork(
        state.candidates[index - 1], seeds: config.plan.confirmation, isConfirmation: true)
    }
    return work
  }

  private func finalistWork(
    _ finalist: RunState.Candidate, seeds: [UInt64], isConfirmation: Bool = false
  ) -> [WorkItem] {
    guard let name = finalist.name, let library = finalist.library else { return [] }
    let file = directory.url.appending(path: library.path)
    guard isIntact(file, library) else { return [] }
    return PooledEvaluator.items(
      request(of: finalist, file, name: name, seeds: seeds, isConfirmation: isConfirmation))
  }

  /// As the run will ask for it.
  func request(
    of candidate: RunState.Candidate, _ library: URL, name: String, seeds: [UInt64],
    isConfirmation: Bool
  ) -> EvaluationRequest {
    EvaluationRequest(
      .library(library), name: name, seeds: seeds, tunables: candidate.tuned ?? [:],
      measuresUntold: isConfirmation && config.plan.measuresUntold == true)
  }

  /// Build, fingerprint, cheap stage and first seeds of the candidate in hand and of those after it.
  private func proposalWork(_ pool: WorkerPool) throws -> [WorkItem] {
    let first = 1 + state.candidates.prefix { $0.judgement != nil }.count
    foreseen = foreseen.filter { $0.key >= first }
    var work: [WorkItem] = []
    var names = Set(config.baselines)
    var codes: Set<String> = []
    for candidate in state.candidates.prefix(first - 1) {
      if let name = candidate.name { names.insert(name) }
      if let code = candidate.proposal?.code { codes.insert(code) }
    }
    var known =
      (state.catalogue ?? []) + state.candidates.prefix(first - 1).compactMap(\.fingerprint?.probed)
    var screenings = state.screenings(before: first)
    // Whether all that decides who goes on to the task is there.
    var isSettled = true
    for index in first..<(first + max(1, config.plan.lookahead ?? 1)) {
      let candidate = index <= state.candidates.count ? state.candidates[index - 1] : nil
      guard let next = try foresee(index, candidate) else { break }
      if candidate?.refusal != nil { continue }
      guard let proposal = candidate?.proposal ?? next.proposal,
        codes.insert(proposal.code).inserted
      else { continue }
      let name = candidate?.name ?? CandidateName.unique(proposal.name, among: names)
      names.insert(name)

      var library = candidate?.library.map { directory.url.appending(path: $0.path) }
      if library == nil {
        let item = WorkItem.build(proposal, name: name)
        switch pool.result(of: item) {
        case .built(.built(let built)): library = built.file
        case .built(.refused): break
        default: isSettled = false
        }
        work.append(item)
      }
      guard let library else { continue }
      if config.plan.duplicates != .unseen {
        let item = WorkItem.probe(.library(library), name: name)
        var probed = candidate?.fingerprint?.probed
        if probed == nil {
          work.append(item)
          if case .probed(let found) = pool.result(of: item) { probed = found }
        }
        guard let probed else {
          isSettled = false
          continue
        }
        if twin(of: probed, among: known).flatMap({ refusal(of: $0) }) != nil { continue }
        known.append(probed)
      }
      if let stage = config.cheapStage {
        var screening = candidate?.screening
        if screening == nil {
          let item = WorkItem.screen(.init(.library(library), name: name, seeds: stage.seeds))
          work.append(item)
          if case .measured(let record) = pool.result(of: item),
            let sound = try? soundScreening(record, stage)
          {
            screening = stage.result(of: sound, after: screenings)
          }
        }
        guard let screening else {
          isSettled = false
          continue
        }
        screenings.append(screening)
        guard screening.passed else { continue }
      }
      guard isSettled, config.plan.tuning.isEmpty, candidate?.record == nil else { continue }
      work += PooledEvaluator.items(
        .init(.library(library), name: name, seeds: config.candidateSeeds))
    }
    return work
  }

  /// The reply of a candidate, asked for ahead of its time if the proposer allows that.
  private func foresee(_ index: Int, _ candidate: RunState.Candidate?) throws -> Foreseen? {
    if let known = foreseen[index] { return known }
    var reply = candidate?.reply
    if reply == nil {
      guard parts.proposer.canBeAskedAhead, config.plan.lookahead != nil, state.opening != nil,
        !state.isExhausted
      else { return nil }
      var request = ProposalRequest(
        generation: state.generations.count + 1, attempt: 0, index: index - 1,
        system: state.opening?.system ?? "", opening: state.opening?.opening ?? "",
        exchanges: [])
      if !config.plan.isBlind {
        request.exchanges = (1..<index).compactMap { earlier in
          let reply =
            earlier <= state.candidates.count
            ? state.candidates[earlier - 1].reply : foreseen[earlier]?.reply
          return reply.map { .init(reply: $0.text, feedback: "") }
        }
      }
      addOutcomes(to: &request)
      // What goes wrong here goes wrong again when the run asks, and is told then.
      reply = try? parts.proposer.propose(request)
    }
    guard let reply else { return nil }
    let read = Foreseen(reply: reply, proposal: try? parts.parse(reply))
    foreseen[index] = read
    return read
  }
}
