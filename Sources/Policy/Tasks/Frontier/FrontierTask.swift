import Losses

/// A task whose η is how much reward a loss gives for its KL, over a grid of β.
///
/// One policy is trained for each β; η of a seed is the ``Hypervolume`` of their (KL, reward), with
/// the task's KL cap and the reward that the reference earns with the same seed as the corner that
/// counts for nothing. A policy that stayed at the reference therefore adds exactly 0.
public struct FrontierTask: TrainingTask {
  /// The task that is trained on; its reward and KL are the plane's axes.
  public let base: any TrainingTask
  /// In 1/nat.
  public let betas: [Double]
  /// In nats of a sequence.
  public let klCap: Double
  /// Multiples of the recipe's learning rate at which further policies are trained, see
  /// ``continued(atRates:)``; empty for none.
  public private(set) var rates: [Double] = []
  public let configurationDigest: String
  public let reference: ReferenceSummary

  public var name: String { base.name }
  public var summary: String { base.summary }
  public var recipe: Recipe { base.recipe }
  public var columns: Set<LossColumn> { base.columns }
  public let etaMetric = "frontier"
  public var etaDescription: String {
    "The area that the policies trained at β of \(betas.map { "\($0)" }.joined(separator: ", "))"
      + " dominate in the plane of KL and reward, up to a KL of \(klCap) nats and above the"
      + " reference's reward (\(base.etaDescription))"
  }
  public var stepsPerSeed: Int { (betas.count + rates.count) * base.stepsPerSeed }

  /// - Parameter base: measures `reward` and `kl`.
  /// - Throws: `LossmithError` (`malformed-input`) for a task without a reward, an empty grid or a cap
  ///   that is not above 0.
  public init(_ base: any TrainingTask, betas: [Double], klCap: Double) throws(LossmithError) {
    guard base.reference.metrics["reward"] != nil else { throw base.lacks("frontier") }
    guard !betas.isEmpty, betas.allSatisfy({ $0 > 0 }), klCap > 0 else {
      throw LossmithError(
        .malformedInput, "A frontier needs β above 0 and a KL cap above 0.",
        remedy: "Set evaluation.betas and evaluation.kl_cap.")
    }
    self.base = base
    self.betas = betas
    self.klCap = klCap
    var digest = ContentDigest("frontier task/1")
    digest.add(base.configurationDigest)
    digest.add(betas + [klCap])
    configurationDigest = digest.hexadecimal
    var summary = base.reference
    summary.metrics["frontier"] = 0
    reference = summary
  }

  /// The same frontier, continued beyond the KL that β reaches.
  ///
  /// As β goes to 0 a loss's gradients tend to a limit, and the recipe's steps and learning rate
  /// decide how far the policy comes: on the reviews task DPO ends at a KL near 3.8 whatever its β.
  /// To tell what it earns further out it must be trained harder. So each seed trains one more policy
  /// for each of these multiples of the learning rate, with the tunables as they are. Their points are
  /// in the outcome's frontier; η is the hypervolume of the grid alone. A training that diverges at a
  /// higher rate leaves no point: the frontier ends before it.
  public func continued(atRates rates: [Double]) -> FrontierTask {
    var task = self
    task.rates = rates
    return task
  }

  public func with(learningRateTimes factor: Double) -> any TrainingTask {
    base.with(learningRateTimes: factor)
  }

  public func measuring(_ metric: String) throws(LossmithError) -> any TrainingTask {
    metric == etaMetric ? self : try base.measuring(metric)
  }

  public func referenceMetrics(seed: UInt64) throws -> [String: Double] {
    var metrics = try base.referenceMetrics(seed: seed)
    metrics["frontier"] = 0
    return metrics
  }

  /// One policy, trained as the base task says; it alone has no frontier.
  public func train(
    loss: any Loss, tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)? = nil
  ) throws -> TrainingOutcome {
    try base.train(loss: loss, tunables: tunables, seed: seed, observe: observe)
  }

  /// Trains one policy for each β of the grid that the loss allows.
  ///
  /// A loss without a tunable `beta`, or one that allows none of the grid, has a single policy, with
  /// the tunables as they are. Beside `frontier` the outcome has the metrics and the curve of the
  /// policy at the recipe's β, if the grid has it. A training that fails fails the measurement.
  public func measure(
    tunables: [Double], seed: UInt64, observe: ((TrainingStep) -> Void)? = nil,
    open: () throws -> any Loss
  ) throws -> TrainingOutcome {
    let floor = try base.referenceMetrics(seed: seed)["reward"] ?? .nan
    var loss = try open()
    let place = loss.descriptor.tunables.firstIndex { $0.name == "beta" }
    let grid = place.map { place in
      let tunable = loss.descriptor.tunables[place]
      return betas.filter { tunable.minimum <= $0 && $0 <= tunable.maximum }
    }
    var settings = (grid ?? []).map { beta in
      var values = tunables
      values[place!] = beta
      return values
    }
    if settings.isEmpty { settings = [tunables] }
    var points: [FrontierPoint] = []
    var shown = TrainingOutcome(metrics: [:], finalParametersHash: "", curve: [])
    var digest = ContentDigest("frontier parameters/1")
    for (index, values) in settings.enumerated() {
      if index > 0 { loss = try open() }
      let outcome = try base.train(loss: loss, tunables: values, seed: seed, observe: observe)
      let beta = place.map { values[$0] }
      points.append(
        FrontierPoint(
          beta: beta, reward: outcome.metrics["reward"] ?? .nan, kl: outcome.metrics["kl"] ?? .nan))
      digest.add(outcome.finalParametersHash)
      if settings.count == 1 || beta == recipe.beta { shown = outcome }
    }
    shown.metrics["frontier"] = Hypervolume.area(points, cap: klCap, floor: floor)
    for rate in rates {
      do {
        let outcome = try base.with(learningRateTimes: rate).train(
          loss: try open(), tunables: tunables, seed: seed, observe: observe)
        points.append(
          FrontierPoint(
            beta: place.map { tunables[$0] }, rate: rate, reward: outcome.metrics["reward"] ?? .nan,
            kl: outcome.metrics["kl"] ?? .nan))
        digest.add(outcome.finalParametersHash)
      } catch let failure as LossFailure {
        guard case .diverged = failure.finding.verdict else { throw failure }
      }
    }
    shown.finalParametersHash = digest.hexadecimal
    shown.frontier = points
    return shown
  }
}
