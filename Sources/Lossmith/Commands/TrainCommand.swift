import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy
import Report

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains one policy with a loss and writes a Hugging Face folder with its metrics.",
    discussion: """
      The folder has config.json, model.safetensors, tokenizer.json and metrics.json (the learning curve \
      and the evaluation), with LoRA also adapter/ in PEFT's format. It appears whole, or not at all. \
      Ctrl-C keeps the training's state in OUT.checkpoint; the same command with --resume goes on from \
      there.
      """)

  @Argument(help: "A catalogue name, .so, source file or folder.") var plugin: String
  @Option(help: "The task: reviews, or FILE.yaml; any whose policy is a language model.")
  var task = "reviews"
  @Option(help: "The folder to write.") var out: String
  @Option(help: "Draws pairs, labels, order and sampling noise.") var seed: UInt64 = 0
  @Flag(help: "Replace a policy that is in the folder already, and forget a stopped training.")
  var force = false
  @OptionGroup var training: TrainingOptions
  @OptionGroup var checkpoint: CheckpointOptions
  @OptionGroup var tunables: TunableOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = output.console()
    let task = TaskName.resolve(task)
    let values = try tunables.values()
    let options = try training.recipe()
    let folder = try OutputFolder(out, replacing: force)
    let lock = try checkpoint.lock(folder)
    defer { lock.release() }
    let plan = try checkpoint.plan(out: folder.url.path, replacing: force)
    let library = try PluginLibrary(console: console)
    let bench = library.workbench(threads: threads.count)
    let preparation = StagePrinter(console: console)
    let facts = try bench.taskFacts(task) { progress in
      preparation.show(progress.detail, fraction: progress.fraction)
    }
    guard facts.task.isLanguageModel else {
      throw LossmithError(
        .usage, "The policy of \(facts.task.name) is no language model, so no folder can hold it.",
        at: "--task",
        remedy: "Use --task reviews or a task file; lossmith evaluate measures on \(task).")
    }
    for note in facts.task.data?.notes ?? [] { console.note("note: data: \(note)") }
    let spec = try library.spec(plugin, isolation: isolation.isolation)
    try DeclaredTunables.require(values.keys, in: [spec], console)
    let reply = try CheckpointOptions.finishing(plan, lock) {
      try folder.fill { staging in
        try train(bench, spec, task, facts.task, values, options, plan, staging, console)
      }
    }
    for warning in reply.warnings { console.note("warning: \(spec.name): \(warning)") }
    if output.json { return console.print(document: try JSON.text(reply)) }
    let place = folder.url.path.shownOnOneLine
    console.print("\(place): \(spec.name) on \(facts.task.name), seed \(seed)")
    for name in MetricValues.names {
      guard let value = reply.metrics[name] else { continue }
      let before = reply.reference.metrics[name].map { String(format: " (reference %.4f)", $0) }
      console.print(String(format: "  %@ %.4f", name, value) + (before ?? ""))
    }
    for (name, values) in [
      ("loss", reply.curve.loss), ("margin", reply.curve.margin),
      ("accuracy", reply.curve.accuracy),
    ] {
      guard let first = values.first, let last = values.last else { continue }
      console.print(
        "  \(name.padded(to: 8)) \(Sparkline.text(values, width: 64))"
          + String(format: "  %.4f to %.4f", first, last))
    }
    console.print("  lossmith report \(place) draws its curves")
  }

  /// Trains, and writes everything into a folder.
  private func train(
    _ bench: Workbench, _ spec: PluginSpec, _ task: String, _ facts: TaskFacts,
    _ values: [String: Double], _ options: RecipeOptions, _ plan: CheckpointPlan, _ folder: URL,
    _ console: Console
  ) throws -> TrainingDocument {
    let stages = StagePrinter(console: console, head: "\(spec.name):")
    let reply = try bench.train(
      spec, task: task, tunables: values, seed: seed, folder: folder, options: options,
      checkpoint: plan
    ) { progress in
      guard progress.stage == "train" else {
        return console.live("\(spec.name): \(progress.stage) \(progress.detail)")
      }
      stages.show("training", progress.detail, fraction: progress.fraction, tellsPace: true)
    }
    let document = TrainingDocument(
      reply, plugin: spec.name, task: facts.name, seed: seed, data: facts.data)
    let text = try JSON.text(document)
    try Data((text + "\n").utf8).write(to: folder.appending(path: "metrics.json"))
    return document
  }
}
