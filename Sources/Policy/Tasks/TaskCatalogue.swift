import Losses

/// The tasks that need no file.
public enum TaskCatalogue {
  /// Names with one line each, in the order of a listing.
  public static let entries: [(name: String, summary: String)] = [
    ("bandit", "contextual bandit, eight choices an episode; reward and KL in closed form"),
    ("reviews", "film reviews from a grammar, a small GPT, and a sentiment known exactly"),
  ]

  /// The task of a name.
  ///
  /// The first time, `reviews` fits its reference, which takes about a minute.
  ///
  /// - Parameters:
  ///   - beta: replaces the recipe's β when given.
  ///   - context: where fitted references are kept, and who is told of progress.
  /// - Throws: `LossmithError` (`unknown-name`).
  public static func task(
    named name: String, beta: Double? = nil, context: TaskContext = TaskContext()
  ) throws(LossmithError) -> any TrainingTask {
    switch name {
    case "bandit":
      var configuration = BanditConfiguration.standard
      if let beta { configuration.recipe.beta = beta }
      return BanditTask(configuration)
    case "reviews":
      var configuration = ReviewsConfiguration.standard
      if let beta { configuration.recipe.beta = beta }
      do {
        return try ReviewsTask.make(configuration, context: context)
      } catch let error as LossmithError {
        throw error
      } catch {
        throw LossmithError(
          .hostFault, "The reviews task could not be made.", underlying: error)
      }
    default:
      throw LossmithError(
        .unknownName, "There is no task named \(name).",
        remedy: "Tasks: \(entries.map(\.name).joined(separator: ", ")).")
    }
  }
}
