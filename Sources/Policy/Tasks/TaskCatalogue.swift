import Foundation
import Losses

/// The tasks that have a name and need no task file.
public enum TaskCatalogue {
  /// Names with one line each, in the order of a listing.
  public static let entries: [(name: String, summary: String)] = [
    ("bandit", "contextual bandit, eight choices an episode; reward and KL in closed form"),
    ("reviews", "film reviews from a grammar, a small GPT, and a sentiment known exactly"),
    (
      "imdb",
      "real film reviews, a GPT of them and a sentiment classifier; files from"
        + " \(IMDbFiles.variable)"
    ),
  ]

  /// What a person calls a task, as a process in another folder with another environment understands
  /// it: paths are absolute, and a built-in task that needs files has their folder behind its name.
  ///
  /// - Parameters:
  ///   - text: a built-in name, `imdb:FOLDER`, or the path of a file that ends in `.yaml` or `.yml`.
  ///   - environment: read for `LOSSMITH_DATA`.
  ///   - folders: where files of built-in tasks may lie besides.
  public static func resolve(
    _ text: String, environment: [String: String], folders: [URL] = []
  ) -> String {
    if text.hasSuffix(".yaml") || text.hasSuffix(".yml") {
      return URL(fileURLWithPath: text).standardizedFileURL.path
    }
    guard text == "imdb" || text.hasPrefix("imdb:") else { return text }
    return IMDbFiles.resolve(text, environment: environment, folders: folders)
  }

  /// The task of a name.
  ///
  /// The first time, `reviews` fits its reference, which takes about a minute.
  ///
  /// - Parameters:
  ///   - name: of a listing; of `imdb` as ``resolve(_:environment:folders:)`` gives it.
  ///   - beta: replaces the recipe's β when given.
  ///   - context: where fitted references are kept, and who is told of progress.
  /// - Throws: `LossmithError`: `unknown-name`; `missing-file` for files of `imdb`.
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
      return try built("reviews") { try ReviewsTask.make(configuration, context: context) }
    case _ where name == "imdb" || name.hasPrefix("imdb:"):
      var description = try IMDbFiles.description(name)
      if let beta { description.recipe.beta = beta }
      return try built("imdb") { try description.task(context: context) }
    default:
      let names = entries.map(\.name)
      let meant = NearestName.find(name, among: names).map { "Did you mean \($0)? " } ?? ""
      throw LossmithError(
        .unknownName, "There is no task named \(name).",
        remedy: "\(meant)Tasks: \(names.joined(separator: ", ")), or a task file.")
    }
  }

  private static func built(
    _ name: String, _ make: () throws -> any TrainingTask
  ) throws(LossmithError) -> any TrainingTask {
    do {
      return try make()
    } catch let error as LossmithError {
      throw error
    } catch {
      throw LossmithError(
        .hostFault, "The \(name) task could not be made.", underlying: error)
    }
  }
}
