import Foundation
import Losses

/// The reviews task's reference policy: from the cache, or fitted and put there.
enum ReviewsReference {
  /// Goes up when grammar, fitting or pool change in a way that the configuration does not show.
  private static let version = "reviews reference/3"

  /// Threads of the team that fits and samples: fixed, since their number decides the bits.
  static let threads = 2
  /// First weights are so many times GPT-2's, whose deviation of 0.02 is meant for widths from 768.
  ///
  /// With 0.02 at width 128 the fit stays on the plateau of a model that knows the grammar and no
  /// moods.
  private static let firstScale: Float = 3
  private static let weightDecay = 0.01

  /// Reads the policy's folder, or fits the policy.
  ///
  /// The folder's name is made of what the fit depends on. A folder that cannot be read, or whose
  /// weights are not the ones that were saved, is fitted anew; one that cannot be written is no
  /// error.
  static func policy(
    _ configuration: ReviewsConfiguration, context: TaskContext
  ) throws -> ModelFolder {
    var key = ContentDigest(version)
    for word in ReviewsVocabulary.words { key.add(word) }
    let model = configuration.model
    key.add(
      "\(model) \(configuration.fittingTexts) \(configuration.fittingBatch)"
        + " \(configuration.fittingRate) \(configuration.fittingSeed)")
    let folder = context.cacheDirectory?
      .appending(path: "reviews-reference-\(key.hexadecimal.prefix(32))")
    if let folder, let policy = try? ModelFolder.load(folder), policy.configuration == model,
      isWhole(policy, in: folder)
    {
      return policy
    }
    let policy = ModelFolder(
      parameters: try fit(configuration, context: context),
      tokenizer: try WordTokenizer.make(words: ReviewsVocabulary.words))
    if let folder, (try? policy.save(to: folder)) != nil {
      try? AtomicFile.write(
        Array(checksum(policy).utf8), to: folder.appending(path: checksumFile).path)
    }
    return policy
  }

  /// In the folder, beside the policy's own files, and written last.
  private static let checksumFile = "parameters.sha256"

  private static func checksum(_ policy: ModelFolder) -> String {
    var digest = ContentDigest("parameters/1")
    digest.add(policy.parameters)
    return digest.hexadecimal
  }

  /// Whether the weights are those that were saved: a file of the right length may be damaged too.
  private static func isWhole(_ policy: ModelFolder, in folder: URL) -> Bool {
    let known = try? String(contentsOf: folder.appending(path: checksumFile), encoding: .utf8)
    return known == checksum(policy)
  }

  private static func fit(
    _ configuration: ReviewsConfiguration, context: TaskContext
  ) throws -> TransformerParameters {
    let windows = ReviewsGrammar().windows(
      count: configuration.fittingTexts, length: configuration.contextLength,
      seed: configuration.fittingSeed, purpose: "reviews.fitting")
    let size = min(configuration.fittingBatch, windows.count)
    let steps = windows.count / size
    var optimiser = AdamW.Settings()
    optimiser.weightDecay = weightDecay
    let trainer = TransformerTrainer(
      firstParameters(configuration),
      schedule: LearningRateSchedule(
        peak: configuration.fittingRate, steps: steps, warmUpSteps: max(1, steps / 10)),
      optimiser: optimiser, runner: TransformerRunner(configuration.model, threads: threads))
    for step in 0..<steps {
      let rows = windows[(step * size)..<((step + 1) * size)].map(TokenRow.init(text:))
      let (loss, _) = try trainer.crossEntropyStep(PackedBatch(rows, for: configuration.model))
      context.progress(
        TaskProgress(
          stage: "fitting the reviews reference", fraction: Double(step + 1) / Double(steps),
          loss: loss))
    }
    try trainer.requireFiniteParameters()
    return trainer.parameters
  }

  private static func firstParameters(
    _ configuration: ReviewsConfiguration
  ) -> TransformerParameters {
    var parameters = TransformerParameters.initial(
      configuration.model, seed: configuration.fittingSeed)
    for tensor in parameters.layout.tensors where tensor.shape.count > 1 {
      parameters.withMutableTensor(tensor) { elements in
        for place in elements.indices { elements[place] *= firstScale }
      }
    }
    return parameters
  }
}
