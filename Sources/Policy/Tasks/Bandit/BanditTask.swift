import Losses

/// The cheap stage: a contextual bandit with a softmax policy.
///
/// Expected reward and KL are sums, not samples, and a training takes milliseconds, so differences
/// between losses show with few seeds. It says nothing of language; it says whether a loss turns
/// noisy preferences into a better policy at all, and how far from the reference it goes for that.
public struct BanditTask: TrainingTask {
  public let name: String
  public private(set) var etaMetric = "reward"
  public var etaDescription: String {
    etaMetric == "accuracy"
      ? "The share of held-out pairs whose chosen completion gained more probability than the"
        + " rejected one, ties one half, from 0 to 1."
      : "The expected reward of the trained policy on held-out contexts, exact, from 0 to 1."
  }
  public var summary: String {
    """
    A contextual bandit. An episode is \(configuration.slots) independent choices among \
    \(configuration.actions) actions; the policy is a softmax with logits linear in \
    \(configuration.features) features. Completions are sampled from the reference policy; \
    \(configuration.pairs) pairs are labelled by Bradley-Terry on the reward, and \
    \(Int(configuration.flipped * 100)) % of the labels are turned round. Training takes \
    \(recipe.steps) AdamW steps of \(recipe.batch) pairs. Log-probabilities of completions are \
    about -10 to -60.
    """
  }
  /// The four log-probability columns and the lengths, which are T throughout.
  public let columns: Set<LossColumn> = [
    .policyChosen, .policyRejected, .referenceChosen, .referenceRejected, .chosenTokens,
    .rejectedTokens,
  ]
  public private(set) var configuration: BanditConfiguration
  public private(set) var configurationDigest: String
  public let reference: ReferenceSummary
  public var recipe: Recipe { configuration.recipe }

  let environment: BanditEnvironment
  let heldOutPairs: PreferencePairs

  /// Builds the environment, which takes some milliseconds.
  ///
  /// - Parameter name: what the task is called; no number depends on it.
  /// - Precondition: the counts of the configuration are above 0, and a batch is no larger than the
  ///   pairs.
  public init(_ configuration: BanditConfiguration = .standard, name: String = "bandit") {
    self.name = name
    precondition(
      configuration.slots > 0 && configuration.actions > 1 && configuration.features > 1
        && configuration.heldOut > 0,
      "a bandit needs choices, actions, features and held-out episodes")
    precondition(
      configuration.recipe.batch > 0 && configuration.recipe.batch <= configuration.pairs,
      "a batch of \(configuration.recipe.batch) does not fit \(configuration.pairs) pairs")
    self.configuration = configuration
    environment = BanditEnvironment(configuration)
    heldOutPairs = PreferencePairs.draw(
      on: environment.heldOutFeatures, perContext: 4, environment: environment,
      seed: BanditEnvironment.constantSeed, purpose: "bandit.held-out", labels: .exact)
    let untouched = BanditEvaluation(
      policy: environment.reference, environment: environment, heldOutPairs: heldOutPairs)
    reference = ReferenceSummary(hash: environment.digest(), metrics: untouched.metrics)
    var digest = ContentDigest("bandit task/1")
    digest.add(reference.hash)
    digest.add(String(describing: configuration))
    configurationDigest = digest.hexadecimal
  }

  public func with(learningRateTimes factor: Double) -> any TrainingTask {
    var task = self
    task.configuration.recipe.learningRate *= factor
    return task
  }

  public func measuring(_ metric: String) throws(LossmithError) -> any TrainingTask {
    guard metric != etaMetric else { return self }
    guard metric == "reward" || metric == "accuracy" else { throw lacks(metric) }
    var task = BanditTask(configuration, name: name)
    guard metric == "accuracy" else { return task }
    task.etaMetric = metric
    var digest = ContentDigest("bandit task/1")
    digest.add(task.configurationDigest)
    digest.add(metric)
    task.configurationDigest = digest.hexadecimal
    return task
  }

  public func train(
    loss: any Loss, tunables: [Double], seed: UInt64,
    observe: ((TrainingStep) -> Void)? = nil
  ) throws -> TrainingOutcome {
    try requireColumns(of: loss.descriptor)
    let pairs = drawPairs(seed: seed)
    var policy = environment.reference
    var optimiser = AdamW(parameterCount: policy.weights.count, settings: recipe.optimiser)
    var order = BatchOrder(count: pairs.count, batch: recipe.batch, seed: seed, task: "bandit")
    var curve = CurveSampler(steps: recipe.steps)
    let schedule = recipe.schedule
    for step in 1...max(1, recipe.steps) {
      let batch = pairs.batch(order.next(), features: configuration.features)
      var (gradient, report) = try self.gradient(
        of: policy, on: batch, loss: loss, tunables: tunables, step: step)
      report.gradientNorm = GradientClipping.clip(&gradient, to: recipe.maximumGradientNorm)
      guard report.gradientNorm.isFinite else {
        throw LossStep.diverged(
          "the gradient of the policy's parameters", value: report.gradientNorm, step: step)
      }
      report.learningRate = schedule.rate(at: step)
      optimiser.update(&policy.weights, gradient: gradient, learningRate: report.learningRate)
      if let wrong = policy.weights.first(where: { !$0.isFinite }) {
        throw LossStep.diverged("a parameter of the policy", value: wrong, step: step)
      }
      curve.add(report)
      observe?(report)
    }
    let evaluation = BanditEvaluation(
      policy: policy, environment: environment, heldOutPairs: heldOutPairs)
    return TrainingOutcome(
      metrics: evaluation.metrics, finalParametersHash: policy.hash, curve: curve.samples)
  }

  /// The pairs of a seed.
  func drawPairs(seed: UInt64) -> PreferencePairs {
    var contexts = RandomStream(seed: seed, purpose: "bandit.contexts")
    return PreferencePairs.draw(
      on: environment.features(episodes: configuration.pairs, from: &contexts),
      environment: environment, seed: seed, purpose: "bandit.pairs", labels: .noisy)
  }

  /// d(mean loss)/dW over a batch, with what the step looked like (norm and rate still unset).
  ///
  /// What the reference gives to a completion was found when it was drawn. The policy's products have
  /// the same bits row by row: while it is untouched every margin is exactly 0, and losses with a jump
  /// there see no rounding noise.
  func gradient(
    of policy: SoftmaxPolicy, on batch: PreferencePairs, loss: any Loss, tunables: [Double],
    step: Int
  ) throws(LossFailure) -> (gradient: [Double], report: TrainingStep) {
    let actions = configuration.actions
    let (probabilities, logs) = policy.forward(batch.features)
    let own = batch.completionLogProbabilities(logs, actions: actions)
    for (name, values) in [("chosen", own.chosen), ("rejected", own.rejected)] {
      guard let row = values.firstIndex(where: { !$0.isFinite }) else { continue }
      throw LossStep.diverged(
        "the log-probability of the \(name) completion of row \(row)", value: values[row],
        step: step)
    }
    var rows = LossBatch(
      policyChosen: own.chosen, policyRejected: own.rejected,
      referenceChosen: batch.referenceChosen, referenceRejected: batch.referenceRejected)
    let lengths = [Double](repeating: Double(batch.slots), count: batch.count)
    rows.columns[.chosenTokens] = lengths
    rows.columns[.rejectedTokens] = lengths
    let call = try LossStep(loss: loss, batch: rows, tunables: tunables, step: step)
    let logitGradient = batch.logitGradient(
      probabilities: probabilities, actions: actions, chosen: call.chosenGradient,
      rejected: call.rejectedGradient)
    let gradient = policy.weightGradient(rows: batch.features, logitGradient: logitGradient)
    let size = Double(batch.count)
    let report = TrainingStep(
      step: step, loss: call.meanLoss,
      chosenLogRatio: zip(own.chosen, batch.referenceChosen).reduce(0) { $0 + ($1.0 - $1.1) }
        / size,
      rejectedLogRatio: zip(own.rejected, batch.referenceRejected).reduce(0) {
        $0 + ($1.0 - $1.1)
      } / size,
      accuracy: rows.margin.reduce(0) { $0 + BanditEvaluation.credit($1) } / size,
      gradientNorm: 0, learningRate: 0)
    return (gradient, report)
  }
}
