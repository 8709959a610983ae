/// Every key of a task file.
///
/// docs/tasks.md shows these tables; a test holds the two together.
public enum TaskSchema {
  /// In the order of the documentation.
  public static let keys: [TaskKey] = top + policy + data + recipe + evaluation

  /// The keys that a kind of task has.
  public static func keys(of kind: TaskKind) -> [TaskKey] {
    keys.filter { $0.defaults.keys.contains(kind) }
  }

  private static let many = TaskKey.Form.unboundedInteger
  private static let large = TaskKey.Form.unboundedNumber
  private static let language: [TaskKind] = [.reviews, .imdb, .preference]

  /// The same default for several kinds.
  private static func all(
    _ value: TaskValue?, _ kinds: [TaskKind] = TaskKind.allCases
  ) -> [TaskKind: TaskValue?] {
    Dictionary(uniqueKeysWithValues: kinds.map { ($0, value) })
  }

  private static let top = [
    TaskKey(
      "task", .choice(TaskKind.allCases.map(\.rawValue)), "The kind of task.", all(nil),
      isRequired: true),
    TaskKey(
      "name", .text, "What records and tables call the task; the kind when left out.", all(nil)),
  ]

  private static let policy = [
    TaskKey(
      "policy.model", .path,
      "Hugging Face folder of the reference policy: config.json, model.safetensors, tokenizer.json.",
      all(nil, [.imdb, .preference]), isRequired: true),
    TaskKey(
      "policy.adapter", .path,
      "Folder of a LoRA adapter in PEFT's format, merged into the model: their sum is the reference"
        + " policy.", all(nil, [.imdb, .preference])),
  ]

  private static let data = [
    TaskKey(
      "data.reviews", .path,
      "Labelled reviews (JSON lines): the classifier is fitted to them, and the prompts of the"
        + " training pairs are their first tokens.", all(nil, [.imdb]), isRequired: true),
    TaskKey(
      "data.held_out_reviews", .path,
      "Labelled reviews whose first tokens are the held-out prompts.", all(nil, [.imdb]),
      isRequired: true),
    TaskKey(
      "data.prompt_tokens", .integer(1...65_536), unit: "tokens",
      "Length of a prompt, start token not counted; reviews that are shorter are passed over.",
      [.imdb: .integer(8)]),
    TaskKey(
      "data.pairs", .integer(1...1_000_000), unit: "pairs", "Training pairs that a seed draws.",
      [.imdb: .integer(1024), .reviews: .integer(2048)]),
    TaskKey(
      "data.flipped", .number(0...1), unit: "share",
      "Labels that are turned round after Bradley-Terry; 1 turns all.",
      all(.number(0.2), [.imdb, .reviews])),
    TaskKey(
      "data.label_sharpness", .number(0...large, openBelow: true), unit: "1/score",
      "k in P(a is chosen over b) = 1/(1 + exp(-k(score a - score b))).",
      [.imdb: .number(10), .reviews: .number(20)]),
    TaskKey(
      "data.score", .choice(["text", "completion"]),
      "What the classifier reads: prompt and completion, or the completion alone.",
      [.imdb: .text("text")]),
    TaskKey(
      "data.file", .path, "Preference rows: JSON lines or a JSON list, plain or gzip.",
      all(nil, [.preference]), isRequired: true),
    TaskKey(
      "data.limit", .integer(1...many), unit: "rows",
      "Reads so many rows at most; all when left out.",
      all(nil, [.preference])),
    TaskKey(
      "data.held_out", .number(0...1), unit: "share",
      "Prompts that are held out for η, by a hash of the prompt's text.",
      [.preference: .number(0.1)]),
    TaskKey(
      "data.maximum_prompt_tokens", .integer(1...many), unit: "tokens",
      "Longest prompt, start token included; what the context leaves when left out.",
      all(nil, [.preference])),
    TaskKey(
      "data.maximum_completion_tokens", .integer(1...many), unit: "tokens",
      "Longest completion, end token included; a longer one is cut at its end.",
      all(nil, [.preference])),
    TaskKey(
      "data.long_prompts", .choice(["skipped", "cut"]),
      "What becomes of a longer prompt: the row is left out, or the prompt keeps its end.",
      [.preference: .text("skipped")]),
    TaskKey(
      "data.implicit_prompt", .choice(["characters", "words"]),
      "Where a prompt ends that a row does not spell out: at the first character that differs, or"
        + " at the last white space before it.", [.preference: .text("characters")]),
  ]

  private static let recipe = [
    TaskKey(
      "recipe.steps", .integer(1...1_000_000), unit: "steps", "Optimiser steps.",
      [
        .bandit: .integer(160), .reviews: .integer(64), .imdb: .integer(32),
        .preference: .integer(60),
      ]),
    TaskKey(
      "recipe.batch", .integer(1...65_536), unit: "pairs",
      "Pairs a step; the loss sees them all at once.",
      [
        .bandit: .integer(64), .reviews: .integer(32), .imdb: .integer(32),
        .preference: .integer(16),
      ]),
    TaskKey(
      "recipe.learning_rate", .number(0...large, openBelow: true),
      "Peak of the schedule: linear warm-up, then a cosine down to 0.",
      [
        .bandit: .number(0.1), .reviews: .number(1e-4), .imdb: .number(3e-4),
        .preference: .number(1e-4),
      ]),
    TaskKey(
      "recipe.warm_up", .number(0...1), unit: "share of the steps", "Length of the warm-up.",
      all(.number(0.1))),
    TaskKey(
      "recipe.maximum_gradient_norm", .number(0...large, openBelow: true),
      "Gradients with a larger global norm are scaled down to it.", all(.number(1))),
    TaskKey(
      "recipe.beta", .number(0...large, openBelow: true), unit: "1/nat",
      "The tunable named beta of a loss, where its range allows.", all(.number(0.1))),
    TaskKey(
      "recipe.adam_beta1", .number(0...0.999_999), "AdamW's decay of the mean gradient.",
      all(.number(0.9))),
    TaskKey(
      "recipe.adam_beta2", .number(0...0.999_999), "AdamW's decay of the mean squared gradient.",
      all(.number(0.999))),
    TaskKey(
      "recipe.adam_epsilon", .number(0...large, openBelow: true), "AdamW's ε.",
      all(.number(1e-8))),
    TaskKey(
      "recipe.weight_decay", .number(0...large),
      "AdamW's λ; above 0 it pulls the policy towards 0, not towards the reference.",
      all(.number(0))),
    TaskKey(
      "recipe.lora_rank", .integer(1...many),
      "LoRA's rank: adapters of this rank are trained, the policy's own weights stay; everything is"
        + " trained when left out.", all(nil, language)),
    TaskKey(
      "recipe.lora_alpha", .number(0...large, openBelow: true),
      "LoRA's α: adapters are multiplied by α over the rank; twice the rank when left out.",
      all(nil, language)),
    TaskKey(
      "recipe.lora_targets", .names,
      "Modules that get an adapter, by the end of their name; every matrix of the blocks when left"
        + " out.", all(nil, language)),
    TaskKey(
      "recipe.micro_batch", .integer(1...many), unit: "pairs",
      "Most pairs of a batch whose activations are in memory at once; the loss sees the whole batch"
        + " all the same.", all(nil, language)),
    TaskKey(
      "recipe.recompute", .switch,
      "Whether the backward pass computes activations again instead of keeping them: less memory,"
        + " more time, the same bits.", all(.text("off"), language)),
  ]

  private static let judged: [TaskKind] = [.bandit, .reviews, .imdb]

  private static let evaluation = [
    TaskKey(
      "evaluation.metric", .choice(["reward", "winrate", "accuracy", "frontier"]),
      "Which metric is η.",
      [
        .bandit: .text("reward"), .reviews: .text("reward"), .imdb: .text("reward"),
        .preference: .text("accuracy"),
      ]),
    TaskKey(
      "evaluation.prompts", .integer(1...100_000), unit: "prompts",
      "Held-out prompts that get a completion each; of preference files, for length and KL.",
      [.reviews: .integer(512), .imdb: .integer(256), .preference: .integer(64)]),
    TaskKey(
      "evaluation.new_tokens", .integer(1...65_536), unit: "tokens",
      "Most tokens of a sampled completion, of training pairs too.",
      [.reviews: .integer(12), .imdb: .integer(32), .preference: .integer(48)]),
    TaskKey(
      "evaluation.temperature", .number(SamplingOptions.temperatures),
      "Of the completions that are sampled for η. KL is always measured at 1.",
      all(.number(1), language)),
    TaskKey(
      "evaluation.top_k", .integer(1...many), unit: "tokens",
      "Only the k likeliest tokens are sampled for η; all when left out.", all(nil, language)),
    TaskKey(
      "evaluation.top_p", .number(0...1, openBelow: true), unit: "probability",
      "Only the fewest tokens that reach this sum are sampled for η; all when left out.",
      all(nil, language)),
    TaskKey(
      "evaluation.kl_cap", .number(0...large, openBelow: true), unit: "nats",
      "The frontier's limit of KL(policy to reference) per sequence.", all(.number(20), judged)),
    TaskKey(
      "evaluation.betas", .positiveNumbers, unit: "1/nat",
      "The frontier's β grid: a seed trains one policy for each.",
      all(.numbers([0.02, 0.05, 0.1, 0.2, 0.5]), judged)),
    TaskKey(
      "evaluation.rates", .positiveNumbers, unit: "times the learning rate",
      "Higher rates at which the confirmation of a search trains DPO, to continue its frontier.",
      all(.numbers([2, 4]), judged)),
    TaskKey(
      "evaluation.kl_forward", .choice(["measured", "skipped"]),
      "Whether KL(reference to policy) is measured too, which takes as long as KL.",
      all(.text("skipped"), language)),
  ]
}
