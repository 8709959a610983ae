import Foundation
import Losses

/// A discovery run as its pages and pictures need it: plain values, whoever measured them.
public struct RunModel: Hashable, Sendable, Codable {
  public var title: String
  public var task: String
  /// The name of the metric that is η.
  public var metric: String
  /// What proposed: a model's name, a transcript …
  public var proposer: String
  public var seeds: [UInt64]
  /// The task of the cheap stage; nil without one.
  public var cheapStage: String?
  /// Losses measured before the first proposal.
  public var baselines: [Baseline]
  /// Every reply in order, failed ones included.
  public var candidates: [Candidate]
  /// nil when nothing was measured.
  public var reference: Reference?
  /// What the numbers were measured with: CPU, BLAS core, versions, sandbox layers.
  public var environment: [String: String]
  public var started: Date?
  /// Why the run ended, a sentence; nil while it works.
  public var stopReason: String?
  /// Further sentences for the reader, such as that a transcript was replayed.
  public var notes: [String]
  /// The KL up to which a hypervolume counts; nil where the task has none.
  public var klCap: Double?
  /// What the run cost, generation by generation, 0 being the burn-in.
  public var ledger: [Cost]
  /// nil before the end of the run, and where nothing was confirmed.
  public var closing: Closing?
  /// nil where nothing was sampled blindly.
  public var equalBudget: EqualBudget?

  public init(
    title: String, task: String, metric: String, proposer: String, seeds: [UInt64],
    cheapStage: String? = nil, baselines: [Baseline], candidates: [Candidate],
    reference: Reference?,
    environment: [String: String] = [:], started: Date? = nil, stopReason: String? = nil,
    notes: [String] = [], klCap: Double? = nil, ledger: [Cost] = []
  ) {
    self.title = title
    self.task = task
    self.metric = metric
    self.proposer = proposer
    self.seeds = seeds
    self.cheapStage = cheapStage
    self.baselines = baselines
    self.candidates = candidates
    self.reference = reference
    self.environment = environment
    self.started = started
    self.stopReason = stopReason
    self.notes = notes
    self.klCap = klCap
    self.ledger = ledger
  }

  /// The policy that every training started from.
  public struct Reference: Hashable, Sendable, Codable {
    public var hash: String
    public var reward: Double

    public init(hash: String, reward: Double) {
      self.hash = hash
      self.reward = reward
    }
  }

  /// A mean over seeds with its standard error.
  public struct Eta: Hashable, Sendable, Codable {
    public var mean: Double
    /// nil for one seed.
    public var se: Double?
    public var n: Int

    public init(mean: Double, se: Double?, n: Int) {
      self.mean = mean
      self.se = se
      self.n = n
    }
  }

  /// The difference to DPO, paired by seed.
  public struct Delta: Hashable, Sendable, Codable {
    public var mean: Double
    /// Ends of the 95 % interval; nil for one seed.
    public var low: Double?
    public var high: Double?

    public init(mean: Double, low: Double?, high: Double?) {
      self.mean = mean
      self.low = low
      self.high = high
    }
  }

  public struct Baseline: Hashable, Sendable, Codable {
    public var name: String
    public var eta: Eta
    public var kl: Double?
    /// nil for DPO itself.
    public var delta: Delta?
    /// η on the cheap stage.
    public var cheapEta: Eta?
    /// Reward and KL, one point for each β that was trained.
    public var tradeoff: [Tradeoff]
    /// Value and slope against the margin; nil when they were not drawn.
    public var shape: Shape?

    public init(
      name: String, eta: Eta, kl: Double?, delta: Delta? = nil, cheapEta: Eta? = nil,
      tradeoff: [Tradeoff] = [], shape: Shape? = nil
    ) {
      self.name = name
      self.eta = eta
      self.kl = kl
      self.delta = delta
      self.cheapEta = cheapEta
      self.tradeoff = tradeoff
      self.shape = shape
    }
  }

  /// One reply of the proposer and what became of it.
  public struct Candidate: Hashable, Sendable, Codable {
    /// The number of the reply in the run, from 1.
    public var index: Int
    /// From 1.
    public var generation: Int
    /// 0 for the first try of a generation.
    public var attempt: Int
    public var name: String
    public var thought: String
    public var source: String
    public var verdict: Verdict
    public var message: String
    public var remedy: String
    /// nil for a failure, and for a candidate that was stopped.
    public var eta: Eta?
    public var kl: Double?
    public var delta: Delta?
    public var seconds: Double
    public var warnings: [String]
    /// η on the cheap stage.
    public var cheapEta: Eta?
    /// The cheap stage that the candidate did not get beyond: it was measured there and is no failure.
    public var stoppedAt: String?
    /// Whether it learned there, and was stopped because others learned more.
    public var isOutranked = false
    /// One for each seed.
    public var curves: [Curve]
    /// The task that the curves are of.
    public var curveTask: String
    /// Reward and KL, one point for each β that was trained.
    public var tradeoff: [Tradeoff] = []
    /// Value and slope against the margin; nil when they were not drawn.
    public var shape: Shape?
    /// Where the proposal comes from, as far as the journal tells.
    public var parents: [Parent] = []

    public init(
      index: Int, generation: Int, attempt: Int, name: String, thought: String, source: String,
      verdict: Verdict, message: String = "", remedy: String = "", eta: Eta? = nil,
      kl: Double? = nil, delta: Delta? = nil, seconds: Double = 0, warnings: [String] = [],
      cheapEta: Eta? = nil,
      stoppedAt: String? = nil, curves: [Curve] = [], curveTask: String = ""
    ) {
      self.index = index
      self.generation = generation
      self.attempt = attempt
      self.name = name
      self.thought = thought
      self.source = source
      self.verdict = verdict
      self.message = message
      self.remedy = remedy
      self.eta = eta
      self.kl = kl
      self.delta = delta
      self.seconds = seconds
      self.warnings = warnings
      self.cheapEta = cheapEta
      self.stoppedAt = stoppedAt
      self.curves = curves
      self.curveTask = curveTask
    }
  }
}
