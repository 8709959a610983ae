import Foundation
import Losses

extension TaskDescription {
  /// The metric that is η.
  public var metric: String { text("evaluation.metric")! }

  /// How completions are drawn for η.
  var sampling: SamplingOptions {
    SamplingOptions(
      temperature: number("evaluation.temperature")!, topK: integer("evaluation.top_k"),
      topP: number("evaluation.top_p"), maximumTokens: integer("evaluation.new_tokens")!)
  }

  /// The built-in task `imdb`, whose data lie in a folder as they were collected.
  ///
  /// - Parameter shared: holds `models/imdb-gpt` and `data/imdb`; not looked at here.
  public static func imdb(shared: URL) -> TaskDescription {
    func path(_ name: String) -> TaskValue { .text(shared.appending(path: name).path) }
    return TaskDescription(
      kind: .imdb,
      values: [
        "policy.model": path("models/imdb-gpt"),
        "data.reviews": path("data/imdb/imdb_train.jsonl.gz"),
        "data.held_out_reviews": path("data/imdb/imdb_test.jsonl.gz"),
      ])
  }

  /// The task of kind `bandit`.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a metric that it does not have or a batch that
  ///   is larger than its pairs.
  public func banditTask() throws(LossmithError) -> BanditTask {
    guard metric == "reward" else {
      throw LossmithError(
        .malformedInput, "The bandit's η is its expected reward, not \(metric).", at: source,
        remedy: "Set evaluation.metric to reward.")
    }
    var configuration = BanditConfiguration.standard
    configuration.recipe = recipe
    try requireBatch(pairs: configuration.pairs)
    return BanditTask(configuration)
  }

  /// The definition of a task of kind `imdb` or `preference`, its files read.
  ///
  /// - Precondition: it is of one of these kinds.
  /// - Throws: `LossmithError` for files that cannot be used, naming file and reason.
  public func languageDefinition(
    context: TaskContext
  ) throws(LossmithError) -> LanguageTaskDefinition {
    switch kind {
    case .imdb: return try IMDbTask.definition(self, context: context)
    case .preference: return try PreferenceTask.definition(self, context: context)
    case .bandit, .reviews: preconditionFailure("\(kind.rawValue) is built from no files")
    }
  }

  /// - Throws: `LossmithError` (`malformed-input`) when a batch has more pairs than there are.
  func requireBatch(pairs: Int) throws(LossmithError) {
    guard recipe.batch > pairs else { return }
    throw LossmithError(
      .malformedInput,
      "A batch of \(recipe.batch) pairs does not fit \(pairs) training pairs.", at: source,
      remedy: "Lower recipe.batch to \(pairs) or less, or give more pairs.")
  }
}
