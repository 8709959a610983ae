import Foundation
import Losses

/// A discovery: asks a proposer for losses, evaluates them and tells it what came of them, until
/// the configuration says stop.
///
/// What comes next is always read off the journal's state (``RunPlan``), so a resumed run goes on
/// where the last one ended, whatever ended it. An instance belongs to one thread.
public final class DiscoveryRun {
  /// The parts that a run works with.
  public struct Parts {
    public var proposer: any Proposer
    public var evaluator: any CandidateEvaluator
    /// Trains on the cheap stage; needed exactly when the configuration names one.
    public var screener: (any CandidateEvaluator)?
    public var prompts: any PromptWriter
    /// Whose workers evaluator and screener are, so that work can be announced; nil where each step
    /// waits for the one before it.
    public var pool: WorkerPool?
    /// What of the run a request shows.
    public var promptPlan = PromptPlan()
    /// For replies that an earlier session booked without a cost.
    public var prices: PriceBook?
    /// The proposer's settings in this session; nil for those that the run has.
    public var proposerSettings: [String: String]?
    /// Reads a reply; throws `LossFailure` with `rejected(parse)` for one that cannot be read.
    public var parse: (ProposalReply) throws -> Proposal
    /// Takes what happens, on the run's thread, after the journal has it.
    public var observe: (RunProgress) -> Void
    /// Whether the user pressed Ctrl-C; asked between all steps.
    public var isInterrupted: () -> Bool

    public init(
      proposer: any Proposer, evaluator: any CandidateEvaluator,
      screener: (any CandidateEvaluator)? = nil, prompts: any PromptWriter,
      parse: @escaping (ProposalReply) throws -> Proposal = { try ReplyParser().parse($0) },
      observe: @escaping (RunProgress) -> Void = { _ in },
      isInterrupted: @escaping () -> Bool = { false }
    ) {
      self.proposer = proposer
      self.evaluator = evaluator
      self.screener = screener
      self.prompts = prompts
      self.parse = parse
      self.observe = observe
      self.isInterrupted = isInterrupted
    }
  }

  /// How a session of the run ended.
  public struct Outcome: Sendable {
    public var reason: StopReason
    /// What to print and exit with; nil when the run reached its end.
    public var error: LossmithError?
    public var summary: RunSummary

    /// `success` at the end of a run, however many candidates failed.
    public var exitStatus: ExitStatus { error?.code.exitCode ?? .success }
  }

  public let directory: RunDirectory
  public private(set) var state: RunState
  let parts: Parts
  let plan: RunPlan
  /// Replies that the run has not come to, by the number of their candidate.
  var foreseen: [Int: Foreseen] = [:]
  /// Limits that this session puts in place of earlier ones.
  private let raise: Budget?
  /// Generations that this session puts in place of the configuration's.
  private let generations: Int?
  var config: RunConfig { plan.config }

  /// - Parameters:
  ///   - raise: limits for a run that is taken up again, in place of those that it has.
  ///   - generations: for a run that is taken up again, or follows another one, in place of those that
  ///     it has.
  /// - Throws: `LossmithError` (`runDirectory`, `storage`) when the journal cannot be read, `usage`
  ///   for limits that make no sense, and for fewer generations than are done.
  public init(
    in directory: RunDirectory, parts: Parts, raise: Budget? = nil, generations: Int? = nil
  )
    throws
  {
    try raise?.validate()
    self.directory = directory
    self.parts = parts
    self.raise = raise?.isEmpty == false ? raise : nil
    plan = RunPlan(config: directory.config)
    state = try RunState.fold(try directory.journal.events())
    if let generations, generations < state.generations.count {
      throw LossmithError(
        .usage,
        "The run has done \(state.generations.count) generations, more than \(generations).",
        at: "--generations",
        remedy: "Give a number above \(state.generations.count) to go on, or leave it out.")
    }
    let limit = state.generationLimit ?? directory.config.generations
    self.generations = generations == limit ? nil : generations
  }

  /// Works until the run stops. A run that has ended already is left as it is.
  ///
  /// - Throws: `LossmithError` (`storage`) when the run directory cannot be written: there is no
  ///   way to record that. Everything else that stops a run is an outcome.
  public func run() throws -> Outcome {
    if let stop = state.stop, stop.reason.isEnd, !isRaised(stop.reason) {
      return outcome(stop.reason)
    }
    parts.pool?.announce([])
    defer { parts.pool?.whileWaiting = {} }
    do {
      try begin()
      while true {
        try heedInterrupt()
        let step = plan.next(after: state, elapsed: directory.journal.elapsed)
        try lookAhead(from: step)
        parts.pool?.whileWaiting = { [unowned self] in try lookAhead(from: step) }
        if case .stop(let reason) = step { return try stop(reason) }
        do {
          try perform(step)
        } catch let fault as HostFault {
          try record(fault)
          if !fault.isWorthARetry || state.faults > 1 {
            return try stop(fault.step == .ask ? .proposer : .hostFault, error: fault.error)
          }
        }
      }
    } catch let error as LossmithError where error.code == .interrupted {
      return try stop(.interrupted, error: error)
    }
  }

  /// Whether this session goes on where a limit had ended the run.
  private func isRaised(_ reason: StopReason) -> Bool {
    reason == .generations
      ? generations.map { $0 > state.generations.count } ?? false
      : reason.isBudget && raise != nil
  }

  private func begin() throws {
    let environment = parts.evaluator.environment
    let endpoint = parts.proposerSettings.flatMap { config.changedEndpoint($0, after: state) }
    if state.sessions == 0 {
      try append(
        .runStarted(
          .init(
            environment: environment, inFlight: nil, budget: raise, generations: generations,
            marksRequests: true, endpoint: endpoint)))
      notify(.init(.start, "Run on task \(config.taskName) in \(directory.url.path)"))
    } else {
      let inFlight = state.inFlight
      let prices = parts.prices == state.prices ? nil : parts.prices
      try append(
        .resumed(
          .init(
            environment: environment, inFlight: inFlight, budget: raise, generations: generations,
            marksRequests: true, prices: prices, endpoint: endpoint)))
      let again = inFlight.map { "; done again: \($0)" } ?? ""
      notify(
        .init(
          .start,
          "Resumed in \(directory.url.path) after \(state.generations.count) generations"
            + again))
    }
  }

  private func record(_ fault: HostFault) throws {
    if fault.step == .ask { return }
    try append(
      .hostFault(
        .init(
          step: fault.step.rawValue, code: fault.error.code.rawValue,
          message: fault.error.message, remedy: fault.error.remedy)))
    notify(.init(.fault, fault.error.message))
  }

  private func stop(_ reason: StopReason, error: LossmithError? = nil) throws -> Outcome {
    var error = error
    if reason == .breaker { error = breakerError() }
    if reason == .interrupted {
      error?.remedy = "Continue with `lossmith discover --resume \(directory.url.path)`."
    }
    // A budget that went into requests without a reply: say what was wrong with them.
    var cause = reason.isBudget ? state.attempts.last?.cause : nil
    if reason == .budgetUSD, Ledger(of: state).usd == nil {
      cause = "A request has no price, so nobody knows what the budget has left."
    }
    try append(.stopped(.init(reason: reason, cause: error?.message ?? cause)))
    parts.observe(.init(.stop, error?.message ?? reason.sentence))
    return outcome(reason, error: error)
  }

  private func breakerError() -> LossmithError {
    let failures = plan.alikeFailures(state)
    let first = failures.first
    let finding = first?.judgement?.finding ?? Finding(.ok)
    return LossmithError(
      .candidate,
      "\(failures.count) proposals in a row failed with \(finding.verdict.likeness). The first,"
        + " \(first?.name ?? "?"), said: \(finding.message)",
      at: first?.folder,
      remedy: "Look at the proposer or the prompt, then continue with"
        + " `lossmith discover --resume \(directory.url.path)`.")
  }

  private func outcome(_ reason: StopReason, error: LossmithError? = nil) -> Outcome {
    Outcome(reason: reason, error: error, summary: RunSummary(of: state, config: config))
  }

  /// Writes an event and takes it into the state.
  func append(_ body: JournalEvent.Body, at place: JournalEvent.Place = .init()) throws {
    try state.apply(try directory.journal.append(body, at: place))
  }

  func notify(_ progress: RunProgress) { parts.observe(progress) }

  /// - Throws: `LossmithError` (`interrupted`).
  func heedInterrupt() throws {
    if parts.isInterrupted() {
      throw LossmithError(.interrupted, "The run was interrupted.")
    }
  }
}

/// An error that is not the candidate's: of the machine, of Lossmith, of the proposer.
struct HostFault: Error {
  enum Step: String {
    case ask, parse, build, fingerprint, screening, tuning, evaluation, baseline, prompt
  }

  var step: Step
  var error: LossmithError
  /// A wrong name or an unusable file stays wrong; a proposer has retried already.
  var isWorthARetry: Bool { step != .ask && error.code.exitCode == .environment }
}
