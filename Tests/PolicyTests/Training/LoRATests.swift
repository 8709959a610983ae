import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Low-rank adapters")
struct LoRATests {
  static let configuration = SmallTransformers.configuration()

  /// An adapter whose B is not 0.
  static func moved(
    _ settings: LoRASettings = LoRASettings(rank: 3, alpha: 5),
    _ configuration: TransformerConfiguration = configuration
  ) throws -> LoRAAdapter {
    var adapter = try LoRAAdapter(
      settings, for: TransformerLayout(configuration), seed: 2)
    var stream = RandomStream(seed: 3, purpose: "test.lora")
    for pair in adapter.pairs {
      adapter.withUnsafeMutableBuffer { buffer in
        for place in pair.b.range { buffer[place] = Float(0.2 * stream.normal()) }
      }
    }
    return adapter
  }

  @Test("gradients of A and B are central differences of a plain model in double precision")
  func gradients() throws {
    let start = SmallTransformers.sine(Self.configuration)
    let adapter = try Self.moved()
    var merged = start
    adapter.merge(start, into: &merged)
    let rows = SmallTransformers.rows(4, for: Self.configuration, seed: 3)
    let weights = [0.7, -1.1, 0.4, -0.2]
    let runner = TransformerRunner(Self.configuration, threads: 1)
    var dense = TransformerParameters(Self.configuration)
    runner.backward(
      merged, try PackedBatch(rows, for: Self.configuration), rowGradients: weights, into: &dense)
    var gradients = [Float](repeating: .nan, count: adapter.bufferCount)
    gradients.withUnsafeMutableBufferPointer { own in
      dense.withUnsafeBuffer { adapter.project($0.baseAddress!, into: own.baseAddress!) }
    }
    var values = adapter.withUnsafeBuffer { $0.map { Double($0) } }
    let plain = TransformerReference(start)
    // y = x W + (alpha / rank) x A^T B^T, written out.
    func value() -> Double {
      var model = plain
      for pair in adapter.pairs {
        let (inputs, outputs) = (pair.target.inputs, pair.target.outputs)
        for i in 0..<inputs {
          for o in 0..<outputs {
            let sum = (0..<3).reduce(0.0) {
              $0 + values[pair.a.offset + $1 * inputs + i] * values[pair.b.offset + o * 3 + $1]
            }
            model.tensors[pair.target.weight.name]![i * outputs + o] += 5.0 / 3 * sum
          }
        }
      }
      return model.weightedScore(rows, weights: weights)
    }
    var stream = RandomStream(seed: 5, purpose: "test.directions")
    for tensor in adapter.tensors {
      let gradient = gradients[tensor.range].map { Double($0) }
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(norm > 0, "\(tensor.name) has no gradient")
      let direction = gradient.map { _ in stream.normal() }
      let middle = values
      func at(_ step: Double) -> Double {
        for (index, place) in tensor.range.enumerated() {
          values[place] = middle[place] + step * direction[index]
        }
        return value()
      }
      let step = 1e-5
      let difference = (at(step) - at(-step)) / (2 * step)
      values = middle
      let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(slope - difference) < 1e-4 * norm, "\(tensor.name): \(slope), \(difference)")
    }
  }

  /// Modules that lie side by side, and are stored the other way round.
  static let llama = TransformerConfiguration.llama(
    vocabularySize: 8, contextLength: 6, width: 8, layers: 2, heads: 2, keyValueHeads: 1,
    headWidth: 4, feedForwardWidth: 12)

  @Test("of modules that lie side by side each has its own columns")
  func columns() throws {
    var base = TransformerParameters(Self.llama)
    var dense = base
    var stream = RandomStream(seed: 6, purpose: "test.columns")
    for tensor in base.layout.tensors {
      for index in tensor.range {
        base.withUnsafeMutableBuffer { $0[index] = Float(stream.normal()) }
        dense.withUnsafeMutableBuffer { $0[index] = Float(stream.normal()) }
      }
    }
    let settings = LoRASettings(rank: 2, targets: ["k_proj", "up_proj", "o_proj"])
    let adapter = try Self.moved(settings, Self.llama)
    #expect(adapter.pairs.count == 6)
    var merged = base
    adapter.merge(base, into: &merged)
    var gradients = [Float](repeating: .nan, count: adapter.bufferCount)
    gradients.withUnsafeMutableBufferPointer { own in
      dense.withUnsafeBuffer { adapter.project($0.baseAddress!, into: own.baseAddress!) }
    }
    var expected = base.withUnsafeBuffer { $0.map { Double($0) } }
    let slopes = dense.withUnsafeBuffer { $0.map { Double($0) } }
    let values = adapter.withUnsafeBuffer { $0.map { Double($0) } }
    for pair in adapter.pairs {
      let target = pair.target
      var (a, b) = (
        [Double](repeating: 0, count: pair.a.count), [Double](repeating: 0, count: pair.b.count)
      )
      for i in 0..<target.inputs {
        for o in 0..<target.outputs {
          let place = target.offset + i * target.stride + o
          for r in 0..<2 {
            let (atA, atB) = (r * target.inputs + i, o * 2 + r)
            expected[place] += 2 * values[pair.a.offset + atA] * values[pair.b.offset + atB]
            a[atA] += 2 * slopes[place] * values[pair.b.offset + atB]
            b[atB] += 2 * slopes[place] * values[pair.a.offset + atA]
          }
        }
      }
      #expect(zip(gradients[pair.a.range], a).allSatisfy { abs(Double($0) - $1) < 1e-5 })
      #expect(zip(gradients[pair.b.range], b).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
    let own = merged.withUnsafeBuffer { Array($0) }
    #expect(zip(own, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
  }

  @Test("only targets move, and what is trained is what the adapter says")
  func frozen() throws {
    let start = SmallTransformers.sine(Self.configuration)
    let settings = LoRASettings(rank: 2, targets: ["c_attn", "mlp.c_proj"])
    let adapter = try LoRAAdapter(settings, for: start.layout, seed: 1)
    #expect(adapter.pairs.count == 4)
    let trainer = TransformerTrainer(
      start, schedule: LearningRateSchedule(peak: 1e-2, steps: 3, warmUpSteps: 0),
      adapter: adapter)
    #expect(
      trainer.parameters.withUnsafeBuffer { Array($0) } == start.withUnsafeBuffer { Array($0) })
    let batch = try WholeBatchTests.batch(Self.configuration)
    for _ in 0..<3 { try trainer.step(batch) { WholeBatchTests.losses[0].rowGradients($0) } }
    for tensor in start.layout.tensors {
      let isTarget = adapter.pairs.contains { $0.target.weight == tensor }
      #expect((trainer.parameters[tensor.name] == start[tensor.name]) != isTarget, "\(tensor.name)")
    }
    var merged = start
    try #require(trainer.adapter).merge(start, into: &merged)
    #expect(
      merged.withUnsafeBuffer { Array($0) }
        == trainer.parameters.withUnsafeBuffer { Array($0) })
  }

  @Test("an untouched adapter has a KL of exactly 0, a trained one moves the policy")
  func untouched() throws {
    var definition = MetricTests.definition(forward: true)
    definition.recipe.lora = LoRASettings(rank: 2)
    let task = try LanguageTask(definition)
    let outcome = try MetricTests.train(task, .constant())
    #expect(outcome.metrics == (try task.referenceMetrics(seed: 3)))
    #expect(outcome.metrics["kl"] == 0 && outcome.metrics["kl_forward"] == 0)
    let trained = try MetricTests.train(task, .dpo())
    #expect(try #require(trained.metrics["kl"]) > 0)
    #expect(try #require(trained.curve.last).margin > 0)
    #expect(try MetricTests.train(task, .dpo()) == trained)
    definition.recipe.lora = nil
    let dense = try LanguageTask(definition)
    #expect(dense.configurationDigest != task.configurationDigest)
  }

  @Test("targets that a model lacks and ranks that are none are refused by name")
  func refusals() throws {
    let layout = TransformerLayout(Self.configuration)
    for (settings, word) in [
      (LoRASettings(rank: 2, targets: ["q_proj"]), "q_proj"), (LoRASettings(rank: 21), "21"),
      (LoRASettings(rank: 0, alpha: 1), "rank"), (LoRASettings(rank: 2, alpha: .nan), "alpha"),
      (LoRASettings(rank: 2, targets: []), "targets"),
      (LoRASettings(rank: 2, targets: ["wte"]), "wte"),
    ] {
      let error = #expect(throws: LossmithError.self) {
        try LoRAAdapter(settings, for: layout, seed: 1)
      }
      #expect(error?.code == .usage && error?.message.contains(word) == true, "\(word)")
    }
    #expect(try LoRAAdapter(LoRASettings(rank: 2), for: layout, seed: 1).pairs.count == 8)
    #expect(throws: LossmithError.self) { try RecipeOptions(loraAlpha: 2).lora() }
    #expect(throws: LossmithError.self) { try RecipeOptions(microBatch: 0).lora() }
    #expect(try RecipeOptions(loraRank: 4).lora(LoRASettings(rank: 2, alpha: 2))?.alpha == 4)
  }

  // MARK: - Folders

  @Test("an adapter that is written and read again is the same to the bit")
  func roundTrip() throws {
    try TestFiles.withFolder { url in
      let base = try SmallFolder.make()
      let settings = LoRASettings(rank: 2, alpha: 3, targets: ["attn.c_proj", "c_fc"])
      let adapter = try Self.moved(settings, SmallFolder.configuration)
      let (model, own) = (url.appending(path: "base"), url.appending(path: "base/adapter"))
      try base.save(to: model)
      try LoRAFolder.save(adapter, base: "..", to: own)
      let read = try LoRAFolder.load(own, for: base.parameters.layout)
      #expect(read.withUnsafeBuffer { Array($0) } == adapter.withUnsafeBuffer { Array($0) })
      #expect(read.settings.scale == 1.5)
      var merged = base.parameters
      adapter.merge(base.parameters, into: &merged)
      for folder in [
        try ModelFolder.load(policy: own, base: nil),
        try ModelFolder.load(policy: own, base: model),
      ] {
        #expect(SmallFolder.values(folder) == merged.withUnsafeBuffer { Array($0) })
      }
      #expect(throws: LossmithError.self) { try ModelFolder.load(policy: model, base: model) }
    }
  }

  @Test("adapters of other kinds, of other models and damaged ones are refused")
  func damaged() throws {
    try TestFiles.withFolder { url in
      let adapter = try Self.moved(LoRASettings(rank: 2), SmallFolder.configuration)
      let layout = TransformerLayout(SmallFolder.configuration)
      func refused(_ name: String, _ old: String, _ new: String) throws -> String {
        try LoRAFolder.save(adapter, to: url)
        #expect(try LoRAFolder.load(url, for: layout).pairs.count == 8)
        try SmallFolder.edit(url, name, old, new)
        let error = #expect(throws: LossmithError.self) { try LoRAFolder.load(url, for: layout) }
        #expect(error?.code == .malformedInput)
        return error?.message ?? ""
      }
      let config = LoRAFolder.configName
      for (old, new, word) in [
        ("\"LORA\"", "\"IA3\"", "LoRA"), ("\"bias\": \"none\"", "\"bias\": \"all\"", "bias"),
        ("\"use_dora\": false", "\"use_dora\": true", "use_dora"),
        ("\"r\": 2", "\"r\": 0", "rank"), ("\"r\": 2", "\"r\": 3", "shape"),
        ("\"rank_pattern\": {}", "\"rank_pattern\": {\"c_fc\": 3}", "rank_pattern"),
        ("{", "[", "JSON"),
      ] {
        #expect(try refused(config, old, new).contains(word), "\(new)")
      }
      try LoRAFolder.save(adapter, to: url)
      let other = TransformerLayout(Self.configuration)
      let error = #expect(throws: LossmithError.self) { try LoRAFolder.load(url, for: other) }
      #expect(error?.message.contains("shape") == true)
      let weights = url.appending(path: LoRAFolder.weightsName)
      let bytes = try Data(contentsOf: weights)
      try bytes.dropLast(5).write(to: weights)
      #expect(throws: LossmithError.self) { try LoRAFolder.load(url, for: layout) }
      let missing = #expect(throws: LossmithError.self) {
        try ModelFolder.load(policy: url, base: nil)
      }
      #expect(missing?.code == .missingFile)
    }
  }

  // MARK: - PEFT

  struct Sight: Decodable {
    var logits: [[Double]]
    var merged: [[Double]]
    var trainable: [String]
    var written: [[Double]]
  }

  static let isInstalled: Bool = {
    let found = (try? TransformersTests.python(["-c", "import peft"])) ?? nil
    if found == nil { print("peft is not installed: its view of our adapters is not tested.") }
    return found != nil
  }()

  @Test(
    "PEFT reads an adapter of ours, and we one of PEFT's, with the same logits",
    arguments: [
      (SmallFolder.configuration, ["c_attn", "c_fc", "mlp.c_proj"]),
      (llama, ["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]),
    ])
  func peft(configuration: TransformerConfiguration, targets: [String]) throws {
    guard Self.isInstalled else { return }
    try TestFiles.withFolder { url in
      let base = try SmallFolder.make(configuration)
      let adapter = try Self.moved(
        LoRASettings(rank: 3, alpha: 5, targets: targets), configuration)
      let names = ["base", "ours", "theirs"].map { url.appending(path: $0) }
      try base.save(to: names[0])
      try LoRAFolder.save(adapter, to: names[1])
      let ids: [Int32] = [0, 2, 3, 4, 5]
      let script = TestFiles.fixture("HuggingFace/peft_adapter.py").path
      let data = try #require(
        try TransformersTests.python([script] + names.map(\.path) + ["\(ids)"]))
      let sight = try JSONDecoder().decode(Sight.self, from: data)
      let runner = TransformerRunner(configuration, threads: 1)
      func close(_ folder: ModelFolder, _ expected: [[Double]]) throws {
        let own = try runner.logits(folder.parameters, ids)
        let worst = zip(own.joined(), expected.joined()).reduce(0) {
          max($0, abs(Double($1.0) - $1.1))
        }
        #expect(own.count == expected.count && worst < 2e-4, "\(worst)")
      }
      let ours = try ModelFolder.load(policy: names[1], base: names[0])
      try close(ours, sight.logits)
      try close(ours, sight.merged)
      #expect(sight.trainable.count == 2 * adapter.pairs.count)
      try close(try ModelFolder.load(policy: names[2], base: nil), sight.written)
      // Not by being the base's logits.
      let plain = try runner.logits(base.parameters, ids)
      #expect(
        zip(plain.joined(), sight.logits.joined()).contains { abs(Double($0) - $1) > 1e-2 })
    }
  }
}
