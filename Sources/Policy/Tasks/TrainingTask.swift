import Losses

/// A task: data, policy, recipe and η.
///
/// A task is fixed by its configuration; only the seed varies. The seed draws pairs, labels, order
/// and sampling noise, the same for every loss, so that losses are compared seed by seed.
public protocol TrainingTask: Sendable {
  /// The name on the command line.
  var name: String { get }
  /// One or more sentences on policy, data and training, for people and for models that propose.
  var summary: String { get }
  /// What η measures, a full sentence.
  var etaDescription: String { get }
  /// SHA-256 over everything that the numbers depend on but the loss and the seed.
  var configurationDigest: String { get }
  /// The policy that every training starts from.
  var reference: ReferenceSummary { get }
  var recipe: Recipe { get }
  /// The name of the metric that is η: `reward`, `winrate`, `accuracy` or `frontier`.
  var etaMetric: String { get }
  /// What became of the rows of the task's data file; nil for a task without one.
  var data: PreferenceReport? { get }
  /// The columns that the task's data can give a loss.
  var columns: Set<LossColumn> { get }

  /// Trains the policy from the reference with a loss and measures it on held-out data.
  ///
  /// - Parameters:
  ///   - loss: called once a step with the whole batch.
  ///   - tunables: one value for each tunable of the loss, see ``tunableValues(for:overrides:)``.
  ///   - seed: draws pairs, labels and order.
  ///   - observe: called after every step.
  /// - Throws: `LossFailure` as the loss threw it, or `diverged(step)` when a value, a gradient or a
  ///   parameter became NaN or infinite; `LossmithError` (`missing-column`) when the loss wants what
  ///   the data lack. A policy worse than the reference is not an error.
  func train(
    loss: any Loss, tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)?
  ) throws -> TrainingOutcome

  /// Trains and measures all that η of one seed needs: one policy, or several for a frontier.
  ///
  /// - Parameter open: gives a loss that no training has touched; called once for each policy.
  /// - Throws: as ``train(loss:tunables:seed:observe:)``, and what `open` throws.
  func measure(
    tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)?,
    open: () throws -> any Loss
  ) throws -> TrainingOutcome

  /// Optimiser steps of one ``measure(tunables:seed:observe:open:)``.
  var stepsPerSeed: Int { get }

  /// The same task with a learning rate so many times as high.
  ///
  /// Only training changes; digest and reference stay those of the task.
  func with(learningRateTimes factor: Double) -> any TrainingTask

  /// The same task with another η.
  ///
  /// - Parameter metric: `reward`, `winrate` or `accuracy`.
  /// - Throws: `LossmithError` (`malformed-input`) for a metric that the task does not measure.
  func measuring(_ metric: String) throws(LossmithError) -> any TrainingTask

  /// What the reference is worth when it is measured with a seed's sampling noise.
  ///
  /// An untouched policy measured with this seed has these numbers to the bit.
  func referenceMetrics(seed: UInt64) throws -> [String: Double]
}

extension TrainingTask {
  public func measure(
    tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)?,
    open: () throws -> any Loss
  ) throws -> TrainingOutcome {
    try train(loss: try open(), tunables: tunables, seed: seed, observe: observe)
  }

  public var stepsPerSeed: Int { recipe.steps }

  public var data: PreferenceReport? { nil }

  /// The reference's numbers where no sampling is needed: the same for all seeds.
  public func referenceMetrics(seed: UInt64) throws -> [String: Double] { reference.metrics }

  /// The refusal of a metric that the task does not measure.
  func lacks(_ metric: String) -> LossmithError {
    let measured = ["reward", "winrate", "accuracy"].filter { reference.metrics[$0] != nil }
    return LossmithError(
      .malformedInput, "The task \(name) does not measure \(metric).",
      remedy: "Choose as its metric one of: \(measured.joined(separator: ", ")).")
  }

  /// The loss's tunables with the recipe's β.
  ///
  /// The recipe's β fills a tunable named `beta` if it lies in that tunable's range; overrides win.
  public func tunableValues(
    for descriptor: LossDescriptor, overrides: [String: Double] = [:]
  ) -> [Double] {
    var values = overrides
    if values["beta"] == nil, let beta = descriptor.tunables.first(where: { $0.name == "beta" }),
      beta.minimum <= recipe.beta, recipe.beta <= beta.maximum
    {
      values["beta"] = recipe.beta
    }
    return descriptor.tunableValues(values)
  }

  /// Refuses a loss that the task's data cannot feed.
  ///
  /// - Throws: `LossmithError` (`missing-column`) naming what is lacking.
  public func requireColumns(of descriptor: LossDescriptor) throws(LossmithError) {
    let missing = descriptor.inputs.filter { !columns.contains($0) }
    guard let first = missing.first else { return }
    let lacking = missing.map(\.name).joined(separator: ", ")
    let given = columns.sorted().map(\.name).joined(separator: ", ")
    let text =
      first.family == .pairwise
      ? "The loss \(descriptor.name) needs \(lacking), which the task \(name) does not have."
      : "The loss \(descriptor.name) is \(descriptor.family.name); the task \(name) has preference"
        + " pairs."
    throw LossmithError(
      .missingColumn, text,
      remedy: "Use a loss that reads only \(given), or a task whose data have the rest.")
  }
}

/// The policy that training starts from, and what it is worth.
public struct ReferenceSummary: Hashable, Sendable, Codable {
  /// Content hash of parameters and environment; numbers of different hashes are never compared.
  public var hash: String
  /// On held-out data, by name: the metrics that the task measures of any policy.
  public var metrics: [String: Double]

  public init(hash: String, metrics: [String: Double]) {
    self.hash = hash
    self.metrics = metrics
  }

  /// Its expected reward on held-out data; NaN where nobody judges completions.
  public var reward: Double { metrics["reward"] ?? .nan }
}
