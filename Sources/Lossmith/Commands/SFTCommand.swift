import ArgumentParser
import Discovery
import Foundation
import Losses
import Policy

struct SFTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sft",
    abstract: "Fits a policy to texts and writes a Hugging Face folder.",
    discussion: """
      The data are JSON lines or a JSON list, plain or gzip: preference pairs (the chosen completion is \
      learnt after its prompt) or texts ({"text": ...}); the first row with one of these keys says which. \
      Start from --policy, or from a new model with the tokenizer of --tokenizer. What is held out is \
      chosen by the hash that a preference task uses: give its data.held_out as --held-out. Ctrl-C keeps \
      the training's state in OUT.checkpoint; the same command with --resume goes on from there.
      """)

  @Option(help: "Preference pairs or texts, JSON lines.") var data: String
  @Option(help: "The folder to write.") var out: String
  @Option(help: "Start from this Hugging Face folder, or from an adapter's.") var policy: String?
  @Option(help: "The base of an adapter (default: the one that it names).") var base: String?
  @Option(help: "Start from a new model with this tokenizer.json.") var tokenizer: String?
  @Option(help: "Width of a new model.") var width = 128
  @Option(help: "Layers of a new model.") var layers = 4
  @Option(help: "Attention heads of a new model.") var heads = 4
  @Option(help: "Positions of a new model.") var context = 256
  @Option(help: "Passes over the data.") var epochs = 1.0
  @Option(help: "Rows a step.") var batch = 32
  @Option(help: "Peak learning rate.") var learningRate = 1e-3
  @Option(help: "Share of prompts (or texts) held out, as data.held_out of a task.") var heldOut =
    0.1
  @Option(help: "Rows of the file to read at most.") var limit: Int?
  @Option(help: "Draws the initial weights and the order.") var seed: UInt64 = 0
  @OptionGroup var training: TrainingOptions
  @OptionGroup var checkpoint: CheckpointOptions
  @Flag(help: "Replace a policy that is in the folder already.") var force = false
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for (flag, value) in [("--width", width), ("--context", context)] {
      try FlagRange.require(flag, value, in: 1...65_536)
    }
    for (flag, value) in [("--layers", layers), ("--heads", heads)] {
      try FlagRange.require(flag, value, in: 1...1024)
    }
    try FlagRange.require("--limit", limit, in: 1...1_000_000_000)
    if (policy == nil) == (tokenizer == nil) {
      throw ValidationError("Give one of --policy and --tokenizer: what training starts from.")
    }
    guard (0..<1).contains(heldOut) else {
      throw ValidationError("--held-out takes a share from 0 to below 1, not \(heldOut).")
    }
  }

  func run() throws {
    let console = output.console()
    func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    let folder = try OutputFolder(out, replacing: force)
    let start: SFTJob.Start
    if let policy {
      let path = try PolicyPath(policy, base: base)
      start = .policy(path.policy, base: path.base)
    } else {
      start = .new(
        tokenizer: absolute(tokenizer ?? ""), width: width, layers: layers, heads: heads,
        context: context)
    }
    var settings = SupervisedFineTuning.Settings(
      epochs: epochs, batch: batch, learningRate: learningRate, seed: seed)
    try settings.validate()
    let options = try training.recipe()
    settings.lora = try options.lora()
    settings.microBatch = options.microBatch
    settings.recomputes = options.recomputes
    let lock = try checkpoint.lock(folder)
    defer { lock.release() }
    let plan = try checkpoint.plan(out: folder.url.path, replacing: force)
    let stages = StagePrinter(console: console, head: "sft")
    let bench = try PluginLibrary(console: console).workbench(threads: threads.count)
    let reply = try CheckpointOptions.finishing(plan, lock) {
      try folder.fill { staging in
        let job = SFTJob(
          start: start, data: absolute(data), out: staging.path, settings: settings,
          heldOut: heldOut, limit: limit, checkpoint: plan)
        let reply = try bench.fit(job) { progress in
          stages.show("fitting", progress.detail, fraction: progress.fraction, tellsPace: true)
        }
        // What was held out goes with the policy: a task that trains it further must hold out no more.
        let text = try JSON.text(reply)
        try Data((text + "\n").utf8).write(to: staging.appending(path: "metrics.json"))
        return reply
      }
    }
    for note in reply.notes { console.note("note: \(note)") }
    if output.json { return console.print(document: try JSON.text(reply)) }
    console.print(
      "\(folder.url.path.shownOnOneLine): \(reply.parameters) parameters,"
        + " \(reply.steps) steps, \(reply.trainingRows) rows")
    if let before = reply.heldOutBefore, let after = reply.heldOutAfter {
      console.print(
        String(format: "held-out cross-entropy %.4f -> %.4f nats a token", before, after))
    }
  }
}
