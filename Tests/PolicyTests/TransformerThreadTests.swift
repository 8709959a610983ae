import Losses
import Testing

@testable import Policy

@Suite("A transformer on several threads")
struct TransformerThreadTests {
  /// More outputs than one chunk of logits holds, and a last chunk that is smaller: a thread's
  /// place in the shared room then moves from chunk to chunk.
  static let rows = SmallTransformers.rows(1_000, for: SmallTransformers.configuration())

  /// The families share the threads' code: fewer rounds do for the second.
  private func repeats(_ configuration: TransformerConfiguration) -> Int {
    configuration.family == .gpt2 ? 20 : 4
  }

  @Test(
    "log-probabilities over unequal chunks are those of one thread, every time",
    arguments: SmallTransformers.families)
  func logProbabilities(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let batch = try PackedBatch(Self.rows, for: configuration)
    let alone = TransformerRunner(configuration, threads: 1)
    try #require(alone.logits.chunks(batch.scoredCount).count > 1)
    try #require(batch.scoredCount % alone.logits.height != 0)
    let expected = alone.logProbabilities(parameters, batch)
    for threads in 2...3 {
      let team = TransformerRunner(configuration, threads: threads)
      let first = team.logProbabilities(parameters, batch)
      for (one, other) in zip(expected, first) { #expect(abs(one - other) <= 1e-4) }
      for _ in 0..<repeats(configuration) {
        #expect(team.logProbabilities(parameters, batch) == first)
      }
    }
  }

  @Test(
    "equal parameters have a divergence of exactly 0 over unequal chunks, every time",
    arguments: SmallTransformers.families)
  func divergences(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let batch = try PackedBatch(Self.rows, for: configuration, sharingPrompts: true)
    for threads in 1...3 {
      let team = TransformerRunner(configuration, threads: threads)
      for _ in 0..<repeats(configuration) {
        let apart = team.divergences(parameters, parameters, batch).joined()
        #expect(apart.allSatisfy { $0.forward == 0 && $0.reverse == 0 })
      }
    }
  }

  @Test(
    "gradients over unequal chunks repeat bit for bit",
    arguments: SmallTransformers.families)
  func gradients(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let batch = try PackedBatch(Self.rows, for: configuration)
    let slopes = (0..<batch.rowCount).map { $0 % 2 == 0 ? 0.5 : -0.25 }
    let team = TransformerRunner(configuration, threads: 2)
    func gradient() -> [Float] {
      var gradients = TransformerParameters(configuration)
      _ = team.logProbabilities(parameters, batch, willGoBackward: true)
      team.backward(parameters, batch, rowGradients: slopes, into: &gradients)
      return gradients.withUnsafeBuffer { Array($0) }
    }
    let first = gradient()
    for _ in 0..<5 { #expect(gradient() == first) }
  }

  // An ε far above the gradients makes AdamW's step as smooth as they are: with the usual one an element
  // whose gradient is rounding alone goes either way.
  @Test(
    "more threads than rows, and than tokens, give the numbers and the step of one thread",
    arguments: SmallTransformers.families, [1, 7])
  func fewRows(configuration: TransformerConfiguration, completion: Int) throws {
    let start = SmallTransformers.sine(configuration)
    let rows = (0..<2).map { row in
      TokenRow(prompt: [3], completion: (0..<completion).map { Int32(5 + 3 * $0 + row) })
    }
    for shares in [false, true] {
      let batch = try PackedBatch(rows, for: configuration, sharingPrompts: shares)
      func trained(_ threads: Int) throws -> (scores: [Double], norm: Double, moves: [Double]) {
        let runner = TransformerRunner(configuration, threads: threads)
        let scores = runner.logProbabilities(start, batch)
        let trainer = TransformerTrainer(
          start, schedule: LearningRateSchedule(peak: 0.5, steps: 2, warmUpSteps: 0),
          optimiser: AdamW.Settings(epsilon: 1), runner: runner)
        var norm = 0.0
        for _ in 0..<2 { norm = try trainer.step(batch) { _ in [-1, 0.5] }.gradientNorm }
        let moves = trainer.parameters.withUnsafeBuffer { after in
          start.withUnsafeBuffer { before in zip(after, before).map { Double($0 - $1) } }
        }
        return (scores, norm, moves)
      }
      let (one, five) = (try trained(1), try trained(5))
      #expect(zip(one.scores, five.scores).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($0)) })
      #expect(abs(one.norm - five.norm) < 1e-5 * one.norm)
      func length(_ values: [Double]) -> Double {
        values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(length(one.moves) > 1e-3)
      #expect(length(zip(one.moves, five.moves).map { $0 - $1 }) < 1e-3 * length(one.moves))
    }
  }
}
