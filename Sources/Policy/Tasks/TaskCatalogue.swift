import Losses

/// The tasks that need no file.
public enum TaskCatalogue {
  /// Names with one line each, in the order of a listing.
  public static let entries: [(name: String, summary: String)] = [
    ("bandit", "contextual bandit, eight choices an episode; reward and KL in closed form")
  ]

  /// The task of a name.
  ///
  /// - Parameter beta: replaces the recipe's β when given.
  /// - Throws: `LossmithError` (`unknown-name`).
  public static func task(
    named name: String, beta: Double? = nil
  ) throws(LossmithError) -> any TrainingTask {
    switch name {
    case "bandit":
      var configuration = BanditConfiguration.standard
      if let beta { configuration.recipe.beta = beta }
      return BanditTask(configuration)
    default:
      throw LossmithError(
        .unknownName, "There is no task named \(name).",
        remedy: "Tasks: \(entries.map(\.name).joined(separator: ", ")).")
    }
  }
}
