import Foundation
import Host
import Losses
import Policy

/// Completions of a policy.
public struct SampleJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var completions: [Completion]
    /// Of drawing; the one number that differs between two equal commands.
    public var seconds: Double
    public var environment: [String: String]
  }
  public struct Completion: Codable, Sendable {
    public var prompt: String
    public var completion: String
    public var tokens: Int
    /// Whether the end token ended it.
    public var isEnded: Bool

    enum CodingKeys: String, CodingKey {
      case prompt, completion, tokens
      case isEnded = "is_ended"
    }
  }
  /// A Hugging Face folder, or an adapter's.
  public var policy: String
  /// The folder of an adapter's base; nil for a whole model.
  public var base: String?
  public var prompts: [String]
  public var options: SamplingOptions
  public var seed: UInt64

  public init(
    policy: String, base: String? = nil, prompts: [String], options: SamplingOptions, seed: UInt64
  ) {
    self.policy = policy
    self.base = base
    self.prompts = prompts
    self.options = options
    self.seed = seed
  }
}

/// A policy fitted to texts.
public struct SFTJob: Codable, Sendable {
  public struct Reply: Codable, Sendable {
    public var parameters: Int
    public var steps: Int
    public var trainingRows: Int
    /// Mean cross-entropy of the held-out texts in nats, before and after; nil when none are held out.
    public var heldOutBefore: Double?
    public var heldOutAfter: Double?
    /// What was held out, for those who train the policy further.
    public var heldOut: HeldOutRecord
    public var notes: [String]
    /// Numbers that were trained: the adapter's, else all of the policy's.
    public var trained: Int
    public var environment: [String: String]
    public var seconds: Double

    enum CodingKeys: String, CodingKey {
      case parameters, steps, notes, trained, environment, seconds
      case trainingRows = "training_rows"
      case heldOutBefore = "held_out_before"
      case heldOutAfter = "held_out_after"
      case heldOut = "held_out"
    }
  }

  /// What training starts from.
  public enum Start: Codable, Sendable {
    /// A Hugging Face folder, or an adapter's with the folder of its base.
    case policy(String, base: String?)
    /// A new model with the tokenizer of a `tokenizer.json`.
    case new(tokenizer: String, width: Int, layers: Int, heads: Int, context: Int)
  }
  public var start: Start
  public var data: String
  public var out: String
  public var settings: SupervisedFineTuning.Settings
  public var heldOut: Double
  public var limit: Int?
  /// Where the training's state is kept; nil for nowhere.
  public var checkpoint: CheckpointPlan?

  public init(
    start: Start, data: String, out: String, settings: SupervisedFineTuning.Settings,
    heldOut: Double, limit: Int?, checkpoint: CheckpointPlan? = nil
  ) {
    self.checkpoint = checkpoint
    self.start = start
    self.data = data
    self.out = out
    self.settings = settings
    self.heldOut = heldOut
    self.limit = limit
  }
}

/// Jobs that need a policy and no plug-in.
enum PolicyJobs {
  static func sample(_ job: SampleJob, _ context: WorkerContext) throws -> SampleJob.Reply {
    let folder = try load(job.policy, base: job.base)
    guard let tokenizer = folder.tokenizer else {
      throw LossmithError(.missingFile, "the policy has no tokenizer", at: job.policy)
    }
    let start = folder.startToken.map { [$0] } ?? []
    let prompts = job.prompts.enumerated().map {
      SamplingPrompt(tokens: start + tokenizer.encode($0.element), index: UInt64($0.offset))
    }
    if let empty = prompts.firstIndex(where: { $0.tokens.isEmpty }) {
      throw LossmithError(
        .usage, "prompt \(empty + 1) is empty, and this policy has no start token",
        remedy: "Give a prompt of at least one token.")
    }
    var options = job.options
    options.endToken = folder.endToken
    let clock = ContinuousClock()
    let began = clock.now
    let drawn = try TransformerSampler(TransformerRunner(folder.configuration)).sample(
      folder.parameters, prompts: prompts, options: options, seed: job.seed)
    let seconds = clock.now - began
    return .init(
      completions: zip(job.prompts.indices, drawn).map { index, completion in
        .init(
          prompt: job.prompts[index],
          completion: tokenizer.decode(completion.tokens, after: prompts[index].tokens),
          tokens: completion.tokens.count, isEnded: completion.isEnded)
      },
      seconds: seconds / .seconds(1), environment: MachineFacts.processor())
  }

  private static func load(_ policy: String, base: String?) throws(LossmithError) -> ModelFolder {
    try ModelFolder.load(
      policy: URL(fileURLWithPath: policy), base: base.map { URL(fileURLWithPath: $0) })
  }

  static func fit(_ job: SFTJob, _ context: WorkerContext) throws -> SFTJob.Reply {
    let clock = ContinuousClock()
    let began = clock.now
    let before = job.checkpoint?.secondsBefore ?? 0
    var folder = try start(job)
    guard let tokenizer = folder.tokenizer else {
      throw LossmithError(.missingFile, "the policy has no tokenizer", at: job.out)
    }
    let texts = try TrainingTexts(
      URL(fileURLWithPath: job.data), tokenizer: tokenizer,
      contextLength: folder.configuration.contextLength, startToken: folder.startToken,
      heldOut: job.heldOut, limit: job.limit)
    func score() throws -> Double? {
      texts.heldOut.isEmpty
        ? nil : try SupervisedFineTuning.crossEntropy(folder.parameters, rows: texts.heldOut)
    }
    let untouched = try score()
    let tuning = SupervisedFineTuning(job.settings)
    var first: (step: Int, time: ContinuousClock.Instant)?
    let (parameters, adapter) = try tuning.train(
      folder.parameters, rows: texts.training,
      checkpointing: job.checkpoint?.checkpointing(facts: [])
    ) { step in
      let from = first ?? (step.step - 1, began)
      let elapsed = (clock.now - from.time) / .seconds(1)
      let left = elapsed / Double(step.step - from.step) * Double(step.steps - step.step)
      if first == nil { first = (step.step, clock.now) }
      let detail = String(
        format: "step %d of %d, cross-entropy %.3f, %.1f steps/s, %.0f s left", step.step,
        step.steps, step.loss, Double(step.step) / max(elapsed, 1e-9), left)
      WorkerJobs.tell(context, "sft", detail, Double(step.step) / Double(step.steps))
    }
    folder.parameters = parameters
    let steps = tuning.steps(rows: texts.training.count)
    let after = try score()
    try SupervisedFineTuning.requireFinite(after, "the held-out cross-entropy", step: steps)
    let out = URL(fileURLWithPath: job.out)
    if let adapter {
      try LoRAFolder.save(adapter, base: folder.source, to: out.appending(path: "adapter"))
    }
    try folder.save(to: out)
    return .init(
      parameters: folder.parameters.layout.tensors.reduce(0) { $0 + $1.count },
      steps: steps, trainingRows: texts.training.count, heldOutBefore: untouched,
      heldOutAfter: after, heldOut: HeldOutRecord(share: job.heldOut, of: texts.kind),
      notes: texts.notes,
      trained: adapter?.parameterCount ?? parameters.layout.parameterCount,
      environment: MachineFacts.processor(), seconds: before + (clock.now - began) / .seconds(1))
  }

  /// A `tokenizer.json` does not say which token ends a text; these are the names in use.
  private static let endTokens = ["<|endoftext|>", "<eos>", "</s>", "[EOS]", "<|im_end|>"]

  private static func tokenizer(_ path: String) throws -> HuggingFaceTokenizer {
    let url = URL(fileURLWithPath: path)
    let plain = try HuggingFaceTokenizer(url)
    guard let end = endTokens.lazy.compactMap({ plain.id(of: $0) }).first else {
      throw LossmithError(
        .malformedInput, "the tokenizer has no token that ends a text", at: path,
        remedy: "Add one of \(endTokens.joined(separator: ", ")) to its vocabulary.")
    }
    return try HuggingFaceTokenizer(url, endToken: end, padToken: end)
  }

  /// Numbers that are fine one by one may make a model that no machine holds.
  private static func requireRoom(
    _ configuration: TransformerConfiguration
  ) throws(LossmithError) {
    let width = Double(configuration.width)
    let parameters =
      12 * width * width * Double(configuration.layers)
      + width * Double(configuration.vocabularySize + configuration.contextLength)
    guard parameters > 1e9 else { return }
    throw LossmithError(
      .usage, "A model of \(Int(parameters / 1e6)) million parameters is too large to be fitted.",
      remedy: "Lower --width or --layers; the limit is a thousand million parameters.")
  }

  private static func start(_ job: SFTJob) throws -> ModelFolder {
    switch job.start {
    case .policy(let path, let base): return try load(path, base: base)
    case .new(let path, let width, let layers, let heads, let context):
      let tokenizer = try tokenizer(path)
      let configuration = TransformerConfiguration(
        vocabularySize: tokenizer.vocabularySize, contextLength: context, width: width,
        layers: layers, heads: heads)
      try configuration.validate()
      try requireRoom(configuration)
      return ModelFolder(
        parameters: .initial(configuration, seed: job.settings.seed), tokenizer: tokenizer,
        startToken: tokenizer.endToken)
    }
  }
}
