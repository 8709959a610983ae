import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

/// `lossmith bench cell`: what isolation costs.
struct BenchCellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cell",
    abstract: "Measures cells: start, round trip, memory, share of a training step.",
    discussion: """
      Medians, so measure on an idle machine. A start runs from the wish for a cell to its first \
      outputs; a round trip is one call with 64 pairs; memory is what no library's file backs. The \
      share compares a call in a cell, audits of real batches included, with the same call inline, as \
      part of a training step of the shape that bench train calls tiny.
      """)

  @Argument(help: "A pairwise loss: catalogue name, .so or source.") var plugin = "dpo"
  @Option(help: "Starts to measure.") var starts = 40
  @Option(help: "Calls to measure.") var calls = 4000
  @Flag(inversion: .prefixedNo, help: "Use namespaces where the system allows them.")
  var namespaces = true
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var plugin: String
    var start: Promise
    var roundTrip: Promise
    var inline: Double
    var memory: Promise
    var step: Double
    var share: Promise
    var layers: [String]
    var environment = MachineFacts.processor(threads: 1)
  }

  func validate() throws {
    try FlagRange.require("--starts", starts, in: FlagRange.many)
    try FlagRange.require("--calls", calls, in: FlagRange.many)
  }

  func run() throws {
    OwnBLAS.prepare()
    let console = output.console()
    let library = try PluginLibrary(console: console).resolve(plugin).library
    let stages = StagePrinter(console: console, head: "bench")
    let bench = try PassingFolder.with(console) { folder in
      try CellBench(
        try PluginImage(path: library.path), cells: try LocalCells(namespaces: namespaces),
        folder: folder, starts: starts, calls: calls
      ) { stage, fraction in stages.show(stage, stage, fraction: fraction) }
    }
    stages.show("training steps", "training steps of a transformer", fraction: 0)
    let step = try Self.trainingStep()
    let document = Document(
      plugin: plugin, start: Promise(measured: bench.start * 1e3, limit: 15, unit: "ms"),
      roundTrip: Promise(measured: bench.roundTrip * 1e6, limit: 20, unit: "us"),
      inline: bench.inline * 1e6,
      memory: Promise(measured: Double(bench.residentBytes) / 1e6, limit: 3, unit: "MB"),
      step: step * 1e3, share: Promise(measured: 100 * bench.perStep / step, limit: 1, unit: "%"),
      layers: bench.layers)
    if output.json { return console.print(document: try JSON.text(document)) }
    console.print("start       \(document.start.text)")
    console.print("round trip  \(document.roundTrip.text)")
    console.print("memory      \(document.memory.text)")
    console.print("of a step   \(document.share.text)")
    console.print(
      String(format: "inline call %.4g us, training step %.4g ms", document.inline, document.step))
    console.print("layers: \(document.layers.joined(separator: ", "))")
  }

  /// Seconds of one training step: the smallest transformer that the project speaks of.
  private static func trainingStep() throws -> Double {
    try TransformerBench.run(BenchTrainCommand.Shape.tiny.bench, steps: 5, threads: 1)
      .stepSeconds
  }
}
