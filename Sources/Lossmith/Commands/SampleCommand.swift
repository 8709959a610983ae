import ArgumentParser
import Discovery
import Foundation
import Losses
import Policy

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draws completions from a policy.")

  @Option(
    help: "A Hugging Face folder (config.json, model.safetensors, tokenizer.json) or an adapter's.")
  var policy: String
  @Option(help: "The base of an adapter (default: the one that it names).") var base: String?
  @Argument(help: "Prompts; none starts from the policy's start token.") var prompts: [String] = []
  @Option(help: "Completions of each prompt.") var count = 1
  @Option(help: "The most new tokens.") var newTokens = 60
  @Option(help: "Temperature; 0 takes the likeliest token.") var temperature = 1.0
  @Option(help: "Only the K likeliest tokens.") var topK: Int?
  @Option(help: "Only the likeliest tokens whose probabilities reach P.") var topP: Double?
  @Option(help: "Seed; the same seed gives the same completions.") var seed: UInt64 = 0
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--count", count, in: FlagRange.completions)
    try FlagRange.require(
      "--count times the prompts", count * max(prompts.count, 1), in: FlagRange.completions)
    try FlagRange.require("--new-tokens", newTokens, in: 1...SamplingOptions.mostTokens)
  }

  func run() throws {
    let console = output.console()
    let options = SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, maximumTokens: newTokens)
    let path = try PolicyPath(policy, base: base)
    try options.validate()
    let asked = (prompts.isEmpty ? [""] : prompts).flatMap { Array(repeating: $0, count: count) }
    let reply = try PluginLibrary(console: console).workbench(threads: threads.count).sample(
      SampleJob(
        policy: path.policy, base: path.base, prompts: asked, options: options, seed: seed))
    if output.json { return console.print(document: try JSON.text(reply)) }
    for completion in reply.completions {
      console.print("\(completion.prompt)|\(completion.completion)")
      console.print("")
    }
  }
}
