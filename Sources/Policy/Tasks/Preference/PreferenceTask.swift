import Foundation
import Losses

/// Any file of preference pairs: does the policy learn to tell which completion people prefer?
///
/// Nobody judges what the policy writes, so η is accuracy on pairs whose prompts were held out.
enum PreferenceTask {
  static func definition(
    _ description: TaskDescription, context: TaskContext
  ) throws(LossmithError) -> LanguageTaskDefinition {
    guard description.metric == "accuracy" else {
      throw LossmithError(
        .malformedInput,
        "A preference file has nobody who judges completions, so η cannot be"
          + " \(description.metric).", at: description.source,
        remedy: "Set evaluation.metric to accuracy.")
    }
    let policy = try description.policy()
    let file = description.url("data.file")!
    var data = try PreferenceDataset.read(
      file, tokenizer: policy.tokenizer!, options: try options(description, policy))
    let share = description.number("data.held_out")!
    if let warning = HeldOutRecord.read(description.url("policy.model")!)?
      .warning(holdingOut: share)
    {
      data.report.warnings.append(warning)
    }
    let (training, heldOut) = data.pairs.split(holdingOut: share)
    guard !training.isEmpty, !heldOut.isEmpty else {
      throw LossmithError(
        .malformedInput,
        "Of \(data.pairs.count) usable pairs, holding out \(share) of the prompts leaves"
          + " \(training.count) for training and \(heldOut.count) held out.", at: file.path,
        remedy: "Change data.held_out, or give more rows with different prompts.")
    }
    try description.requireBatch(pairs: training.count)
    return LanguageTaskDefinition(
      name: description.name,
      summary: summary(description, policy, file, data.report, training.count),
      etaDescription: "The share of \(heldOut.count) held-out pairs whose chosen completion gained"
        + " more probability than the rejected one, ties one half, from 0 to 1.",
      etaMetric: "accuracy", policy: policy, pairs: FixedPairs(training), heldOutPairs: heldOut,
      prompts: prompts(heldOut, count: description.integer("evaluation.prompts")!), reward: nil,
      recipe: description.recipe, sampling: description.sampling, data: data.report)
  }

  private static func options(
    _ description: TaskDescription, _ policy: ModelFolder
  ) throws(LossmithError) -> PreferenceOptions {
    var options = PreferenceOptions(
      contextLength: policy.configuration.contextLength, startToken: policy.startToken,
      endToken: policy.endToken)
    options.maximumPromptTokens = description.integer("data.maximum_prompt_tokens")
    options.maximumCompletionTokens = description.integer("data.maximum_completion_tokens")
    options.longPrompts = .init(rawValue: description.text("data.long_prompts")!)!
    options.implicitPrompt = .init(rawValue: description.text("data.implicit_prompt")!)!
    options.limit = description.integer("data.limit")
    return options
  }

  /// The first different prompts: on their completions length and KL are measured.
  private static func prompts(_ pairs: [PreferencePair], count: Int) -> [[Int32]] {
    var known: Set<[Int32]> = []
    return Array(pairs.map(\.promptIds).filter { known.insert($0).inserted }.prefix(count))
  }

  private static func summary(
    _ description: TaskDescription, _ policy: ModelFolder, _ file: URL, _ report: PreferenceReport,
    _ pairs: Int
  ) -> String {
    let recipe = description.recipe
    let skips = report.notes.isEmpty ? "" : " Of the file: \(report.notes.joined(separator: "; "))."
    return """
      Preference pairs of \(file.lastPathComponent): \(pairs) for training. The policy is a GPT of \
      \(policy.configuration.layers) layers of width \(policy.configuration.width). Training takes \
      \(recipe.steps) AdamW steps of \(recipe.batch) pairs.\(skips)
      """
  }
}
