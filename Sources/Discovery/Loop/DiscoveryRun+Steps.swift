import Foundation
import Losses

/// The steps of a run. Each writes what it begins, does it, and writes what came of it; a step
/// that an earlier session began is not announced again.
extension DiscoveryRun {
  func perform(_ step: RunPlan.Step) throws {
    switch step {
    case .baseline(let name): try evaluateBaseline(name)
    case .probeCatalogue: try probeCatalogue()
    case .open: try open()
    case .ask(let generation, let attempt): try ask(generation: generation, attempt: attempt)
    case .read: try read(try current())
    case .build: try build(try current())
    case .fingerprint: try fingerprint(try current())
    case .screen: try screen(try current())
    case .tune: try tune(try current())
    case .evaluate: try evaluate(try current())
    case .judge: try judge(try current())
    case .extend(let index, let seed): try extend(state.candidates[index - 1], seed: seed)
    case .confirmBaseline: try confirmBaseline()
    case .confirm(let index): try confirm(state.candidates[index - 1])
    case .close(let generation, let winner): try close(generation, winner: winner)
    case .stop: break
    }
  }

  private func open() throws {
    let opening = try guarded(.prompt) {
      JournalEvent.Opening(
        system: try parts.prompts.system(),
        opening: try parts.prompts.archive(try archivePrompt()),
        slopes: parts.promptPlan.needsSlopes ? try baselineSlopes() : nil)
    }
    try append(.opened(opening))
  }

  private func baselineSlopes() throws -> [String: String] {
    var slopes: [String: String] = [:]
    for baseline in state.baselines where baseline.record?.finding.verdict.isOK == true {
      slopes[baseline.name] = try parts.evaluator.slopes(baseline: baseline.name)
    }
    return slopes
  }

  private func ask(generation: Int, attempt: Int) throws {
    let place = JournalEvent.Place(
      generation: generation, attempt: attempt, candidate: state.candidates.count + 1)
    notify(
      .init(
        .propose, "asking \(parts.proposer.kind)", generation: generation, attempt: attempt,
        candidate: place.candidate))
    var request = try guarded(.prompt) {
      try Conversation(
        plan: parts.promptPlan, config: config, state: state, prompts: parts.prompts
      ).request(generation: generation, attempt: attempt) { try archivePrompt() }
    }
    addOutcomes(to: &request)
    // What may be paid for is announced when nothing else can come between.
    try heedInterrupt()
    try append(state.isReplyPending ? .repeated : .requested, at: place)
    let known = foreseen[place.candidate ?? 0]?.reply
    let reply: ProposalReply?
    do {
      reply =
        try known
        ?? guarded(.ask) {
          try parts.proposer.propose(request, log: requestLog(at: place))
        }
    } catch is BudgetSpent {
      // The plan comes to the same, and stops the run.
      return
    }
    if let reply {
      try append(.received(reply), at: place)
      notify(
        .init(
          .propose, "answered by \(reply.source)\(reply.bill)", generation: generation,
          attempt: attempt,
          candidate: place.candidate))
    } else {
      try append(.exhausted, at: place)
    }
  }

  /// Each request of a reply has its rows in the journal, and none is made that the budget forbids.
  private func requestLog(at place: JournalEvent.Place) -> RequestLog {
    let allows = { [self] in plan.mayAsk(state, elapsed: directory.journal.elapsed) }
    return RequestLog(
      allows: allows,
      begins: { [self] in
        // The first one was announced with the reply.
        if state.isRequestUnderWay { return }
        guard allows() else { throw BudgetSpent() }
        try append(.repeated, at: place)
      },
      failed: { [self] in try append(.attempted($0), at: place) })
  }

  private func read(_ candidate: RunState.Candidate) throws {
    var proposal: Proposal?
    var refusal = Finding(.ok)
    try guarded(.parse) {
      do {
        proposal = try parts.parse(candidate.reply).mapped(parts.proposer.redacted)
      } catch let failure as LossFailure {
        refusal = failure.finding
      }
    }
    let taken = Set(state.candidates.compactMap(\.name) + config.baselines)
    let name = CandidateName.unique(proposal?.name ?? Self.nameOfUnreadable, among: taken)
    let folder = "candidates/" + CandidateName.folder(index: candidate.index, name: name)
    try directory.write(Data(candidate.reply.text.utf8), "reply.txt", in: folder)
    if let proposal {
      try directory.write(try RunJSON.encode(proposal, pretty: true), "proposal.json", in: folder)
      try directory.write(Data(proposal.code.utf8), "loss.swift", in: folder)
      try append(
        .proposed(.init(name: name, folder: folder, proposal: proposal)), at: candidate.place)
    } else {
      try append(
        .refused(.init(finding: refusal, name: name, folder: folder)), at: candidate.place)
    }
    notify(try current().progress(.parse, proposal == nil ? refusal.message : "read"))
  }

  func build(_ candidate: RunState.Candidate) throws {
    guard let proposal = candidate.proposal, let name = candidate.name,
      let folder = candidate.folder
    else { return }
    if let twin = earlierTwin(of: candidate) {
      try append(.refused(.init(finding: twin)), at: candidate.place)
      return
    }
    if !candidate.buildStarted { try append(.buildStarted, at: candidate.place) }
    notify(candidate.progress(.build, "building"))
    let result = try guarded(.build) {
      var result: BuildResult
      do {
        result = try parts.evaluator.build(proposal, name: name) {
          notify(candidate.progress(.build, $0))
          try heedInterrupt()
        }
      } catch let failure as LossFailure {
        result = .refused(failure.finding)
      }
      if case .refused(let finding) = result { try refuseHostFault(finding) }
      return result
    }
    switch result {
    case .refused(let finding):
      try append(.refused(.init(finding: finding)), at: candidate.place)
    case .built(let built):
      let bytes = try guarded(.build) { try Data(contentsOf: built.file) }
      try directory.write(bytes, "loss.so", in: folder)
      let slopes =
        parts.promptPlan.needsSlopes
        ? try guarded(.build) { try parts.evaluator.slopes(library: built.file, name: name) } : nil
      let library = JournalEvent.Library(
        path: "\(folder)/loss.so", sha256: built.sha256, warnings: built.warnings,
        slopes: slopes)
      try append(.built(library), at: candidate.place)
    }
  }

  private func close(_ generation: Int, winner: Int?) throws {
    let tries = state.candidates.filter { $0.generation == generation }.count
    try append(
      .generationEnded(.init(winner: winner, tries: tries)), at: .init(generation: generation))
    notify(
      .init(
        .generation,
        winner == nil ? "failed after \(tries) tries" : "done",
        generation: generation))
  }
}
