import Foundation
import Losses

/// Makes the request for the next reply from a run's state, as a ``PromptPlan`` wants it.
///
/// A function of state, configuration and plan: a resumed run asks what it would have asked.
struct Conversation {
  var plan: PromptPlan
  var config: RunConfig
  var state: RunState
  var prompts: any PromptWriter

  /// - Parameter archive: the baselines with their sources; called for a digest only.
  func request(
    generation: Int, attempt: Int, archive: () throws -> ArchivePrompt
  ) throws -> ProposalRequest {
    var request = ProposalRequest(
      generation: generation, attempt: attempt, index: state.candidates.count,
      system: state.opening?.system ?? "", opening: state.opening?.opening ?? "", exchanges: [])
    request.past = state.pastReplies(metric: config.metric)
    if config.plan.isBlind {
      request.past = request.past.map { PastReply(model: $0.model, payoff: nil) }
      return request
    }
    if plan.isDigest {
      let (digest, basis) = try digest(generation: generation, archive: try archive())
      request.opening = try prompts.digest(digest)
      request.basis = basis
    }
    let shown = state.candidates.filter {
      if $0.generation == generation { return true }
      if plan.isDigest { return false }
      return !plan.hidden.contains(.failures) || $0.judgement?.finding.verdict.isOK == true
    }
    request.exchanges = shown.map {
      .init(reply: told($0), feedback: $0.judgement?.feedback ?? "")
    }
    if plan.showsImages, !plan.hidden.contains(.curves),
      let last = shown.last ?? (plan.isDigest ? state.candidates.last : nil)
    {
      request.images = picture(of: last).map { [$0] } ?? []
    }
    return request
  }

  /// A reply as a model is shown it again.
  private func told(_ candidate: RunState.Candidate) -> String {
    guard plan.hidden.contains(.thoughts), let proposal = candidate.proposal else {
      return candidate.reply.text
    }
    let bare = ["name": proposal.name, "code": proposal.code]
    return (try? RunJSON.encode(bare)).map { String(decoding: $0, as: UTF8.self) }
      ?? candidate.reply.text
  }

  /// The learning curves of a candidate that was trained on the task.
  private func picture(of candidate: RunState.Candidate) -> Data? {
    candidate.record.flatMap { CurveReadout.mean(of: $0) }.flatMap { CurveImage.png($0) }
  }

  // MARK: - Digest

  private func digest(
    generation: Int, archive: ArchivePrompt
  ) throws -> (DigestPrompt, ProposalBasis?) {
    let measured = measuredProposals()
    let choice = choice(generation: generation, measured)
    let isVisible: (String) -> Bool = { name in choice.visible?.contains(name) ?? true }
    var proposals = kept(measured.filter { isVisible($0.loss.name) })
    if choice.showsParentsOnly {
      proposals = measured.filter { proposal in
        choice.parents.contains { $0.name == proposal.loss.name }
      }
    }
    proposals = sorted(proposals)
    var digest = DigestPrompt(
      archive: archive, proposals: proposals.map(\.loss), assignment: choice.assignment,
      niches: choice.niches, isSorted: plan.order != .time)
    digest.parents = choice.parents.map(\.name)
    if !plan.hidden.contains(.failures), !choice.showsParentsOnly, plan.history != .none {
      digest.failures = failures(before: generation, island: choice.basis?.island)
    }
    return (digest, choice.basis)
  }

  private struct Measured {
    var loss: RankedLoss
    var index: Int
  }

  /// In the order of their replies.
  private func measuredProposals() -> [Measured] {
    state.candidates.compactMap { candidate in
      guard let eta = candidate.judgement?.eta, let name = candidate.name,
        let proposal = candidate.proposal
      else { return nil }
      var loss = RankedLoss(
        name: name, eta: eta, kl: candidate.record?.estimate("kl")?.mean,
        difference: candidate.judgement?.delta, code: proposal.code)
      loss.thought = plan.hidden.contains(.thoughts) ? "" : proposal.thought
      if !plan.hidden.contains(.curves) {
        loss.curves = candidate.record.flatMap { CurveReadout.mean(of: $0)?.lines } ?? []
      }
      return Measured(loss: loss, index: candidate.index)
    }
  }

  private func kept(_ proposals: [Measured]) -> [Measured] {
    switch plan.history {
    case .all: proposals
    case .none: []
    case .last(let count): Array(proposals.suffix(count))
    case .top(let count):
      proposals.sorted { ($1.loss.eta.mean, $0.index) < ($0.loss.eta.mean, $1.index) }
        .prefix(count).sorted { $0.index < $1.index }
    }
  }

  private func sorted(_ proposals: [Measured]) -> [Measured] {
    switch plan.order {
    case .time: proposals
    case .best: proposals.sorted { ($1.loss.eta.mean, $0.index) < ($0.loss.eta.mean, $1.index) }
    case .worst: proposals.sorted { ($0.loss.eta.mean, $0.index) < ($1.loss.eta.mean, $1.index) }
    }
  }

  private func failures(before generation: Int, island: Int?) -> [FailedLoss] {
    state.candidates.compactMap { candidate in
      guard candidate.generation < generation, let judgement = candidate.judgement,
        judgement.eta == nil, let name = candidate.name,
        island == nil || candidate.reply.basis?.island == island
      else { return nil }
      return FailedLoss(name: name, finding: judgement.finding)
    }.suffix(12)
  }

  // MARK: - Selection

  private struct Choice {
    var parents: [Parent] = []
    /// Names of the proposals that may be shown; nil for all.
    var visible: Set<String>?
    var showsParentsOnly = false
    var basis: ProposalBasis?
    var assignment = DigestPrompt.Assignment.next
    var niches: [String] = []
  }

  private func choice(generation: Int, _ measured: [Measured]) -> Choice {
    var result = Choice()
    let losses = parents(measured)
    // A retry is built on what the first try of its generation was.
    let index =
      state.candidates.first { $0.generation == generation }
      .map { $0.index - 1 } ?? state.candidates.count
    var draw = ParentChoice(losses, seed: plan.seed, index: index)
    switch plan.selection {
    case .dialogue: return result
    case .parents(let count):
      result.parents = draw.parents(count)
      result.showsParentsOnly = true
      result.assignment = .improve
    case .crossover:
      result.parents = draw.couple()
      result.showsParentsOnly = true
      result.assignment = result.parents.count > 1 ? .combine : .improve
    case .mapElites:
      result.parents = draw.elite().map { [$0] } ?? []
      result.showsParentsOnly = true
      result.assignment = .improveNiche
      result.niches = draw.elites().map { entry in
        plan.hidden.contains(.fitness)
          ? "\(entry.niche.text): \(entry.elite.name)"
          : "\(entry.niche.text): \(entry.elite.name), η = "
            + Readout.fixed(entry.elite.mean, decimals: 4)
      }
    case .islands(let count):
      let island = ParentChoice.island(ofGeneration: generation, of: count)
      let generations = Dictionary(
        uniqueKeysWithValues: state.candidates.map { ($0.index, $0.generation) })
      let known = draw.known(
        to: island, of: count, atGeneration: generation, generations: generations)
      result.visible = Set(known.map(\.name))
      result.basis = ProposalBasis(island: island)
      return result
    }
    result.basis = ProposalBasis(parents: result.parents.map(\.name))
    return result
  }

  /// Everything with an η, baselines first, then proposals in their order.
  private func parents(_ measured: [Measured]) -> [Parent] {
    var losses: [Parent] = []
    for baseline in state.baselines {
      guard let record = baseline.record, let eta = record.estimate(config.metric) else { continue }
      losses.append(
        Parent(
          name: baseline.name, mean: eta.mean, kl: record.estimate("kl")?.mean,
          slopes: state.opening?.slopes?[baseline.name] ?? SlopeSigns.unknown))
    }
    for proposal in measured {
      let candidate = state.candidates[proposal.index - 1]
      losses.append(
        Parent(
          name: proposal.loss.name, mean: proposal.loss.eta.mean, kl: proposal.loss.kl,
          slopes: candidate.library?.slopes ?? SlopeSigns.unknown, index: proposal.index,
          island: candidate.reply.basis?.island))
    }
    return losses
  }
}
