import Losses
import Policy

/// Where a run stands, for tables, JSON and pages.
///
/// What was measured and what failed are different types: a failure has no number anywhere.
public struct RunSummary: Hashable, Sendable, Codable {
  /// Where a loss comes from.
  public struct Origin: Hashable, Sendable, Codable {
    /// nil for a baseline; else the number of the reply in the run, from 1.
    public var candidate: Int?
    public var generation: Int?
    public var attempt: Int?
    /// Folder of its files, relative to the run.
    public var folder: String

    public var isBaseline: Bool { candidate == nil }
  }

  /// A loss that was trained to the end.
  public struct Measured: Hashable, Sendable, Codable {
    /// From 1; equal means share no rank, the earlier one comes first.
    public var rank: Int
    public var name: String
    public var origin: Origin
    public var eta: Estimate
    /// Every metric of the record, η's and `kl` among them.
    public var metrics: [String: Estimate]
    /// Against DPO; nil for DPO itself.
    public var delta: Difference?
    public var warnings: [String]
    /// Time of the workers on the task, all seeds together.
    public var seconds: Double
    /// η on the cheap stage; nil without one.
    public var cheapEta: Estimate?
    /// The known loss that trains the same policy; nil where none was found or looked for.
    public var twin: JournalEvent.Twin?
    /// Those that were tuned; nil without tuning.
    public var tunables: [String: Double]?
  }

  /// A loss that was trained on the cheap stage only, where it learned nothing or less than others: a
  /// result, no failure.
  public struct Stopped: Hashable, Sendable, Codable {
    public var name: String
    public var origin: Origin
    /// The task of the stage.
    public var stage: String
    /// On the stage.
    public var eta: Estimate
    /// On the stage, against the policy that training starts from.
    public var gain: Difference
    /// Wall time on the stage.
    public var seconds: Double
    /// Its place there, for which it was stopped although it learned; nil for one that did not learn.
    public var standing: JournalEvent.Screening.Standing?
  }

  /// A loss that was not trained to the end anywhere.
  public struct Failed: Hashable, Sendable, Codable {
    public var name: String
    public var origin: Origin
    public var finding: Finding
    /// η on the cheap stage, where it came that far.
    public var cheapEta: Estimate?
    /// Wall time of what was trained.
    public var seconds: Double?
    /// Of a duplicate: whose, and by what factor.
    public var twin: JournalEvent.Twin?
  }

  /// One generation of the trajectory.
  public struct Point: Hashable, Sendable, Codable {
    public var generation: Int
    /// The candidate that was measured, be it on the cheap stage only; nil for a failed generation.
    public var name: String?
    public var eta: Estimate?
    /// The best mean up to here, baselines included; nil when there is none.
    public var best: Double?
    public var tries: Int
  }

  public var task: String
  public var metric: String
  /// Of the baselines and the finalists.
  public var seeds: [UInt64]
  /// Of every candidate, where they are fewer; nil where they are not.
  public var firstSeeds: [UInt64]?
  /// The task of the cheap stage; nil without one.
  public var cheapStage: String?
  public var proposer: String
  /// Content hash of the reference policy; nil before the first evaluation.
  public var referenceHash: String?
  /// Best mean first; baselines and candidates together.
  public var measured: [Measured]
  /// In the order of their proposals.
  public var stopped: [Stopped]
  /// In the order of their proposals, baselines first.
  public var failed: [Failed]
  public var trajectory: [Point]
  /// Replies of the proposer.
  public var proposals: Int
  /// Candidates by kind of failure, `rejected(compile)`, `failed(gradient)`, `diverged` …
  public var failures: [String: Int]
  /// Tokens that the endpoint reported, where it did.
  public var promptTokens: Int
  public var completionTokens: Int
  /// What the endpoint's models cost and brought; nil where none was asked.
  public var ledger: Ledger?
  /// Seconds of work over all sessions.
  public var elapsed: Double
  public var sessions: Int
  /// nil while the run works, and after a kill.
  public var stop: StopReason?
  public var cause: String?
  public var environment: [String: String]
  /// The best lower bound first, what the search saw beside what fresh seeds say; then those that were
  /// confirmed when the run had ended before, and are finalists no more. nil while the run works, after
  /// a stop that is no end, and where nothing is confirmed.
  public var finalists: [Finalist]?
  /// Why no finalist is compared with DPO at equal KL although the run was to do so; nil else.
  public var equalKLProblem: String?
  /// Candidates that the race stopped.
  public var raced: [Stop]?
  /// A metric that no proposer is told; nil where the task has none.
  public var hiddenMetric: String?
  /// nil where reward or KL is not measured.
  public var front: RewardFront?
  /// The KL in nats up to which a hypervolume counts; nil for a task without one.
  public var klCap: Double?
  /// Requests under way when a session ended, asked for again: perhaps paid for twice.
  public var possiblyPaid: Int?
  /// Policies trained for proposals.
  public var trainings: Trainings?
  /// Blind sampling at the same cost; nil where none was asked for.
  public var equalBudget: EqualBudget?
  /// Our η beside the scores of the transcript's origin; nil where it has none.
  public var published: PublishedComparison?
  /// What became of the rows of the task's data file; nil without one.
  public var data: PreferenceReport?
}
