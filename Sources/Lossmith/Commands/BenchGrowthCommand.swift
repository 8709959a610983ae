import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

/// `lossmith bench growth`: how the cost of training grows, and when a search outgrows this machine.
struct BenchGrowthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth",
    abstract: "Measures how a training step's cost grows with tokens, width, depth and batch.",
    discussion: """
      One size is varied at a time around a base; steps are those of bench train, with the memory for \
      activations that a training has. From a step's time follow the hours of a search of LOSSES × SEEDS \
      × STEPS, one training at a time, and the sizes at which it takes longer than --hours: beyond them \
      take the found loss to a GPU (lossmith export). GFLOP/s counts matrix products alone.
      """)

  @Argument(help: "tokens, width, depth, batch; all when none is named.")
  var axes: [StepGrowth.Axis] = []
  @Option(help: "Tokens of a sequence of the base.") var tokens = 64
  @Option(help: "Width of the base; heads are 32 wide where it is a multiple of 32.")
  var width = 128
  @Option(help: "Layers of the base.") var depth = 4
  @Option(help: "Pairs of a step of the base.") var batch = 16
  @Option(help: "Size of the vocabulary.") var vocabulary = 512
  @Option(help: "Most steps that are timed for a row, two seconds of them; the median counts.")
  var timed = 30
  @Option(help: "Threads that share a step.") var threads = 2
  @Option(help: "Losses of the search.") var losses = 100
  @Option(help: "Seeds of each loss.") var seeds = 5
  @Option(help: "Steps of a training.") var steps = 500
  @Option(help: "How long a search may take.") var hours: Double = 24
  @Option(help: ArgumentHelp("Also write the table as CSV.", valueName: "file")) var csv: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--tokens", tokens, in: 1...8192)
    try FlagRange.require("--width", width, in: 1...4096)
    try FlagRange.require("--depth", depth, in: 1...128)
    try FlagRange.require("--batch", batch, in: 1...4096)
    try FlagRange.require("--vocabulary", vocabulary, in: 2...200_000)
    try FlagRange.require("--timed", timed, in: 1...1000)
    try FlagRange.require("--threads", threads, in: FlagRange.threads)
    try FlagRange.require("--losses", losses, in: FlagRange.many)
    try FlagRange.require("--seeds", seeds, in: FlagRange.seeds)
    try FlagRange.require("--steps", steps, in: FlagRange.many)
    guard hours > 0, hours.isFinite else {
      throw ValidationError("--hours takes a number above 0, not \(hours).")
    }
    guard let csv else { return }
    let folder = URL(fileURLWithPath: csv).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw ValidationError("--csv: there is no folder \(folder).") }
  }

  func run() throws {
    OwnBLAS.prepare()
    let console = output.console()
    let base = StepGrowth.Sizes(
      vocabulary: vocabulary, width: width, depth: depth, tokens: tokens, batch: batch)
    let growth = StepGrowth(base: base, axes: axes.isEmpty ? StepGrowth.Axis.allCases : axes)
    if let largest = growth.shapes.max(by: { $0.parameters < $1.parameters }),
      largest.parameters > 1e9
    {
      throw LossmithError(
        .usage,
        "The table would reach a model of \(Int(largest.parameters / 1e6)) million parameters.",
        remedy: "Lower --width or --depth; the limit is a thousand million parameters.")
    }
    let search = GrowthReport.Search(losses: losses, seeds: seeds, steps: steps, hours: hours)
    let measured = try measure(growth.shapes, console)
    let report = GrowthReport(
      growth: growth, search: search, measured: measured,
      environment: MachineFacts.processor(threads: threads))
    if let csv { try OutputFiles.write(report.csv, to: URL(fileURLWithPath: csv)) }
    if output.json { return console.print(document: try JSON.text(report)) }
    console.print(report.text)
  }

  /// Steps of every shape, fewer where one takes long.
  private func measure(
    _ shapes: [StepGrowth.Sizes], _ console: Console
  ) throws -> [StepGrowth.Sizes: TransformerBench.Result] {
    let work = shapes.map(\.shape.operations)
    let total = work.reduce(0, +)
    var done = 0.0
    /// Seconds that an operation took in the shape before.
    var pace = 0.0
    var results: [StepGrowth.Sizes: TransformerBench.Result] = [:]
    let stages = StagePrinter(console: console, head: "bench")
    for (sizes, operations) in zip(shapes, work) {
      let predicted = max(pace * operations, 1e-3)
      let count = pace == 0 ? timed : min(timed, max(3, Int(2 / predicted)))
      stages.show(
        "shapes",
        "width \(sizes.width), depth \(sizes.depth), \(sizes.tokens) tokens, \(sizes.batch) pairs",
        fraction: done / total)
      let result = try TransformerBench.run(
        sizes.shape, steps: min(timed, count), threads: threads, memoryBudget: 1 << 28,
        check: Interruption.check)
      pace = result.stepSeconds / operations
      done += operations
      results[sizes] = result
    }
    return results
  }
}

extension StepGrowth.Axis: ExpressibleByArgument {}
