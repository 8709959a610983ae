import Losses

/// Where a run stands: nothing but a fold over its events.
public struct RunState: Hashable, Sendable {
  /// A loss of the burn-in.
  public struct Baseline: Hashable, Sendable {
    public var name: String
    /// nil without a cheap stage.
    public var screening: JournalEvent.Screening?
    /// Settings that were tried, and the one that η is measured with; empty and nil without tuning.
    public var trialStarted = false
    public var trials: [JournalEvent.Trial] = []
    public var tuned: [String: Double]?
    /// nil while it is being evaluated.
    public var record: EvaluationRecord?
  }

  /// A reply on its way to a verdict. Fields fill from top to bottom.
  public struct Candidate: Hashable, Sendable {
    /// Number of the reply in the run, from 1.
    public var index: Int
    public var generation: Int
    public var attempt: Int
    public var reply: ProposalReply
    /// Requests for it that were under way when a session ended.
    public var lostRequests = 0
    /// Requests for it that ended without a reply.
    public var attempts: [JournalEvent.Attempt] = []
    /// Unique in the run, also for a reply that could not be read.
    public var name: String?
    /// Relative to the run.
    public var folder: String?
    public var proposal: Proposal?
    /// Why it was not evaluated.
    public var refusal: Finding?
    public var buildStarted = false
    public var library: JournalEvent.Library?
    public var fingerprintStarted = false
    /// nil where nothing is compared.
    public var fingerprint: JournalEvent.Fingerprinted?
    public var trialStarted = false
    public var trials: [JournalEvent.Trial] = []
    public var tuned: [String: Double]?
    public var screeningStarted = false
    /// nil without a cheap stage.
    public var screening: JournalEvent.Screening?
    public var evaluationStarted = false
    public var record: EvaluationRecord?
    public var judgement: JournalEvent.Judgement?
    /// Whether a further seed is under way.
    public var extensionStarted = false
    /// Of the further seeds of a finalist, alone.
    public var further: EvaluationRecord?
    public var confirmationStarted = false
    /// On the seeds of the confirmation.
    public var confirmation: EvaluationRecord?
  }

  /// A generation that is over.
  public struct Generation: Hashable, Sendable {
    public var number: Int
    /// Index of the candidate that was measured; nil for a failed generation.
    public var winner: Int?
    public var tries: Int
  }

  /// Seconds of work, up to the last event.
  public var elapsed = 0.0
  /// Processes that worked on the run.
  public var sessions = 0
  /// Facts of the machine, of the latest session.
  public var environment: [String: String] = [:]
  public var baselines: [Baseline] = []
  /// Seconds of work from the first baseline's start to the last one's end.
  public var burnInSeconds = 0.0
  var burnInStart = 0.0
  public var opening: JournalEvent.Opening?
  /// Fingerprints of the catalogue; nil before they are taken, and where none are.
  public var catalogue: [JournalEvent.Probed]?
  public var confirmationStarted = false
  /// DPO's frontier, or DPO alone, on the seeds of the confirmation.
  public var confirmation: EvaluationRecord?
  /// Why DPO's frontier could not be measured there.
  public var frontierFinding: Finding?
  /// Requests that were under way when a session ended or were broken off: perhaps paid for, made
  /// again.
  public var possiblyPaid = 0
  /// Every reply, in order.
  public var candidates: [Candidate] = []
  /// Whether a reply was asked for and has not come.
  public var isReplyPending = false
  /// Whether a request for it went out, and nothing is known of how it ended.
  public var isRequestUnderWay = false
  /// Requests for the next reply that were under way when a session ended.
  public var lostRequests = 0
  /// Requests for the next reply that ended without one.
  public var attempts: [JournalEvent.Attempt] = []
  /// For replies that were booked without a cost.
  public var prices: PriceBook?
  /// Limits that later sessions put in place of the configuration's.
  public var budget: Budget?
  /// Generations that a later session put in place of the configuration's.
  public var generationLimit: Int?
  /// The endpoint that a later session put in place of the configuration's.
  public var endpoint: [String: String]?
  public var isExhausted = false
  public var generations: [Generation] = []
  /// Host faults since anything last went well.
  public var faults = 0
  /// Why the run does not work now; nil while it does, and after a kill.
  public var stop: JournalEvent.Stop?
  /// Proposals that the breaker counts no more: it has stopped the run for them already.
  public var forgiven = 0

  public init() {}

  /// The state after some events.
  ///
  /// - Throws: `LossmithError` (`runDirectory`) when an event cannot follow those before it.
  public static func fold(_ events: some Sequence<JournalEvent>) throws -> RunState {
    var state = RunState()
    for event in events { try state.apply(event) }
    return state
  }

  /// What the cheap stage said of baselines, then of the candidates before one, in order.
  func screenings(before index: Int) -> [JournalEvent.Screening] {
    baselines.compactMap(\.screening)
      + candidates.prefix { $0.index < index }.compactMap(\.screening)
  }

  /// What is under way, for people; nil between two steps.
  public var inFlight: String? {
    if let baseline = baselines.last, baseline.record == nil {
      return "evaluation of baseline \(baseline.name)"
    }
    if isRequestUnderWay { return "request of reply \(candidates.count + 1), possibly paid for" }
    if confirmationStarted, confirmation == nil { return "confirmation of DPO" }
    if let finalist = candidates.first(where: { $0.confirmationStarted && $0.confirmation == nil })
    {
      return "confirmation of \(finalist.name ?? "reply \(finalist.index)")"
    }
    if let finalist = candidates.first(where: { $0.extensionStarted }) {
      return "further seeds of \(finalist.name ?? "reply \(finalist.index)")"
    }
    guard let last = candidates.last, last.judgement == nil else { return nil }
    let name = last.name ?? "reply \(last.index)"
    if last.record != nil || last.refusal != nil { return nil }
    if last.fingerprintStarted && last.fingerprint == nil { return "fingerprint of \(name)" }
    if last.screeningStarted && last.screening == nil { return "cheap stage of \(name)" }
    if last.trialStarted { return "tuning of \(name)" }
    if last.evaluationStarted { return "evaluation of \(name)" }
    return last.buildStarted && last.library == nil ? "build of \(name)" : nil
  }
}
