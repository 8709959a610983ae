import Losses

/// The batches of a seed's training, and the reference's log-probabilities of their rows.
struct LanguageTrainingData {
  /// One step's pairs, packed: the chosen completions first, then the rejected ones.
  struct Batch {
    var pairs: [PreferencePair]
    var packed: PackedBatch

    init(_ pairs: [PreferencePair], _ configuration: TransformerConfiguration) throws(LossmithError)
    {
      self.pairs = pairs
      packed = try PackedBatch(
        pairs.map { TokenRow(prompt: $0.promptIds, completion: $0.chosenIds) }
          + pairs.map { TokenRow(prompt: $0.promptIds, completion: $0.rejectedIds) },
        for: configuration, sharingPrompts: true)
    }

    /// The columns of the loss call, from log-probabilities of shape `[2B]`.
    func columns(policy: [Double], reference: ArraySlice<Double>) -> LossBatch {
      let count = pairs.count
      var batch = LossBatch(
        policyChosen: Array(policy[..<count]), policyRejected: Array(policy[count...]),
        referenceChosen: Array(reference.prefix(count)),
        referenceRejected: Array(reference.dropFirst(count)))
      batch.columns[.chosenTokens] = pairs.map { Double($0.chosenIds.count) }
      batch.columns[.rejectedTokens] = pairs.map { Double($0.rejectedIds.count) }
      let scores = pairs.compactMap { pair in
        pair.chosenScore.flatMap { chosen in pair.rejectedScore.map { (chosen, $0) } }
      }
      if scores.count == count {
        batch.columns[.chosenScore] = scores.map(\.0)
        batch.columns[.rejectedScore] = scores.map(\.1)
        batch.columns[.scoreMargin] = scores.map { $0.0 - $0.1 }
      }
      return batch
    }

    /// What the step looked like, the gradient's norm and the learning rate still unset.
    func report(_ rows: LossBatch, loss: Double, step: Int) -> TrainingStep {
      func meanRatio(_ policy: LossColumn, _ reference: LossColumn) -> Double {
        zip(rows.columns[policy]!, rows.columns[reference]!).reduce(0) { $0 + ($1.0 - $1.1) }
          / Double(pairs.count)
      }
      return TrainingStep(
        step: step, loss: loss,
        chosenLogRatio: meanRatio(.policyChosen, .referenceChosen),
        rejectedLogRatio: meanRatio(.policyRejected, .referenceRejected),
        accuracy: LanguageEvaluation.share(rows.margin), gradientNorm: 0, learningRate: 0)
    }
  }

  let batches: [Batch]
  /// For each batch the reference's log-probabilities, `[2B]`.
  let references: [ArraySlice<Double>]

  /// - Throws: `LossmithError` (`malformed-input`) when there are fewer pairs than a batch has, or
  ///   a pair does not fit the model; what the source of the pairs throws.
  init(_ task: LanguageTask, seed: UInt64, runner: TransformerRunner) throws {
    let definition = task.definition
    let pairs = try definition.pairs.pairs(seed: seed)
    let size = definition.recipe.batch
    guard size > 0, size <= pairs.count else {
      throw LossmithError(
        .malformedInput,
        "A batch of \(size) pairs does not fit \(pairs.count) training pairs.",
        remedy: "Set recipe.batch to at least 1 and at most the number of training pairs.")
    }
    var order = BatchOrder(count: pairs.count, batch: size, seed: seed, task: "language")
    batches = try (0..<max(0, definition.recipe.steps)).map { _ in
      try Batch(order.next().map { pairs[$0] }, definition.policy.configuration)
    }
    let packed = batches.map(\.packed)
    let values = try task.records.values(
      "log-probabilities", [task.configurationDigest, "\(seed)"], count: 2 * size * batches.count
    ) {
      packed.flatMap { runner.logProbabilities(definition.policy.parameters, $0) }
    }
    references = batches.indices.map { values[(2 * size * $0)..<(2 * size * ($0 + 1))] }
  }
}
