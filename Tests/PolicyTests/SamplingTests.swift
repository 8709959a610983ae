import CKernels
import Foundation
import Losses
import Synchronization
import Testing

@testable import Policy

@Suite("Sampling")
struct SamplingTests {
  private let configuration = SmallTransformers.configuration()
  private var parameters: TransformerParameters { SmallTransformers.sine(configuration) }

  private func prompts(_ count: Int) -> [SamplingPrompt] {
    var stream = RandomStream(seed: 4, purpose: "test.prompts")
    return (0..<count).map { index in
      SamplingPrompt(
        tokens: (0...stream.below(8)).map { _ in Int32(stream.below(41)) }, index: UInt64(index))
    }
  }

  @Test(
    "cached logits are the uncached ones, through refills of slots", arguments: [1, 3, 64],
    SmallTransformers.families)
  func cache(slots: Int, configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let prompts = prompts(20)
    let runner = TransformerRunner(configuration, threads: 1)
    var seen = 0
    var rows: [[[Float]]] = prompts.map { _ in [] }
    let completions = parameters.withUnsafeBuffer { buffer in
      let lane = SamplingLane(
        runner, buffer.baseAddress!,
        panels: PanelWeights(buffer.baseAddress!, layout: runner.layout, on: runner.team),
        thread: 0, prompts: prompts[...],
        options: SamplingOptions(maximumTokens: 12, endToken: 7), seed: 1, slots: slots)
      lane.observe = { prompt, place, logits in
        #expect(place == rows[prompt].count)
        rows[prompt].append(Array(logits))
      }
      runner.team.run { _ in lane.run() }
      return lane.completions
    }
    for (index, prompt) in prompts.enumerated() {
      let completion = completions[index].tokens
      #expect(completion.count == 12 || completion.last == 7)
      #expect(completions[index].isEnded == (completion.last == 7))
      #expect(!completion.dropLast().contains(7))
      let uncached = try runner.logits(parameters, prompt.tokens + completion.dropLast())
      for (place, row) in rows[index].enumerated() {
        let expected = uncached[prompt.tokens.count - 1 + place]
        let error = zip(row, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error < 1e-4)
        seen += 1
      }
    }
    #expect(seen == completions.reduce(0) { $0 + $1.tokens.count })
  }

  @Test("logits have the same bits alone and in a crowd", arguments: SmallTransformers.families)
  func crowdBits(configuration: TransformerConfiguration) {
    let parameters = SmallTransformers.sine(configuration)
    let prompts = prompts(20)
    func logits(of number: Int, among crowd: [SamplingPrompt], slots: Int) -> [[Float]] {
      let runner = TransformerRunner(configuration, threads: 1)
      var rows: [[Float]] = []
      parameters.withUnsafeBuffer { buffer in
        let lane = SamplingLane(
          runner, buffer.baseAddress!,
          panels: PanelWeights(buffer.baseAddress!, layout: runner.layout, on: runner.team),
          thread: 0, prompts: crowd[...], options: SamplingOptions(maximumTokens: 12), seed: 1,
          slots: slots)
        lane.observe = { prompt, _, row in if prompt == number { rows.append(Array(row)) } }
        runner.team.run { _ in lane.run() }
      }
      return rows
    }
    let alone = logits(of: 0, among: [prompts[13]], slots: 1)
    #expect(alone.count > 1)
    #expect(logits(of: 13, among: prompts, slots: 64) == alone)
    #expect(logits(of: 13, among: prompts, slots: 5) == alone)
  }

  @Test(
    "a prompt's tokens do not depend on the others, on threads or on the order",
    arguments: SmallTransformers.families)
  func independence(configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let prompts = prompts(30)
    let options = SamplingOptions(maximumTokens: 10, endToken: 7)
    let one = TransformerSampler(TransformerRunner(configuration, threads: 1))
    let two = TransformerSampler(TransformerRunner(configuration, threads: 2))
    let all = try one.sample(parameters, prompts: prompts, options: options, seed: 9)
    #expect(try two.sample(parameters, prompts: prompts, options: options, seed: 9) == all)
    #expect(
      try one.sample(parameters, prompts: prompts.reversed(), options: options, seed: 9)
        == all.reversed())
    #expect(
      try one.sample(parameters, prompts: [prompts[17]], options: options, seed: 9)
        == [all[17]])
    #expect(try one.sample(parameters, prompts: prompts, options: options, seed: 10) != all)
  }

  @Test(
    "threads that multiply together change no token, however unlike their shares are",
    arguments: [2, 3, 5], SmallTransformers.families)
  func together(threads: Int, configuration: TransformerConfiguration) throws {
    let parameters = SmallTransformers.sine(configuration)
    let prompts = prompts(23)
    let options = SamplingOptions(maximumTokens: 10, endToken: 7)
    let alone = TransformerSampler(TransformerRunner(configuration, threads: 1))
    let runner = TransformerRunner(configuration, threads: threads)
    let all = try alone.sample(parameters, prompts: prompts, options: options, seed: 9)
    // A cache for all, and one so small that slots are refilled while others draw.
    for budget in [1 << 28, 1] {
      let together = TransformerSampler(runner, cacheBudget: budget)
      for count in [23, 4, 1] {
        let some = Array(prompts.prefix(count))
        #expect(
          try together.sample(parameters, prompts: some, options: options, seed: 9)
            == Array(all.prefix(count)))
      }
    }
    // The same logits too, not only tokens.
    var rows: [[[Float]]] = []
    for threads in [1, threads] {
      var seen = [[Float]](repeating: [], count: 12)
      let runner = TransformerRunner(configuration, threads: threads)
      let joint = JointProducts(team: runner.team, kernels: runner.kernels.pointee)
      parameters.withUnsafeBuffer { buffer in
        let panels = PanelWeights(
          buffer.baseAddress!, layout: runner.layout, on: runner.team)
        let lanes = (0..<threads).map { thread in
          SamplingLane(
            runner, buffer.baseAddress!, panels: panels, joint: joint, thread: thread,
            prompts: prompts[runner.team.part(thread, of: 12)], options: options, seed: 9, slots: 2)
        }
        let lock = Mutex(())
        for (thread, lane) in lanes.enumerated() {
          let first = runner.team.part(thread, of: 12).lowerBound
          lane.observe = { prompt, _, row in
            lock.withLock { _ in seen[first + prompt] += Array(row) }
          }
        }
        runner.team.run { lanes[$0].run() }
      }
      rows.append(seen)
    }
    #expect(rows[0] == rows[1])
    #expect(rows[0].allSatisfy { !$0.isEmpty })
  }

  @Test("samples have the model's frequencies")
  func frequencies() throws {
    let count = 20_000
    let prompt: [Int32] = [5, 6]
    let sampler = TransformerSampler(TransformerRunner(configuration, threads: 1))
    let drawn = try sampler.sample(
      parameters, prompts: (0..<count).map { SamplingPrompt(tokens: prompt, index: UInt64($0)) },
      options: SamplingOptions(temperature: 0.7, maximumTokens: 1), seed: 2)
    let reference = TransformerReference(parameters)
    let expected = reference.logSoftmax(reference.logits(prompt)[1].map { $0 / 0.7 }).map {
      exp($0)
    }
    var counts = [Double](repeating: 0, count: 41)
    for completion in drawn { counts[Int(completion.tokens[0])] += 1 }
    // Pearson's χ² with 40 degrees of freedom: above 90 once in 100,000 samples.
    let statistic = zip(counts, expected).reduce(0.0) { sum, pair in
      let mean = pair.1 * Double(count)
      return sum + (pair.0 - mean) * (pair.0 - mean) / mean
    }
    #expect(statistic < 90)
  }

  @Test("top-k and top-p keep the likeliest tokens and no others")
  func truncation() {
    let logits: [Float] = [1, 3, 2, 3, 0, -.infinity] + Array(repeating: -20, count: 70)
    let table = ck_kernels_for(ck_best_isa())!
    func drawn(_ options: SamplingOptions) -> Set<Int32?> {
      var chooser = TokenChooser(options, vocabularySize: logits.count, kernels: table)
      return Set((0..<1000).map { chooser.choose(logits, uniform: Double($0) / 1000) })
    }
    #expect(drawn(SamplingOptions(temperature: 0, maximumTokens: 1)) == [1])
    #expect(drawn(SamplingOptions(topK: 1, maximumTokens: 1)) == [1])
    #expect(drawn(SamplingOptions(topK: 3, maximumTokens: 1)) == [1, 2, 3])
    #expect(drawn(SamplingOptions(maximumTokens: 1)).isSuperset(of: [0, 1, 2, 3, 4]))
    // Probabilities: 0.390 twice, 0.143, 0.053, 0.019.
    #expect(drawn(SamplingOptions(topP: 0.3, maximumTokens: 1)) == [1])
    #expect(drawn(SamplingOptions(topP: 0.7, maximumTokens: 1)) == [1, 3])
    #expect(drawn(SamplingOptions(topP: 0.9, maximumTokens: 1)) == [1, 2, 3])
    #expect(drawn(SamplingOptions(topK: 3, topP: 0.5, maximumTokens: 1)) == [1, 3])
    #expect(!drawn(SamplingOptions(topP: 1, maximumTokens: 1)).contains(5))
  }

  @Test("completions stop at the end of the context")
  func context() throws {
    let sampler = TransformerSampler(TransformerRunner(configuration, threads: 2))
    let prompts = [1, 19, 20].map {
      SamplingPrompt(tokens: Array(repeating: 3, count: $0), index: UInt64($0))
    }
    let drawn = try sampler.sample(
      parameters, prompts: prompts, options: SamplingOptions(maximumTokens: 50), seed: 1)
    #expect(drawn.map(\.tokens.count) == [20, 2, 1])
    #expect(drawn.allSatisfy { !$0.isEnded })
  }

  @Test("bad prompts and options are refused; a NaN is a divergence")
  func refusals() throws {
    let sampler = TransformerSampler(TransformerRunner(configuration, threads: 2))
    func sample(
      _ tokens: [Int32], _ options: SamplingOptions = SamplingOptions(maximumTokens: 2)
    ) throws {
      _ = try sampler.sample(
        parameters, prompts: [SamplingPrompt(tokens: tokens, index: 0)], options: options, seed: 0)
    }
    #expect(throws: Never.self) { try sample([1]) }
    #expect(throws: LossmithError.self) { try sample([]) }
    #expect(throws: LossmithError.self) { try sample([41]) }
    #expect(throws: LossmithError.self) { try sample([-1]) }
    #expect(throws: LossmithError.self) { try sample(Array(repeating: 1, count: 21)) }
    #expect(throws: LossmithError.self) { try sample([1], SamplingOptions(maximumTokens: 0)) }
    #expect(throws: LossmithError.self) {
      try sample([1], SamplingOptions(temperature: -.infinity, maximumTokens: 1))
    }
    #expect(throws: LossmithError.self) {
      try sample([1], SamplingOptions(topP: 0, maximumTokens: 1))
    }
    var broken = parameters
    broken.withMutableTensor(broken.layout.finalNormBias!) { $0[3] = .nan }
    let failure = #expect(throws: LossFailure.self) {
      try sampler.sample(
        broken, prompts: [SamplingPrompt(tokens: [1], index: 0)],
        options: SamplingOptions(maximumTokens: 2), seed: 0, step: 8)
    }
    #expect(failure?.finding.verdict == .diverged(step: 8))
  }

  @Test("a lane that breaks off holds up no other", arguments: [2, 3, 5])
  func broken(threads: Int) throws {
    var broken = parameters
    let prompts = (0..<12).map {
      SamplingPrompt(tokens: Array(repeating: 3, count: $0 == 8 ? 14 : 1), index: UInt64($0))
    }
    // Only the one prompt comes to this position, with its third new token.
    broken.withMutableTensor(broken.layout.positionEmbedding!) {
      for column in 0..<configuration.width { $0[15 * configuration.width + column] = .nan }
    }
    let runner = TransformerRunner(configuration, threads: threads)
    let joint = JointProducts(team: runner.team, kernels: runner.kernels.pointee)
    let lanes = broken.withUnsafeBuffer { buffer in
      let panels = PanelWeights(buffer.baseAddress!, layout: runner.layout, on: runner.team)
      let lanes = (0..<threads).map { thread in
        SamplingLane(
          runner, buffer.baseAddress!, panels: panels, joint: joint, thread: thread,
          prompts: prompts[runner.team.part(thread, of: 12)],
          options: SamplingOptions(temperature: 0, maximumTokens: 5), seed: 9, slots: 2)
      }
      runner.team.run { lanes[$0].run() }
      return lanes
    }
    for (thread, lane) in lanes.enumerated() {
      let own = runner.team.part(thread, of: 12)
      if own.contains(8) {
        #expect(lane.broken == 8 - own.lowerBound)
      } else {
        #expect(lane.broken == nil && lane.completions.allSatisfy { $0.tokens.count == 5 })
      }
    }
    let failure = #expect(throws: LossFailure.self) {
      try TransformerSampler(runner).sample(
        broken, prompts: prompts, options: SamplingOptions(maximumTokens: 5), seed: 9, step: 2)
    }
    #expect(failure?.finding.verdict == .diverged(step: 2))
    #expect(failure?.finding.message.contains("prompt 8") == true)
  }

  @Test("a temperature is 0 or from 0.0001 on; there, the likeliest token comes, cut or not")
  func temperatures() throws {
    for temperature in [1e-40, 9e-5, -1, .nan, .infinity, 1e300] {
      for (topK, topP) in [(nil, nil), (3, nil), (nil, 0.9)] as [(Int?, Double?)] {
        let options = SamplingOptions(
          temperature: temperature, topK: topK, topP: topP, maximumTokens: 4)
        #expect(throws: LossmithError.self, "\(temperature)") { try options.validate() }
      }
    }
    #expect(throws: LossmithError.self) { try SamplingOptions(maximumTokens: .max).validate() }
    let kernels = TransformerRunner(
      TransformerConfiguration(vocabularySize: 5, contextLength: 4, width: 4, layers: 1, heads: 1)
    ).kernels
    let logits: [Float] = [-3, 2, 7, 6.9, -40]
    for options in [
      SamplingOptions(temperature: 1e-4, maximumTokens: 1),
      SamplingOptions(temperature: 1e-4, topK: 2, maximumTokens: 1),
      SamplingOptions(temperature: 1e-4, topP: 0.9, maximumTokens: 1),
      SamplingOptions(temperature: 0, maximumTokens: 1),
    ] {
      #expect(throws: Never.self) { try options.validate() }
      var chooser = TokenChooser(options, vocabularySize: 5, kernels: kernels)
      for uniform in [0, 0.3, 0.999_999] {
        #expect(chooser.choose(logits, uniform: uniform) == 2)
      }
    }
  }
}
