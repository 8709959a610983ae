import Foundation
import Losses

extension TaskDescription {
  /// The metric that is η.
  public var metric: String {
    get { text("evaluation.metric")! }
    set { values["evaluation.metric"] = .text(newValue) }
  }

  /// The reference policy: the model, an adapter's share added if the task names one.
  ///
  /// - Throws: `LossmithError` for folders that cannot be used.
  func policy() throws(LossmithError) -> ModelFolder {
    let model = url("policy.model")!
    guard let adapter = url("policy.adapter") else { return try ModelFolder.load(model) }
    return try ModelFolder.load(model, merging: adapter)
  }

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
        "policy.model": path(IMDbFiles.model),
        "data.reviews": path(IMDbFiles.reviews),
        "data.held_out_reviews": path(IMDbFiles.heldOutReviews),
      ])
  }

  /// The task of kind `bandit`.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a batch that is larger than its pairs.
  public func banditTask() throws(LossmithError) -> BanditTask {
    var configuration = BanditConfiguration.standard
    configuration.recipe = recipe
    try requireBatch(pairs: configuration.pairs)
    return BanditTask(configuration, name: name)
  }

  /// The definition of a task of kind `imdb` or `preference`, its files read.
  ///
  /// - Precondition: it is of one of these kinds.
  /// - Throws: `LossmithError` for files that cannot be used, naming file and reason.
  public func languageDefinition(
    context: TaskContext
  ) throws(LossmithError) -> LanguageTaskDefinition {
    var definition =
      switch kind {
      case .imdb: try IMDbTask.definition(self, context: context)
      case .preference: try PreferenceTask.definition(self, context: context)
      case .bandit, .reviews: preconditionFailure("\(kind.rawValue) is built from no files")
      }
    definition.measuresForwardKL = measuresForwardKL
    return definition
  }

  /// The definition of a task of kind `reviews`.
  ///
  /// - Precondition: it is of this kind.
  /// - Throws: `LossmithError` (`malformed-input`) for numbers that do not fit each other.
  func reviewsDefinition(context: TaskContext) throws -> LanguageTaskDefinition {
    var configuration = ReviewsConfiguration.standard
    configuration.recipe = recipe
    if let pairs = integer("data.pairs") { configuration.pairs = pairs }
    if let flipped = number("data.flipped") { configuration.flipped = flipped }
    if let sharpness = number("data.label_sharpness") { configuration.labelSharpness = sharpness }
    if let prompts = integer("evaluation.prompts") { configuration.heldOutPrompts = prompts }
    if let tokens = integer("evaluation.new_tokens") { configuration.newTokens = tokens }
    configuration.measuresForwardKL = measuresForwardKL
    try requireBatch(pairs: configuration.pairs)
    var definition = try ReviewsTask.definition(configuration, name: name, context: context)
    definition.sampling = sampling
    return definition
  }

  private var measuresForwardKL: Bool { text("evaluation.kl_forward") == "measured" }

  /// - Throws: `LossmithError` (`malformed-input`) when a batch has more pairs than there are.
  func requireBatch(pairs: Int) throws(LossmithError) {
    guard recipe.batch > pairs else { return }
    throw LossmithError(
      .malformedInput,
      "A batch of \(recipe.batch) pairs does not fit \(pairs) training pairs.", at: source,
      remedy: "Lower recipe.batch to \(pairs) or less, or give more pairs.")
  }
}
