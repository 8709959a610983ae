import Foundation
import Losses

/// The reviews task's reference policy: from the cache, or fitted and put there.
enum ReviewsReference {
  /// Goes up when grammar, fitting or pool change in a way that the configuration does not show.
  private static let version = "reviews reference/2"

  /// Reads the policy's folder, or fits the policy.
  ///
  /// The folder's name is made of what the fit depends on. A folder that cannot be read is fitted
  /// anew; one that cannot be written is no error.
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
    if let folder, let policy = try? ModelFolder.load(folder), policy.configuration == model {
      return policy
    }
    let policy = ModelFolder(
      parameters: try fit(configuration, context: context),
      tokenizer: try WordTokenizer.make(words: ReviewsVocabulary.words))
    if let folder { try? policy.save(to: folder) }
    return policy
  }

  private static func fit(
    _ configuration: ReviewsConfiguration, context: TaskContext
  ) throws -> TransformerParameters {
    let windows = ReviewsGrammar().windows(
      count: configuration.fittingTexts, length: configuration.contextLength,
      seed: configuration.fittingSeed, purpose: "reviews.fitting")
    let fitting = SupervisedFineTuning(
      .init(
        epochs: 1, batch: configuration.fittingBatch, learningRate: configuration.fittingRate,
        weightDecay: 0.01, seed: configuration.fittingSeed))
    return try fitting.train(
      .initial(configuration.model, seed: configuration.fittingSeed),
      rows: windows.map(TokenRow.init(text:))
    ) { step in
      context.progress(
        TaskProgress(
          stage: "fitting the reviews reference", fraction: Double(step.step) / Double(step.steps),
          loss: step.loss))
    }
  }
}
