import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains one policy with a loss and writes a Hugging Face folder with its metrics.",
    discussion: """
      The folder has config.json, model.safetensors, tokenizer.json and metrics.json (the learning curve \
      and the evaluation). It appears whole, or not at all.
      """)

  @Argument(help: "A catalogue name, .so, source file or folder.") var plugin: String
  @Option(help: "The task: reviews, or FILE.yaml; any whose policy is a language model.")
  var task = "reviews"
  @Option(help: "The folder to write.") var out: String
  @Option(help: "Draws pairs, labels, order and sampling noise.") var seed: UInt64 = 0
  @Flag(help: "Replace a policy that is in the folder already.") var force = false
  @OptionGroup var tunables: TunableOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = output.console()
    let task = TaskName.resolve(task)
    let values = try tunables.values()
    let folder = try OutputFolder(out, replacing: force)
    let library = try PluginLibrary(console: console)
    let bench = library.workbench()
    let facts = try bench.taskFacts(task) { progress in
      console.live("\(task): \(progress.stage) \(progress.detail)")
    }
    guard facts.task.isLanguageModel else {
      throw LossmithError(
        .usage, "The policy of \(facts.task.name) is no language model, so no folder can hold it.",
        at: "--task",
        remedy: "Use --task reviews or a task file; lossmith evaluate measures on \(task).")
    }
    let spec = try library.spec(plugin, isolation: isolation.isolation)
    try DeclaredTunables.require(values.keys, in: [spec], console)
    let reply = try folder.fill { staging in
      var told = 0
      let reply = try bench.train(
        spec, task: task, tunables: values, seed: seed, folder: staging
      ) { progress in
        console.live("\(spec.name): \(progress.stage) \(progress.detail)")
        let tenth = progress.stage == "train" ? Int(progress.fraction * 10) : 0
        if tenth > told, !console.isLive { console.note("\(spec.name): \(progress.detail)") }
        told = max(told, tenth)
      }
      let document = TrainingDocument(
        reply, plugin: spec.name, task: facts.task.name, seed: seed)
      let text = try JSON.text(document)
      try Data((text + "\n").utf8).write(to: staging.appending(path: "metrics.json"))
      return document
    }
    for warning in reply.warnings { console.note("warning: \(spec.name): \(warning)") }
    if output.json { return console.print(try JSON.text(reply)) }
    console.print("\(folder.url.path): \(spec.name) on \(facts.task.name), seed \(seed)")
    for name in MetricValues.names {
      guard let value = reply.metrics[name] else { continue }
      let before = reply.reference.metrics[name].map { String(format: " (reference %.4f)", $0) }
      console.print(String(format: "  %@ %.4f", name, value) + (before ?? ""))
    }
  }
}
