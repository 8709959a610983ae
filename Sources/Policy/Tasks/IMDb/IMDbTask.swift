import Foundation
import Losses

/// Real film reviews: a language model learns to write positive ones.
///
/// The experiment of DPO (arXiv 2305.18290, section 6) and DiscoPOP (arXiv 2406.08414, section 5.3) in
/// small: the prompts are beginnings of reviews, the reference is a model of reviews, pairs are its own
/// completions, and a classifier fitted to labelled reviews is the reward.
enum IMDbTask {
  static func definition(
    _ description: TaskDescription, context: TaskContext
  ) throws(LossmithError) -> LanguageTaskDefinition {
    let policy = try description.policy()
    let tokenizer = policy.tokenizer!
    let promptTokens = description.integer("data.prompt_tokens")!
    let newTokens = description.integer("evaluation.new_tokens")!
    try requireRoom(policy, prompt: promptTokens, completion: newTokens, description)
    let corpus = description.url("data.reviews")!
    let classifier = try SentimentClassifier.fitted(
      to: corpus, cache: context.cacheDirectory
    ) { context.progress(TaskProgress(stage: $0, fraction: 0)) }
    let readsPrompt = description.text("data.score") == "text"
    let reward = ClassifierReward(classifier, tokenizer: tokenizer, readsPrompt: readsPrompt)
    func prompts(_ url: URL, _ count: Int?, _ purpose: String) throws(LossmithError) -> [[Int32]] {
      try ReviewPrompts.read(
        url, policy: policy, tokenizer: tokenizer, tokens: promptTokens, count: count,
        purpose: purpose)
    }
    let told = description.integer("evaluation.prompts")!
    let heldOutFile = description.url("data.held_out_reviews")!
    let heldOut = try prompts(heldOutFile, told, "imdb.held-out")
    // In the same order, those that come after; a small file may have none.
    let untold =
      context.measuresUntold
      ? try prompts(heldOutFile, nil, "imdb.held-out").dropFirst(told).prefix(told) : []
    // A file may hold reviews twice, or be both corpora.
    let known = Set(heldOut)
    let training = try prompts(corpus, nil, "imdb.training").filter { !known.contains($0) }
    guard !training.isEmpty else {
      throw LossmithError(
        .malformedInput, "Every prompt of the training reviews is a held-out prompt.",
        at: corpus.path, remedy: "Name different files as data.reviews and data.held_out_reviews.")
    }
    let settings = SampledPairs.Settings(
      count: description.integer("data.pairs")!, newTokens: newTokens,
      sharpness: description.number("data.label_sharpness")!,
      flipped: description.number("data.flipped")!)
    try description.requireBatch(pairs: settings.count)
    let pairs = SampledPairs(
      policy: policy, prompts: training, reward: reward, settings: settings, purpose: "imdb.pairs",
      cache: context.cacheDirectory)
    var definition = LanguageTaskDefinition(
      name: description.name, summary: summary(description, policy, settings),
      etaDescription: eta(description.metric, readsPrompt: readsPrompt),
      etaMetric: description.metric, policy: policy, pairs: pairs,
      heldOutPairs: try heldOutPairs(
        pairs, like: settings, policy, heldOut, reward, description, context),
      prompts: heldOut, reward: reward, recipe: description.recipe,
      sampling: description.sampling)
    let trained = untold.isEmpty ? [] : Set(training)
    definition.untoldPrompts = untold.filter { !trained.contains($0) }
    return definition
  }

  /// For the metric `accuracy`: pairs on held-out prompts with labels by Bradley-Terry, none turned
  /// round. Empty for other metrics, whose measurement would wait for them.
  private static func heldOutPairs(
    _ training: SampledPairs, like settings: SampledPairs.Settings, _ policy: ModelFolder,
    _ prompts: [[Int32]], _ reward: ClassifierReward, _ description: TaskDescription,
    _ context: TaskContext
  ) throws(LossmithError) -> [PreferencePair] {
    guard description.metric == "accuracy" else { return [] }
    var settings = settings
    settings.count = prompts.count
    settings.flipped = 0
    let source = SampledPairs(
      policy: policy, prompts: prompts, reward: reward, settings: settings,
      purpose: "imdb.held-out-pairs", cache: context.cacheDirectory)
    do {
      return try source.pairs(seed: 0)
    } catch let error as LossmithError {
      throw error
    } catch {
      throw LossmithError(
        .malformedInput, "The reference policy cannot be sampled from: \(error).",
        at: description.url("policy.model")?.path,
        remedy: "Use a model whose weights are finite numbers.")
    }
  }

  private static func requireRoom(
    _ policy: ModelFolder, prompt: Int, completion: Int, _ description: TaskDescription
  ) throws(LossmithError) {
    let start = policy.startToken == nil ? 0 : 1
    let context = policy.configuration.contextLength
    guard start + prompt + completion > context else { return }
    throw LossmithError(
      .malformedInput,
      "\(prompt) prompt tokens, \(completion) new ones and \(start) start token do not fit the"
        + " model's context of \(context).", at: description.source,
      remedy: "Lower data.prompt_tokens or evaluation.new_tokens.")
  }

  private static func summary(
    _ description: TaskDescription, _ policy: ModelFolder, _ pairs: SampledPairs.Settings
  ) -> String {
    let recipe = description.recipe
    return """
      Real film reviews. The policy is a GPT of \(policy.configuration.layers) layers of width \
      \(policy.configuration.width), trained on reviews. Prompts are the first \
      \(description.integer("data.prompt_tokens")!) tokens of reviews. \(pairs.count) pairs of \
      completions of up to \(pairs.newTokens) tokens are sampled from the reference policy and \
      labelled by Bradley-Terry on a sentiment classifier's P(positive); \
      \(Int((pairs.flipped * 100).rounded())) % of the labels are turned round. Training takes \
      \(recipe.steps) AdamW steps of \(recipe.batch) pairs.
      """
  }

  private static func eta(_ metric: String, readsPrompt: Bool) -> String {
    let what = readsPrompt ? "prompt and completion" : "the completion"
    return switch metric {
    case "winrate":
      "The share of held-out prompts whose completion the classifier finds more positive than the"
        + " reference's, ties one half, from 0 to 1."
    case "accuracy":
      "The share of held-out pairs whose chosen completion gained more probability than the"
        + " rejected one, ties one half, from 0 to 1."
    default:
      "The mean of P(positive) of \(what) over held-out prompts, by a sentiment classifier, from 0"
        + " to 1."
    }
  }
}
