import Losses

/// What the system prompt tells of a run.
public struct SystemPrompt: Sendable {
  /// The manual of LossKit, Markdown, included whole.
  public var manual: String
  public var task: String
  /// One or more sentences on policy, data and training.
  public var taskDescription: String
  /// The metric that is η, such as `reward`.
  public var metric: String
  /// What the metric measures, a full sentence.
  public var metricDescription: String
  /// Seeds that each η is the mean of.
  public var seeds: Int
  /// The value that `tunables.beta` has in training.
  public var beta: Double
  /// R: further tries of a generation whose first proposal failed.
  public var resamples: Int
  /// The cheap task that a proposal must learn something on first; nil for none.
  public var cheapStage: String?
  /// Whether tunables are tuned before η is measured.
  public var tunes = false
  /// Whether β has been set for the run, so that it is not tuned.
  public var isBetaSet = false

  public init(
    manual: String, task: String, taskDescription: String, metric: String,
    metricDescription: String, seeds: Int, beta: Double = 0.1, resamples: Int = 3,
    cheapStage: String? = nil
  ) {
    self.manual = manual
    self.task = task
    self.taskDescription = taskDescription
    self.metric = metric
    self.metricDescription = metricDescription
    self.seeds = seeds
    self.beta = beta
    self.resamples = resamples
    self.cheapStage = cheapStage
  }
}

/// A loss that has an η.
public struct RankedLoss: Sendable {
  public var name: String
  public var eta: Estimate
  public var kl: Double?
  /// Against the baseline of the prompt, paired by seed; nil for the baseline itself.
  public var difference: Difference?
  /// One line on the loss.
  public var summary: String
  /// The LossKit source; nil leaves it out of the prompt.
  public var code: String?
  /// What its proposer thought; empty for nothing.
  public var thought = ""
  /// Learning curves in words, a line each; empty for none.
  public var curves: [String] = []

  public init(
    name: String, eta: Estimate, kl: Double? = nil, difference: Difference? = nil,
    summary: String = "", code: String? = nil
  ) {
    self.name = name
    self.eta = eta
    self.kl = kl
    self.difference = difference
    self.summary = summary
    self.code = code
  }
}

/// A loss that was tried and has no η.
public struct FailedLoss: Sendable {
  public var name: String
  public var finding: Finding

  public init(name: String, finding: Finding) {
    self.name = name
    self.finding = finding
  }
}

/// The opening message: what was measured before the first proposal.
public struct ArchivePrompt: Sendable {
  /// In any order; the prompt ranks them by mean, best first.
  public var losses: [RankedLoss]
  public var failures: [FailedLoss]
  /// The loss that the differences refer to.
  public var baseline: String

  public init(losses: [RankedLoss], failures: [FailedLoss] = [], baseline: String = "dpo") {
    self.losses = losses
    self.failures = failures
    self.baseline = baseline
  }
}

/// What a proposal that was trained to the end is told.
public struct SuccessFeedback: Sendable {
  public var loss: RankedLoss
  /// Every loss with an η so far, this one too, in any order; baselines belong to it.
  public var archive: [RankedLoss]
  public var baseline: String
  /// Warnings of the checks, full sentences.
  public var warnings: [String]

  public init(
    loss: RankedLoss, archive: [RankedLoss], baseline: String = "dpo", warnings: [String] = []
  ) {
    self.loss = loss
    self.archive = archive
    self.baseline = baseline
    self.warnings = warnings
  }
}

/// One message that stands for the conversation so far.
public struct DigestPrompt: Sendable {
  /// What the proposer is to do.
  public enum Assignment: String, Sendable {
    /// Propose the next loss.
    case next
    /// Improve on the parents.
    case improve
    /// Combine two parents.
    case combine
    /// Improve on the parent within its niche, or enter a new one.
    case improveNiche
  }

  /// The baselines.
  public var archive: ArchivePrompt
  /// In the order in which they are shown.
  public var proposals: [RankedLoss]
  public var failures: [FailedLoss] = []
  /// Names of the losses that the proposal is to be built on.
  public var parents: [String] = []
  public var assignment: Assignment
  /// The niches that have a loss, a line each.
  public var niches: [String]
  /// Whether the order of the proposals is that of their means.
  public var isSorted: Bool

  public init(
    archive: ArchivePrompt, proposals: [RankedLoss], assignment: Assignment = .next,
    niches: [String] = [], isSorted: Bool = false
  ) {
    self.archive = archive
    self.proposals = proposals
    self.assignment = assignment
    self.niches = niches
    self.isSorted = isSorted
  }
}

/// What a proposal is told that the cheap stage stopped: it learned nothing there, or others learned more.
public struct StoppedFeedback: Sendable {
  public var name: String
  /// The task that it was not trained on.
  public var task: String
  /// The task of the stage.
  public var stage: String
  /// On the stage.
  public var eta: Estimate
  /// On the stage, against the policy that training starts from.
  public var gain: Difference
  /// What was seen, full sentences.
  public var message: String
  /// Whether it learned, and others learned more.
  public var isOutranked: Bool

  public init(
    name: String, task: String, stage: String, eta: Estimate, gain: Difference, message: String,
    isOutranked: Bool = false
  ) {
    self.isOutranked = isOutranked
    self.name = name
    self.task = task
    self.stage = stage
    self.eta = eta
    self.gain = gain
    self.message = message
  }
}

/// What a proposal without an η is told.
public struct FailureFeedback: Sendable {
  /// Nil when the reply could not be read that far.
  public var name: String?
  public var finding: Finding
  /// The candidate's source, so that the line that a message names can be quoted.
  public var code: String?
  /// Tries that the generation still has; 0 means that the next reply opens a new generation.
  public var triesLeft: Int

  public init(name: String? = nil, finding: Finding, code: String? = nil, triesLeft: Int) {
    self.name = name
    self.finding = finding
    self.code = code
    self.triesLeft = triesLeft
  }
}
