import Foundation
import Losses

extension TaskCatalogue {
  /// The task of a name or of a task file.
  ///
  /// - Parameter text: a built-in name, or the path of a file that ends in `.yaml` or `.yml`.
  /// - Throws: `LossmithError`: `unknownName`, `missingFile`, `malformedInput`; a fault while a
  ///   reference is fitted or scored.
  public static func task(
    _ text: String, context: TaskContext = TaskContext()
  ) throws -> any TrainingTask {
    guard text.hasSuffix(".yaml") || text.hasSuffix(".yml") else {
      return try task(named: text, context: context)
    }
    return try TaskFile.load(text).task(context: context)
  }
}

extension TaskDescription {
  /// Builds the task, its files read and its reference fitted if need be.
  ///
  /// - Throws: `LossmithError` for files that cannot be used.
  public func task(context: TaskContext = TaskContext()) throws -> any TrainingTask {
    guard metric != "frontier" else {
      throw LossmithError(
        .malformedInput, "The metric frontier is described and not measured yet.", at: source,
        remedy: "Set evaluation.metric to reward.")
    }
    switch kind {
    case .bandit: return try banditTask()
    case .reviews: return try ReviewsTask.make(try reviewsConfiguration(), context: context)
    case .imdb, .preference:
      return try LanguageTask(try languageDefinition(context: context), context: context)
    }
  }

  /// - Throws: `LossmithError` (`malformedInput`) for a metric that the task does not have.
  private func reviewsConfiguration() throws(LossmithError) -> ReviewsConfiguration {
    guard metric == "reward" else {
      throw LossmithError(
        .malformedInput, "The η of reviews is its reward, not \(metric).", at: source,
        remedy: "Set evaluation.metric to reward.")
    }
    var configuration = ReviewsConfiguration.standard
    configuration.recipe = recipe
    if let pairs = integer("data.pairs") { configuration.pairs = pairs }
    if let flipped = number("data.flipped") { configuration.flipped = flipped }
    if let prompts = integer("evaluation.prompts") { configuration.heldOutPrompts = prompts }
    if let tokens = integer("evaluation.new_tokens") { configuration.newTokens = tokens }
    try requireBatch(pairs: configuration.pairs)
    return configuration
  }
}
