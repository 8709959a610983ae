import Losses

/// One thing that happened in a run.
public struct JournalEvent: Hashable, Sendable {
  /// Counts from 1 without gaps.
  public var id: Int64
  /// Calendar time, ISO 8601 in UTC with milliseconds.
  public var time: String
  /// Seconds that the run has worked, over all its sessions.
  public var elapsed: Double
  public var place: Place
  public var body: Body

  /// Where in the run an event belongs; nil where it makes no sense.
  public struct Place: Hashable, Sendable {
    /// Counts from 1.
    public var generation: Int?
    /// 0 for the first try of a generation, then 1…R.
    public var attempt: Int?
    /// Number of the reply in the whole run, from 1.
    public var candidate: Int?

    public init(generation: Int? = nil, attempt: Int? = nil, candidate: Int? = nil) {
      self.generation = generation
      self.attempt = attempt
      self.candidate = candidate
    }
  }

  /// What happened. Pairs of *started* and a result stand around everything that takes time.
  public enum Body: Hashable, Sendable {
    case runStarted(Session)
    /// A later process took the run up again.
    case resumed(Session)
    case baselineStarted(Baseline)
    case baselineEvaluated(Evaluation)
    /// The burn-in is done: what every request of the run begins with.
    case opened(Opening)
    /// A reply is asked for, and the first request for it goes out.
    case requested
    /// A request ended without the reply.
    case attempted(Attempt)
    /// A further request for the same reply goes out.
    case repeated
    case received(ProposalReply)
    /// The proposer had no reply.
    case exhausted
    /// The reply was read.
    case proposed(Proposed)
    /// The reply, its code or its library was refused before anything was evaluated.
    case refused(Refusal)
    case buildStarted
    case built(Library)
    /// The gradients of the catalogue's losses on the probes.
    case catalogueProbed(CatalogueProbed)
    /// Those of a candidate.
    case fingerprintStarted
    case fingerprinted(Fingerprinted)
    /// One setting of tunables; of a candidate, or of a baseline where the place names none.
    case trialStarted(Tuned)
    case trial(Trial)
    case tuned(Tuned)
    /// The cheap stage of a candidate, or of a baseline where the place names no candidate.
    case screeningStarted
    case screened(Screening)
    case evaluationStarted
    case evaluated(Evaluation)
    /// One of the best candidates gets the seeds that it has not had yet.
    case extensionStarted
    /// The record of these seeds alone.
    case extended(Evaluation)
    /// A finalist, or DPO where the place names no candidate, on seeds that no selection saw.
    case confirmationStarted
    case confirmed(Evaluation)
    /// The candidate's last word: its verdict and what the proposer is told.
    case judged(Judgement)
    case generationEnded(GenerationEnd)
    case hostFault(Fault)
    case stopped(Stop)
  }

  public init(id: Int64, time: String, elapsed: Double, place: Place, body: Body) {
    self.id = id
    self.time = time
    self.elapsed = elapsed
    self.place = place
    self.body = body
  }

  /// Whether the row tells of a disturbance only: an undisturbed run would not have it.
  public var isDisturbance: Bool {
    switch body {
    case .resumed, .hostFault, .attempted, .repeated: true
    case .stopped(let stop): !stop.reason.isEnd
    default: false
    }
  }
}

// The payloads. A field is only ever added, and then as an optional.
extension JournalEvent {
  /// A process that works on the run.
  public struct Session: Hashable, Sendable, Codable {
    /// Facts of the machine: processor, libraries, threads.
    public var environment: [String: String]
    /// What was under way when the session before ended; it is done again.
    public var inFlight: String?
    /// Limits that hold from here on in place of earlier ones; nil changes none.
    public var budget: Budget?
    /// Generations that hold from here on in place of the configuration's; nil changes nothing.
    public var generations: Int?
    /// Whether a row stands before each request that the session makes; nil in journals of older
    /// programs, whose second request for a reply had none.
    public var marksRequests: Bool?
    /// For replies that were booked without a cost; nil changes none.
    public var prices: PriceBook?
    /// The endpoint that holds from here on in place of the configuration's, whole; nil changes
    /// nothing. See ``RunConfig/endpointSettings``.
    public var endpoint: [String: String]?
  }

  public struct Baseline: Hashable, Sendable, Codable {
    public var name: String
  }

  public struct Evaluation: Hashable, Sendable, Codable {
    public var record: EvaluationRecord
    /// Of DPO's confirmation: why its frontier could not be measured; nil where it was, or none is.
    public var frontierFinding: Finding?
  }

  public struct Opening: Hashable, Sendable, Codable {
    public var system: String
    public var opening: String
    /// Signs of the baselines' slopes by name, where the run's selection needs them.
    public var slopes: [String: String]?
  }

  public struct Proposed: Hashable, Sendable, Codable {
    /// The name within the run: a slug, unique.
    public var name: String
    /// Folder of its files, relative to the run.
    public var folder: String
    public var proposal: Proposal
  }

  public struct Refusal: Hashable, Sendable, Codable {
    public var finding: Finding
    /// Set when the reply could not be read, so that no proposal gave these.
    public var name: String?
    public var folder: String?
  }

  public struct Library: Hashable, Sendable, Codable {
    /// Relative to the run.
    public var path: String
    public var sha256: String
    public var warnings: [String]
    /// Signs of the slope, where the run's selection needs them.
    public var slopes: String?
  }

  public struct Judgement: Hashable, Sendable, Codable {
    public var finding: Finding
    /// Set exactly when the verdict is `ok` and the candidate was trained on the task.
    public var eta: Estimate?
    /// Against DPO; nil without η, or when DPO has none.
    public var delta: Difference?
    public var feedback: String
    /// The cheap stage that the candidate did not get beyond: a result with verdict `ok` and no η.
    public var stoppedAt: String?
  }

  public struct GenerationEnd: Hashable, Sendable, Codable {
    /// The candidate that was measured, be it on the cheap stage only; nil for a failed generation.
    public var winner: Int?
    public var tries: Int
  }

  public struct Fault: Hashable, Sendable, Codable {
    /// What was being done.
    public var step: String
    public var code: String
    public var message: String
    public var remedy: String?
  }

  public struct Stop: Hashable, Sendable, Codable {
    public var reason: StopReason
    /// The first cause, where there is one.
    public var cause: String?
  }
}
