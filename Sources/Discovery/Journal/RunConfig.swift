import Foundation
import Losses
import Policy

/// Everything that decides a run; written once as `config.json` and never changed.
public struct RunConfig: Hashable, Sendable, Codable {
  /// Version of this document.
  public var format = 1
  public var task: String
  /// What the task calls itself, such as the `name` of a task file; nil in runs of older programs.
  public var taskTitle: String?
  /// What became of the rows of the task's data file; nil without one.
  public var data: PreferenceReport?
  /// Content hash of the task with all its settings.
  public var taskDigest: String
  /// The metric that is η.
  public var metric: String
  public var seeds: [UInt64]
  /// Seeds, the first ones, that a candidate is trained with before the finalists get the others; nil
  /// for all of them.
  public var firstSeeds: Int?
  /// Candidates, the best ones by their first seeds, that are trained with the other seeds when no
  /// further proposal is asked for; nil for none.
  public var finalists: Int?
  /// What a candidate must pass before it is trained on the task; nil for nothing.
  public var cheapStage: CheapStage?
  /// Losses of the burn-in, `dpo` first.
  public var baselines: [String]
  /// As given on the command line: `llm`, `replay:FILE` …
  public var proposer: String
  /// What else decides the proposals, by name: model, URL, hash of the transcript. No secrets.
  public var proposerSettings: [String: String]
  /// Generations after which the run stops; nil for no limit.
  public var generations: Int?
  /// Minutes of work, over all sessions, after which no further proposal is asked for.
  public var minutes: Double?
  /// What the endpoint may cost; nil for no limit. Its minutes are not used.
  public var budget: Budget?
  /// Generations in a row without a better mean after which the run stops.
  public var patience: Int?
  /// R: further tries of a generation whose first proposal failed.
  public var resamples: Int
  /// Proposals in a row that may fail alike before the run stops.
  public var breaker: Int
  /// Values for tunables that losses declare: `beta` …
  public var tunables: [String: Double]
  /// How losses are compared; nil in runs of older programs.
  public var search: SearchPlan?
  /// What else decides the numbers, by name: BLAS threads and core type, isolation.
  public var settings: [String: String]

  /// `dpo` is put first among the baselines whether it is named or not.
  public init(
    task: String, taskTitle: String? = nil, data: PreferenceReport? = nil, taskDigest: String,
    metric: String = "reward", seeds: [UInt64],
    firstSeeds: Int? = nil, finalists: Int? = nil, cheapStage: CheapStage? = nil,
    baselines: [String] = ["dpo", "slic", "ipo", "kto-pair"], proposer: String,
    proposerSettings: [String: String] = [:], generations: Int? = nil, minutes: Double? = nil,
    budget: Budget? = nil, patience: Int? = nil, resamples: Int = 3, breaker: Int = 10,
    tunables: [String: Double] = [:], settings: [String: String] = [:]
  ) {
    self.task = task
    self.taskTitle = taskTitle
    self.data = data
    self.taskDigest = taskDigest
    self.metric = metric
    self.seeds = seeds
    self.firstSeeds = firstSeeds
    self.finalists = finalists
    self.cheapStage = cheapStage
    var unique = ["dpo"]
    for name in baselines where !unique.contains(name) { unique.append(name) }
    self.baselines = unique
    self.proposer = proposer
    self.proposerSettings = proposerSettings
    self.generations = generations
    self.minutes = minutes
    self.budget = budget
    self.patience = patience
    self.resamples = resamples
    self.breaker = breaker
    self.tunables = tunables
    self.settings = settings
  }

  /// The task's name for people; in an older run of a task file, the file's own name.
  public var taskName: String {
    taskTitle ?? task.split(separator: "/").last.map(String.init) ?? task
  }
  /// The seeds that every candidate is trained with.
  public var candidateSeeds: [UInt64] { Array(seeds.prefix(firstSeeds ?? seeds.count)) }
  /// The seeds that only finalists are trained with.
  public var finalistSeeds: [UInt64] { Array(seeds.dropFirst(candidateSeeds.count)) }

  /// - Throws: `LossmithError` (`usage`) for a value that makes no sense.
  public func validate() throws {
    func require(_ holds: Bool, _ message: String, _ flag: String, _ remedy: String) throws {
      if !holds { throw LossmithError(.usage, message, at: flag, remedy: remedy) }
    }
    try require(
      !seeds.isEmpty, "A run needs at least one seed.", "--seeds", "Give a number from 1.")
    try require(
      Set(seeds).count == seeds.count, "A seed occurs twice.", "--seeds", "Give each seed once.")
    try require(
      firstSeeds.map { $0 >= 1 } ?? true, "The first seeds are fewer than one.", "--first-seeds",
      "Give a number from 1.")
    try require(
      finalists.map { $0 >= 0 } ?? true, "The number of finalists is negative.", "--finalists",
      "Give 0 or more.")
    try require(
      cheapStage.map { $0.task != task } ?? true, "The cheap stage is the task itself.",
      "--cheap-stage", "Give another task, or --cheap-stage none.")
    try require(
      cheapStage.map { !$0.seeds.isEmpty } ?? true, "The cheap stage needs at least one seed.",
      "--cheap-stage", "Give it a seed.")
    try require(
      generations.map { $0 >= 0 } ?? true, "The number of generations is negative.",
      "--generations", "Give 0 (burn-in only) or more.")
    try require(
      minutes.map { $0 > 0 && $0.isFinite } ?? true,
      "The minutes must be a finite number above 0.", "--minutes", "Give a number such as 30.")
    try budget?.validate()
    try require(
      plan.sharesBudget != true
        || [budget?.calls, budget?.tokens].allSatisfy { $0.map { $0 >= 2 } ?? true },
      "The budget is that of two runs and too small to be halved.", "--equal-budget",
      "Give a budget of 2 or more, or leave --equal-budget out.")
    try require(
      patience.map { $0 >= 1 } ?? true, "The patience must be at least 1.", "--patience",
      "Give the number of generations to wait for a better mean.")
    try require(
      resamples >= 0, "The number of resamples is negative.", "--resamples", "Give 0 or more.")
    try plan.validate(seeds: seeds)
    try require(
      breaker >= 1, "The breaker must be at least 1.", "--breaker", "Give a number such as 10.")
  }
}
