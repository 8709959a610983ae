import Foundation
import Losses

/// Measures how fast a model of a given shape trains, and what the products alone would take.
public enum TransformerBench {
  public struct Shape: Hashable, Sendable, Codable {
    public var configuration: TransformerConfiguration
    /// Rows of a step are twice as many.
    public var pairs: Int
    /// Input tokens of a row.
    public var tokens: Int
    /// Tokens of a row that are scored, counted from its end.
    public var scored: Int

    public init(
      configuration: TransformerConfiguration, pairs: Int, tokens: Int, scored: Int? = nil
    ) {
      self.configuration = configuration
      self.pairs = pairs
      self.tokens = tokens
      self.scored = scored ?? tokens
    }
  }

  public struct Result: Hashable, Sendable, Codable {
    public var threads: Int
    public var core: String
    public var instructionSet: String
    public var recomputes: Bool
    /// The most memory that the process had while it took the steps, in bytes; 0 where the system does not
    /// tell.
    public var peakBytes: Int
    /// What it had before: program and libraries.
    public var startBytes: Int
    public var parameters: Int
    /// Median seconds of a step: forward, loss, backward, clipping, AdamW.
    public var stepSeconds: Double
    public var tokensPerSecond: Double
    /// The fastest step, which other load of the machine has disturbed least.
    public var fastestStepSeconds: Double
    /// Median seconds of the same step's matrix products alone, the heads' small ones left out.
    public var productSeconds: Double
    /// productSeconds / stepSeconds.
    public var shareOfCeiling: Double { productSeconds / stepSeconds }
  }

  /// Trains on random tokens and takes the median over the steps after a warm-up of two.
  ///
  /// - Parameter check: called before each step; what it throws ends the measurement.
  public static func run(
    _ shape: Shape, steps: Int = 10, threads: Int? = nil, memoryBudget: Int = 1 << 30,
    recomputes: Bool = false, check: () throws -> Void = {}
  ) throws -> Result {
    PeakMemory.reset()
    let start = PeakMemory.resident
    let runner = TransformerRunner(
      shape.configuration, threads: threads, memoryBudget: memoryBudget, recomputes: recomputes)
    let trainer = TransformerTrainer(
      .initial(shape.configuration, seed: 1),
      schedule: LearningRateSchedule(peak: 1e-5, steps: steps + 2, warmUpSteps: 1), runner: runner)
    var stream = RandomStream(seed: 1, purpose: "bench.tokens")
    let rows = (0..<(2 * shape.pairs)).map { _ in
      TokenRow(
        tokens: (0...shape.tokens).map { _ in
          Int32(stream.below(shape.configuration.vocabularySize))
        }, scored: (shape.tokens + 1 - shape.scored)..<(shape.tokens + 1))
    }
    let batch = try PackedBatch(rows, for: shape.configuration)
    let reference = runner.logProbabilities(trainer.parameters, batch)
    var times: [Double] = []
    for _ in 0..<(steps + 2) {
      try check()
      times.append(
        try seconds {
          try trainer.step(batch) { dpoGradients($0, reference: reference, beta: 0.1) }
        })
    }
    let peak = PeakMemory.bytes
    let step = median(times.dropFirst(2))
    let product = median(
      try (0..<(steps / 2 + 2)).map { _ in
        try check()
        return productSeconds(shape, on: runner)
      })
    return Result(
      threads: runner.threads, core: BLASEnvironment.current().core,
      instructionSet: InstructionSet.current, recomputes: recomputes, peakBytes: peak,
      startBytes: start, parameters: runner.layout.parameterCount, stepSeconds: step,
      tokensPerSecond: Double(2 * shape.pairs * shape.tokens) / step,
      fastestStepSeconds: times.min()!, productSeconds: product)
  }

  /// New tokens a second, drawn untruncated at temperature 1 with prompts of one length and no end
  /// token; the median of three runs after a first one.
  ///
  /// - Throws: `LossmithError` (`usage`) when the context has no room for so many tokens behind a
  ///   prompt: shorter completions than those asked for would pass for them.
  public static func sampling(
    _ parameters: TransformerParameters, prompts: Int, promptTokens: Int, newTokens: Int,
    threads: Int? = nil, progress: (_ fraction: Double) -> Void = { _ in }
  ) throws -> Double {
    let configuration = parameters.configuration
    // The last token that is drawn needs no place: nothing follows it.
    let room = max(0, configuration.contextLength - promptTokens + 1)
    guard newTokens <= room else {
      throw LossmithError(
        .usage,
        "\(newTokens) tokens behind a prompt of \(promptTokens) do not fit the model's context of"
          + " \(configuration.contextLength).",
        remedy: "Behind a prompt of \(promptTokens) tokens there is room for \(room).")
    }
    let runner = TransformerRunner(configuration, threads: threads)
    let sampler = TransformerSampler(runner)
    var stream = RandomStream(seed: 1, purpose: "bench.prompts")
    let prompts = (0..<prompts).map { index in
      SamplingPrompt(
        tokens: (0..<promptTokens).map { _ in Int32(stream.below(configuration.vocabularySize)) },
        index: UInt64(index))
    }
    var tokens = 0
    let times = try (0..<4).map { run in
      progress(Double(run) / 4)
      return try seconds {
        tokens = try sampler.sample(
          parameters, prompts: prompts, options: SamplingOptions(maximumTokens: newTokens),
          seed: 1
        ).reduce(0) { $0 + $1.tokens.count }
      }
    }
    return Double(tokens) / median(times.dropFirst())
  }

  /// −log σ(β·margin) of the pairs (row i, row i + B).
  static func dpoGradients(
    _ scores: [Double], reference: [Double], beta: Double
  ) -> [Double] {
    let pairs = scores.count / 2
    var gradients = scores
    for pair in 0..<pairs {
      let margin =
        scores[pair] - scores[pair + pairs] - (reference[pair] - reference[pair + pairs])
      let slope = -beta / (1 + exp(beta * margin)) / Double(pairs)
      gradients[pair] = slope
      gradients[pair + pairs] = -slope
    }
    return gradients
  }

  /// The products of one step by weights: three for each weight, and as many for the head.
  private static func productSeconds(_ shape: Shape, on runner: TransformerRunner) -> Double {
    let configuration = shape.configuration
    let width = configuration.width
    let tokens = 2 * shape.pairs * shape.tokens
    let outputs = 2 * shape.pairs * shape.scored
    let weights = runner.layout.blocks.prefix(1).flatMap {
      [$0.attentionWeight, $0.projectionWeight, $0.expandWeight, $0.contractWeight]
    }
    let widest = weights.flatMap(\.shape).max() ?? width
    let left = FloatStorage(count: tokens * widest)
    let right = FloatStorage(count: tokens * widest)
    let largest = weights.map(\.count).max() ?? 0
    let weight = FloatStorage(count: max(largest, configuration.vocabularySize * width))
    let logits = FloatStorage(
      count: min(outputs, runner.logits.height) * configuration.vocabularySize)
    defer { withExtendedLifetime((left, right, weight, logits)) {} }
    func products(_ thread: Int, _ rows: Int, _ k: Int, _ n: Int, _ result: FloatPointer) {
      let a = left.elements.baseAddress!
      let w = weight.elements.baseAddress!
      let own = runner.team.part(thread, of: rows)
      let columns = runner.team.part(thread, of: n, unit: 16)
      Matrices.multiply(own.count, n, k, a, k, w, n, beta: 0, result + own.lowerBound * n, n)
      Matrices.multiplyTransposed(
        own.count, k, n, result + own.lowerBound * n, n, w, n, beta: 0, a + own.lowerBound * k, k)
      Matrices.transposedMultiply(
        k, columns.count, rows, a, k, result + columns.lowerBound, n, beta: 0,
        w + columns.lowerBound, n)
    }
    return seconds {
      runner.team.run { thread in
        for _ in 0..<configuration.layers {
          for weight in weights {
            products(
              thread, tokens, weight.shape[0], weight.shape[1], right.elements.baseAddress!)
          }
        }
        for chunk in runner.logits.chunks(outputs) {
          products(
            thread, chunk.count, width, configuration.vocabularySize, logits.elements.baseAddress!)
        }
      }
    }
  }

  private static func median(_ values: some Sequence<Double>) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }

  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let duration = try clock.measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
