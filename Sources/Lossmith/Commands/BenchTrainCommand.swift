import ArgumentParser
import Discovery
import Host
import Losses
import Policy

/// `lossmith bench train`: how fast a policy trains, beside what its matrix products alone allow.
struct BenchTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Measures training steps of transformers against their matrix products.",
    discussion: """
      A step is DPO on random tokens: forward, loss, backward, clipping, AdamW; full logits on \
      every token, nothing shared. Its ceiling is the time of the same step's products by weights \
      alone. Benchmarks/compare.py train runs \
      PyTorch beside it.
      """)

  /// Shapes that the project's documents speak of.
  enum Shape: String, CaseIterable, ExpressibleByArgument {
    case tiny
    case mid
    case gpt2

    var bench: TransformerBench.Shape {
      switch self {
      case .tiny:
        TransformerBench.Shape(
          configuration: TransformerConfiguration(
            vocabularySize: 512, contextLength: 64, width: 128, layers: 4, heads: 4),
          pairs: 32, tokens: 64)
      case .mid:
        TransformerBench.Shape(
          configuration: TransformerConfiguration(
            vocabularySize: 4096, contextLength: 128, width: 256, layers: 6, heads: 8),
          pairs: 8, tokens: 128)
      case .gpt2:
        TransformerBench.Shape(
          configuration: TransformerConfiguration(
            vocabularySize: 50257, contextLength: 128, width: 768, layers: 12, heads: 12),
          pairs: 2, tokens: 128)
      }
    }
  }

  @Argument(help: "tiny, mid, gpt2; all when none is named.") var shapes: [Shape] = []
  @Option(help: "Steps that are timed; the median counts.") var steps = 10
  @Option(help: "Threads that share a step.") var threads = 2
  @Flag(help: "Compute activations again in the backward pass, as train --recompute does.")
  var recompute = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try FlagRange.require("--steps", steps, in: FlagRange.many)
    guard (1...64).contains(threads) else {
      throw ValidationError("--threads takes a number from 1 to 64, not \(threads).")
    }
  }

  private struct Row: Encodable {
    var shape: String
    var result: TransformerBench.Result
    var shareOfCeiling: Double
    /// Of matrix products, in 10⁹ a second.
    var gigaflops: Double
    var memory: BenchMemory
    var environment: [String: String]
  }

  func run() throws {
    OwnBLAS.prepare()
    let console = output.console()
    var rows: [Row] = []
    let chosen = shapes.isEmpty ? Shape.allCases : shapes
    let stages = StagePrinter(console: console, head: "bench")
    for (place, shape) in chosen.enumerated() {
      stages.show(
        "shapes", "\(shape.rawValue): \(steps) steps on \(threads) threads",
        fraction: Double(place) / Double(chosen.count))
      let result = try TransformerBench.run(
        shape.bench, steps: steps, threads: threads, recomputes: recompute,
        check: Interruption.check)
      rows.append(
        Row(
          shape: shape.rawValue, result: result, shareOfCeiling: result.shareOfCeiling,
          gigaflops: shape.bench.operations / result.stepSeconds / 1e9,
          memory: BenchMemory(result), environment: MachineFacts.processor(threads: threads)))
    }
    if output.json { return console.print(document: try JSON.text(rows)) }
    var table = TextTable(columns: [
      .left("shape"), .right("parameters"), .right("threads"), .left("core"), .right("step, ms"),
      .right("tokens/s"), .right("products, ms"), .right("of the ceiling"), .right("GFLOP/s"),
      .right("peak, MB"),
    ])
    for row in rows {
      table.add([
        row.shape, String(row.result.parameters), String(row.result.threads), row.result.core,
        Self.text(1000 * row.result.stepSeconds), Self.text(row.result.tokensPerSecond),
        Self.text(1000 * row.result.productSeconds), Self.text(100 * row.shareOfCeiling) + " %",
        Self.text(row.gigaflops), Self.text(row.memory.peakMB),
      ])
    }
    console.print(table.text)
  }

  private static func text(_ value: Double) -> String {
    value >= 100 ? String(Int(value.rounded())) : String((value * 10).rounded() / 10)
  }
}
