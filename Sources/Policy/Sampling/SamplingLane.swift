import CKernels
import Losses

/// One thread's part of the prompts: prefill, step by step, finished sequences out, waiting ones in.
final class SamplingLane {
  private struct Sequence {
    /// Place among the lane's prompts.
    var prompt: Int
    var slot: Int
    /// Tokens whose keys and values are in the cache.
    var length: Int
    var last: Int32
    var limit: Int
  }

  private let runner: TransformerRunner
  private let parameters: UnsafePointer<Float>
  private let panels: PanelWeights
  /// How lanes of several threads multiply together; nil for a lane alone.
  private let joint: JointProducts?
  private let thread: Int
  private let options: SamplingOptions
  private let seed: UInt64
  private let prompts: ArraySlice<SamplingPrompt>
  private let cache: KeyValueCache
  private let activations: Activations
  private let logits: FloatStorage
  private let scores: FloatStorage
  private var chooser: TokenChooser
  private var freeSlots: [Int]
  private var active: [Sequence] = []
  private var next: Int
  private(set) var completions: [SampledCompletion]
  /// Sees every row of logits that a token is chosen from: prompt of the lane, place, V numbers.
  var observe: ((_ prompt: Int, _ place: Int, UnsafeBufferPointer<Float>) -> Void)?
  /// The first prompt whose logits were not finite.
  private(set) var broken: Int?

  private let slotCount: Int
  /// Tokens of one prefill; a single longer prompt may exceed it.
  private static let prefillTokens = 512

  init(
    _ runner: TransformerRunner, _ parameters: UnsafePointer<Float>, panels: PanelWeights,
    joint: JointProducts? = nil, thread: Int,
    prompts: ArraySlice<SamplingPrompt>, options: SamplingOptions, seed: UInt64, slots: Int
  ) {
    let configuration = runner.configuration
    self.runner = runner
    self.parameters = parameters
    self.panels = panels
    self.joint = joint
    self.thread = thread
    self.prompts = prompts
    self.options = options
    self.seed = seed
    let longest = prompts.map(\.tokens.count).max() ?? 1
    let positions = min(configuration.contextLength, longest + options.maximumTokens)
    runner.rotary?.reserve(positions)
    slotCount = max(1, min(slots, prompts.count))
    cache = KeyValueCache(
      configuration, slots: slotCount, positions: positions,
      room: { runner.cacheRoom(thread: thread, count: $0) })
    let tokens = max(Self.prefillTokens, longest, slotCount)
    activations = Activations(
      layout: runner.layout, tokens: tokens, outputs: tokens, isSaving: false)
    logits = FloatStorage(uninitialized: slotCount * configuration.vocabularySize)
    scores = FloatStorage(uninitialized: configuration.heads * cache.positions)
    chooser = TokenChooser(
      options, vocabularySize: configuration.vocabularySize, kernels: runner.kernels)
    freeSlots = (0..<slotCount).reversed()
    next = prompts.startIndex
    completions = prompts.map { _ in SampledCompletion(tokens: [], isEnded: false) }
  }

  /// Draws all completions. With ``joint``, every thread of the team runs its lane.
  func run() {
    while true {
      let turn = turn
      guard let joint else {
        if turn == .rest { return }
        take(turn, nil)
        continue
      }
      let turns = joint.agree(on: turn, thread: thread)
      if turns.allSatisfy({ $0 == .rest }) { return }
      // Who has nothing to draw multiplies for the others.
      let isJoint = !turns.contains(.prefill)
      take(isJoint ? .step : turn, isJoint ? joint : nil)
    }
  }

  private var turn: JointProducts.Turn {
    if broken != nil || (next == prompts.endIndex && active.isEmpty) { return .rest }
    // Prefill many at once: a quarter of the slots, or whatever waits when nothing else runs.
    let isPrefill =
      next < prompts.endIndex && (active.isEmpty || freeSlots.count * 4 >= slotCount)
    return isPrefill ? .prefill : .step
  }

  private func take(_ turn: JointProducts.Turn, _ joint: JointProducts?) {
    switch turn {
    case .prefill: prefill()
    case .step: step(joint)
    case .rest: break
    }
  }

  private func prefill() {
    var members: [Sequence] = []
    var rows: [TokenRow] = []
    var tokens = 0
    while next < prompts.endIndex, !freeSlots.isEmpty,
      tokens == 0 || tokens + prompts[next].tokens.count <= Self.prefillTokens
    {
      let prompt = prompts[next].tokens
      let limit = min(
        options.maximumTokens, runner.configuration.contextLength - prompt.count + 1)
      members.append(
        Sequence(
          prompt: next - prompts.startIndex, slot: freeSlots.removeLast(), length: prompt.count,
          last: 0, limit: limit))
      // The target is of no importance; the row scores what follows the prompt.
      rows.append(TokenRow(prompt: prompt, completion: [0]))
      tokens += prompt.count
      next += 1
    }
    guard let batch = try? PackedBatch(rows, for: runner.configuration) else {
      preconditionFailure("prompts are validated before")
    }
    let part = MicroBatch(whole: batch, thread: thread, of: runner.threads)
    runner.runBlocks(parameters, batch, part, activations, thread: thread, panels: panels) {
      layer in
      let qkv = self.activations.queriesKeysValues(layer)
      for (member, segment) in zip(members, batch.segments) {
        for (position, token) in segment.tokens.enumerated() {
          self.cache.store(
            qkv + token * self.runner.configuration.projectedWidth, layer: layer, slot: member.slot,
            position: position)
        }
      }
    }
    runner.gatherHead(parameters, batch, part, activations, thread: thread)
    chooseTokens(&members, nil)
    active += members
  }

  private func step(_ joint: JointProducts?) {
    if broken != nil { active = [] }
    let configuration = runner.configuration
    let width = configuration.attentionWidth
    let headWidth = configuration.headWidth
    let table = runner.kernels.pointee
    let count = active.count
    for (row, sequence) in active.enumerated() {
      runner.embed(
        parameters, token: sequence.last, position: sequence.length,
        into: activations.input(0) + row * configuration.width)
    }
    let positions = active.map { Int32($0.length) }
    let share = joint.map { ProductShare(joint: $0, thread: thread) }
    let scale = 1 / Float(headWidth).squareRoot()
    for layer in 0..<configuration.layers {
      runner.projectQueriesKeysValues(
        parameters, activations, layer: layer, first: 0, count: count, panels: panels,
        joint: share)
      let qkv = activations.queriesKeysValues(layer)
      runner.rotate(qkv, positions: positions, 1, count)
      let attended = activations.attended(layer)
      for (row, sequence) in active.enumerated() {
        let own = qkv + row * configuration.projectedWidth
        cache.store(own, layer: layer, slot: sequence.slot, position: sequence.length)
        var query = ck_query(
          t: sequence.length + 1, heads: configuration.heads, kv_heads: configuration.keyValueHeads,
          d: headWidth, scale: scale, query: own,
          keys: cache.keys(layer: layer, slot: sequence.slot),
          values: cache.values(layer: layer, slot: sequence.slot),
          scores: scores.elements.baseAddress!, out: attended + row * width)
        table.attend_one(&query)
      }
      runner.projectAttended(
        parameters, activations, layer: layer, first: 0, count: count, panels: panels,
        joint: share)
      runner.feedForward(
        parameters, activations, layer: layer, first: 0, count: count, panels: panels,
        joint: share)
    }
    for row in active.indices { active[row].length += 1 }
    runner.normalise(
      activations.input(configuration.layers), runner.layout.finalNormWeight,
      runner.layout.finalNormBias, parameters, into: activations.headNorm,
      mean: activations.headMean, rstd: activations.headRstd, count: count)
    chooseTokens(&active, joint)
  }

  /// Gives each sequence its next token and drops those that are finished.
  private func chooseTokens(_ sequences: inout [Sequence], _ joint: JointProducts?) {
    let vocabulary = runner.configuration.vocabularySize
    let logits = logits.elements.baseAddress!
    let width = runner.configuration.width
    if let joint {
      joint.multiply(
        activations.headNorm, panels: panels.head, bias: nil, residual: nil, into: logits,
        count: sequences.count, k: width, n: vocabulary, thread: thread)
    } else {
      runner.kernels.pointee.panel_multiply(
        activations.headNorm, width, panels.head, nil, nil, logits, vocabulary, sequences.count,
        vocabulary, width)
    }
    var staying: [Sequence] = []
    staying.reserveCapacity(sequences.count)
    for (row, sequence) in sequences.enumerated() {
      let prompt = sequence.prompt
      let place = UInt64(completions[prompt].tokens.count)
      var stream = RandomStream(
        seed: seed, purpose: "sampling.token",
        prompts[prompts.startIndex + prompt].index, place)
      let own = UnsafeBufferPointer(start: logits + row * vocabulary, count: vocabulary)
      observe?(prompt, Int(place), own)
      guard let token = chooser.choose(own.baseAddress!, uniform: stream.uniform()) else {
        broken = min(broken ?? prompt, prompt)
        return
      }
      completions[prompt].tokens.append(token)
      if token == options.endToken {
        completions[prompt].isEnded = true
        freeSlots.append(sequence.slot)
      } else if completions[prompt].tokens.count >= sequence.limit {
        freeSlots.append(sequence.slot)
      } else {
        var sequence = sequence
        sequence.last = token
        staying.append(sequence)
      }
    }
    sequences = staying
  }
}
