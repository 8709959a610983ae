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
  /// The name of the metric that is η: `reward`, `winrate`, `accuracy` …
  var etaMetric: String { get }
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
}

extension TrainingTask {
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
  /// Its expected reward on held-out data.
  public var reward: Double

  public init(hash: String, reward: Double) {
    self.hash = hash
    self.reward = reward
  }
}
