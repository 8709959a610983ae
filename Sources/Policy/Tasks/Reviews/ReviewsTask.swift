import Foundation
import Losses

/// The embedded language-model task: film reviews from a grammar, with a reward known exactly.
///
/// The paper's IMDb experiment (DiscoPOP, arXiv 2406.08414, section 4.3) with the classifier
/// replaced by ``ReviewsScore``, so that what a policy earns is the truth and no model's opinion.
public enum ReviewsTask {
  /// The task, its reference fitted unless the context's cache has it.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a configuration that makes no sense.
  public static func make(
    _ configuration: ReviewsConfiguration = .standard, name: String = "reviews",
    context: TaskContext = TaskContext()
  ) throws -> LanguageTask {
    try LanguageTask(definition(configuration, name: name, context: context), context: context)
  }

  /// What the task is made of, for those that want to change some of it.
  public static func definition(
    _ configuration: ReviewsConfiguration = .standard, name: String = "reviews",
    context: TaskContext = TaskContext()
  ) throws -> LanguageTaskDefinition {
    try configuration.validate()
    // Prompts first: too many are refused before anything is fitted.
    let heldOutPrompts = try ReviewsPrompts.heldOut(
      configuration, count: configuration.heldOutPrompts, purpose: "reviews.held-out")
    let policy = try ReviewsReference.policy(configuration, context: context)
    let records = ReferenceRecords(folder: context.cacheDirectory)
    let pool = try ReviewsPool(
      configuration, policy: policy, prompts: ReviewsPrompts.training(configuration),
      purpose: "reviews.training", records: records, context: context)
    let pairPrompts =
      configuration.heldOutPairs > 0
      ? try ReviewsPrompts.heldOut(
        configuration, count: configuration.heldOutPairs, purpose: "reviews.held-out-pairs") : []
    let heldOut =
      configuration.heldOutPairs > 0
      ? try ReviewsPool(
        configuration, policy: policy, prompts: pairPrompts,
        purpose: "reviews.held-out-pairs", records: records, context: context
      ).exactPairs : []
    let count = policy.parameters.layout.parameterCount
    var definition = LanguageTaskDefinition(
      name: name,
      summary: """
        A small GPT (\(count) parameters, \(configuration.layers) layers of width \
        \(configuration.width)) continues film reviews. Completions of at most \
        \(configuration.newTokens) tokens are sampled from the reference; \(configuration.pairs) \
        pairs are labelled by Bradley-Terry on a sentiment score, and \
        \(Int((configuration.flipped * 100).rounded())) % of the labels are turned round. Training \
        takes \(configuration.recipe.steps) AdamW steps of \(configuration.recipe.batch) pairs. \
        Log-probabilities of completions are about -10 to -30.
        """,
      etaDescription:
        "The mean sentiment score of completions sampled for held-out prompts, from 0 to 1.",
      policy: policy, pairs: pool, heldOutPairs: heldOut,
      prompts: heldOutPrompts,
      reward: ReviewsScore(), recipe: configuration.recipe,
      sampling: SamplingOptions(maximumTokens: configuration.newTokens),
      measuresForwardKL: configuration.measuresForwardKL)
    if context.measuresUntold {
      definition.untoldPrompts = try ReviewsPrompts.untold(
        configuration, besides: heldOutPrompts + pairPrompts)
    }
    return definition
  }
}
