import Losses

/// Everything that makes a task of a language model, its data and a measure of what it writes.
public struct LanguageTaskDefinition: Sendable {
  /// On the command line and in records.
  public var name: String
  public var summary: String
  public var etaDescription: String
  /// Which metric is η: `reward`, `winrate` or `accuracy`.
  public var etaMetric: String
  /// The reference policy, which every training starts from, with its tokenizer and its end token.
  public var policy: ModelFolder
  public var pairs: any PairSource
  /// Pairs for `accuracy`, of which no seed trains on any; may be empty.
  public var heldOutPairs: [PreferencePair]
  /// Prompts that get a completion each, start token included; may be empty.
  public var prompts: [[Int32]]
  /// Further ones, of which η sees none: for `reward_untold` and `winrate_untold`. Empty where these
  /// are not measured, which changes no other number and no digest.
  public var untoldPrompts: [[Int32]] = []
  /// Nil when nobody judges completions; then there is no `reward` and no `winrate`.
  public var reward: (any CompletionReward)?
  public var recipe: Recipe
  /// How the completions that are judged are drawn; the end token is the policy's.
  ///
  /// KL is measured on completions drawn untruncated at temperature 1 whatever is said here.
  public var sampling: SamplingOptions
  /// Whether `kl_forward` is measured, which takes as long as `kl`.
  public var measuresForwardKL: Bool
  /// What became of the rows of the data file; nil for data that were sampled.
  public var data: PreferenceReport?

  public init(
    name: String, summary: String, etaDescription: String, etaMetric: String = "reward",
    policy: ModelFolder, pairs: any PairSource, heldOutPairs: [PreferencePair] = [],
    prompts: [[Int32]], reward: (any CompletionReward)?, recipe: Recipe,
    sampling: SamplingOptions, measuresForwardKL: Bool = false,
    data: PreferenceReport? = nil
  ) {
    self.name = name
    self.summary = summary
    self.etaDescription = etaDescription
    self.etaMetric = etaMetric
    self.policy = policy
    self.pairs = pairs
    self.heldOutPairs = heldOutPairs
    self.prompts = prompts
    self.reward = reward
    self.recipe = recipe
    self.sampling = sampling
    self.measuresForwardKL = measuresForwardKL
    self.data = data
  }

  /// The same with another η.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) for a metric that is not measured: `reward` and
  ///   `winrate` want prompts and somebody who judges, `accuracy` wants held-out pairs.
  func measuring(_ metric: String) throws(LossmithError) -> LanguageTaskDefinition {
    guard metric != etaMetric else { return self }
    let isJudged = reward != nil && !prompts.isEmpty
    var definition = self
    definition.etaMetric = metric
    switch metric {
    case "reward" where isJudged:
      definition.etaDescription = "The mean reward of completions sampled for held-out prompts."
    case "winrate" where isJudged:
      definition.etaDescription =
        "The share of held-out prompts whose completion has a higher reward than the reference's,"
        + " ties one half, from 0 to 1."
    case "accuracy" where !heldOutPairs.isEmpty:
      definition.etaDescription =
        "The share of held-out pairs whose chosen completion gained more probability than the"
        + " rejected one, ties one half, from 0 to 1."
    default:
      let lack =
        metric == "accuracy"
        ? "it has no held-out pairs" : "nobody judges its completions"
      throw LossmithError(
        .malformedInput, "The task \(name) does not measure \(metric): \(lack).",
        remedy: "Set evaluation.metric of the task file, or give another --metric.")
    }
    return definition
  }

  /// What the reference's numbers depend on, the seed left out.
  var referenceDigest: String {
    var digest = ContentDigest("language reference/1")
    digest.add(policy.parameters)
    digest.add("\(policy.configuration) \(policy.endToken ?? -1)")
    for prompt in prompts { digest.add(prompt) }
    digest.add(reward?.digest ?? "none")
    digest.add("\(plainSampling.maximumTokens)")
    return digest.hexadecimal
  }

  /// The same, and what every other number of a training depends on, by name.
  var facts: [TrainingFact] {
    func digest(_ add: (inout ContentDigest) -> Void) -> String {
      var digest = ContentDigest("language task's part/1")
      add(&digest)
      return digest.hexadecimal
    }
    return [
      TrainingFact(
        "policy",
        digest {
          $0.add(policy.parameters)
          $0.add("\(policy.configuration) \(policy.endToken ?? -1)")
        }),
      TrainingFact("training data", digest { $0.add(pairs.digest) }),
      TrainingFact("held-out data", digest { for pair in heldOutPairs { $0.add(pair) } }),
      TrainingFact("evaluation's prompts", digest { for prompt in prompts { $0.add(prompt) } }),
      TrainingFact("reward", digest { $0.add(reward?.digest ?? "none") }),
      TrainingFact("evaluation's samples", digest { $0.add("\(judgedSampling)") }),
      TrainingFact("metric", etaMetric),
    ]
  }

  /// What every number of the task depends on, loss and seed left out.
  func configurationDigest(reference: String) -> String {
    var digest = ContentDigest("language task/1")
    digest.add(reference)
    digest.add(pairs.digest)
    for pair in heldOutPairs { digest.add(pair) }
    digest.add("\(recipe)")
    digest.add("\(judgedSampling) \(etaMetric)")
    return digest.hexadecimal
  }

  var judgedSampling: SamplingOptions {
    var options = sampling
    options.endToken = policy.endToken
    return options
  }

  /// At temperature 1, untruncated.
  var plainSampling: SamplingOptions {
    SamplingOptions(maximumTokens: sampling.maximumTokens, endToken: policy.endToken)
  }
}
