import ArgumentParser
import Discovery
import Foundation
import Losses
import Policy

/// `lossmith bench epoch`: one epoch of DPO as a trainer runs it, shared prompts and all.
struct BenchEpochCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "epoch",
    abstract: "Measures an epoch of DPO over random pairs, reference log-probabilities included.",
    discussion: "Benchmarks/compare.py epoch runs TRL's DPOTrainer beside it.")

  @Option(help: "A Hugging Face folder: config.json and model.safetensors.") var policy: String
  @Option(help: "Pairs of the epoch.") var pairs = 2000
  @Option(help: "Tokens of a prompt.") var promptTokens = 12
  @Option(help: "Tokens of a completion.") var completionTokens = 48
  @Option(help: "Pairs of a step.") var batch = 32
  @Option(help: "Threads that share a step.") var threads = 2
  @Flag(inversion: .prefixedNo, help: "Compute a pair's prompt once.") var sharePrompts = true
  @OptionGroup var output: OutputOptions

  private struct Document: Encodable {
    var threads: Int
    var core: String
    var pairs: Int
    var referenceSeconds: Double
    var trainingSeconds: Double
    var pairsPerSecond: Double
    var memory: BenchMemory
    var environment: [String: String]
  }

  func validate() throws {
    try requirePositive(
      [
        ("--pairs", pairs), ("--prompt-tokens", promptTokens), ("--batch", batch),
        ("--completion-tokens", completionTokens),
      ])
    try FlagRange.require("--threads", threads, in: FlagRange.threads)
  }

  func run() throws {
    OwnBLAS.prepare()
    let memory = BenchMemory()
    let console = output.console()
    let folder = try ModelFolder.load(URL(filePath: policy), requiresTokenizer: false)
    let stages = StagePrinter(console: console, head: "bench")
    let epoch = try TransformerBench.epoch(
      folder.parameters, pairs: pairs, promptTokens: promptTokens,
      completionTokens: completionTokens, batch: batch, sharingPrompts: sharePrompts,
      threads: threads
    ) { stage, fraction in
      stages.show(stage, "\(stage) of \(pairs) pairs on \(threads) threads", fraction: fraction)
    }
    let used = memory.ended()
    if output.json {
      return console.print(
        document: try JSON.text(
          Document(
            threads: epoch.threads, core: epoch.core, pairs: epoch.pairs,
            referenceSeconds: epoch.referenceSeconds, trainingSeconds: epoch.trainingSeconds,
            pairsPerSecond: epoch.pairsPerSecond, memory: used,
            environment: MachineFacts.processor(threads: threads))))
    }
    console.print(
      String(
        format: "%d pairs: reference %.2f s, training %.2f s, %.1f pairs/s on %d threads (%@)",
        epoch.pairs, epoch.referenceSeconds, epoch.trainingSeconds, epoch.pairsPerSecond,
        epoch.threads, epoch.core) + ", " + used.text)
  }
}

/// `lossmith bench sample`: how fast completions are drawn.
struct BenchSampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Measures batched sampling with a cache of keys and values.",
    discussion: "Benchmarks/compare.py sample runs transformers' generate beside it.")

  @Option(help: "A Hugging Face folder: config.json and model.safetensors.") var policy: String
  @Option(help: "Prompts drawn from at a time.") var prompts = 64
  @Option(help: "Tokens of a prompt.") var promptTokens = 12
  @Option(help: "New tokens of each prompt.") var newTokens = 48
  @Option(help: "Threads that share the prompts.") var threads = 2
  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    var threads: Int
    var tokensPerSecond: Double
    var memory: BenchMemory
    var environment: [String: String]
  }

  func validate() throws {
    try requirePositive(
      [
        ("--prompts", prompts), ("--prompt-tokens", promptTokens), ("--new-tokens", newTokens),
      ])
    try FlagRange.require("--threads", threads, in: FlagRange.threads)
  }

  func run() throws {
    OwnBLAS.prepare()
    let memory = BenchMemory()
    let console = output.console()
    let folder = try ModelFolder.load(URL(filePath: policy), requiresTokenizer: false)
    let stages = StagePrinter(console: console, head: "bench")
    let rate = try TransformerBench.sampling(
      folder.parameters, prompts: prompts, promptTokens: promptTokens, newTokens: newTokens,
      threads: threads
    ) { fraction in
      stages.show(
        "sampling", "\(newTokens) tokens behind each of \(prompts) prompts", fraction: fraction)
    }
    let used = memory.ended()
    if output.json {
      return console.print(
        document: try JSON.text(
          Result(
            threads: threads, tokensPerSecond: rate, memory: used,
            environment: MachineFacts.processor(threads: threads))))
    }
    console.print("\(Int(rate.rounded())) new tokens/s on \(threads) threads, \(used.text)")
  }
}

private func requirePositive(_ options: [(name: String, value: Int)]) throws {
  for option in options where !(1...1_000_000).contains(option.value) {
    throw ValidationError(
      "\(option.name) takes a number from 1 to 1000000, not \(option.value).")
  }
}
