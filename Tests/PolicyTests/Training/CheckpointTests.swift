import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Stopping and resuming a training")
struct CheckpointTests {
  static func task(_ lora: LoRASettings? = nil, rate: Double = 1e-2) throws -> LanguageTask {
    var definition = MetricTests.definition()
    definition.recipe.lora = lora
    definition.recipe.learningRate = rate
    return try LanguageTask(definition)
  }

  /// Trains until the step after which it is stopped; 0 for never.
  static func train(
    _ task: LanguageTask, in folder: URL, stopAfter step: Int = 0, interval: Int = 0,
    resuming: Bool = false, seed: UInt64 = 3, facts: [TrainingFact] = []
  ) throws -> (TrainingOutcome, [Int]) {
    var steps: [Int] = []
    let checkpointing = Checkpointing(
      folder: folder, interval: interval, isResuming: resuming, facts: facts,
      isStopping: { steps.last == step })
    let outcome = try task.trainPolicy(
      loss: MarginLoss.dpo(), tunables: [0.5], seed: seed, checkpointing: checkpointing
    ) { steps.append($0.step) }.outcome
    return (outcome, steps)
  }

  static func stopped(
    _ task: LanguageTask, in folder: URL, after step: Int, resuming: Bool = false
  ) {
    let error = #expect(throws: LossmithError.self) {
      try train(task, in: folder, stopAfter: step, resuming: resuming)
    }
    #expect(error?.code == .interrupted)
    #expect(error?.message.contains("step \(step) of 8") == true)
  }

  @Test(
    "a training that is stopped anywhere and resumed ends with the same bits and curve",
    arguments: [nil, LoRASettings(rank: 2)])
  func resume(lora: LoRASettings?) throws {
    let task = try Self.task(lora)
    let whole = try MetricTests.train(task, .dpo())
    for step in [1, 4, 8] {
      try TestFiles.withFolder { folder in
        Self.stopped(task, in: folder, after: step)
        let (outcome, steps) = try Self.train(task, in: folder, resuming: true)
        #expect(outcome == whole)
        #expect(steps == Array((step + 1)..<9))
      }
    }
    try TestFiles.withFolder { folder in
      // Stopped twice.
      Self.stopped(task, in: folder, after: 2)
      Self.stopped(task, in: folder, after: 5, resuming: true)
      let outcome = try Self.train(task, in: folder, resuming: true).0
      #expect(outcome == whole)
    }
  }

  @Test("the state is kept every so many steps and after the last, and goes when it is removed")
  func interval() throws {
    let task = try Self.task()
    try TestFiles.withFolder { url in
      let folder = url.appending(path: "state")
      _ = try Self.train(task, in: folder)
      #expect(!Checkpointing.exists(in: folder))
      let whole = try Self.train(task, in: folder, interval: 3).0
      #expect(Checkpointing.exists(in: folder))
      // What a kill in the middle of writing leaves: no process has a number like this.
      let part = folder.appending(path: "training.safetensors.\(Int32.max).2.part")
      try Data([1, 2, 3]).write(to: part)
      let seconds = Checkpointing.seconds(in: folder)
      #expect(seconds > 0)
      let (again, steps) = try Self.train(task, in: folder, interval: 3, resuming: true)
      #expect(Checkpointing.seconds(in: folder) >= seconds)
      #expect(again == whole && steps.isEmpty)
      Checkpointing.remove(folder)
      #expect(!FileManager.default.fileExists(atPath: folder.path))
      #expect(Checkpointing.seconds(in: folder) == 0)
      let error = #expect(throws: LossmithError.self) {
        try Self.train(task, in: folder, resuming: true)
      }
      #expect(error?.code == .missingFile)
    }
  }

  @Test("half-written states go, whoever their process was: its number may be another's by now")
  func parts() throws {
    let task = try Self.task()
    try TestFiles.withFolder { folder in
      for process in [Int32.max, getpid(), getppid()] {
        try Data([1, 2, 3]).write(
          to: folder.appending(path: "training.safetensors.\(process).2.part"))
      }
      try Data().write(to: folder.appending(path: "notes.part"))
      func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
      }
      _ = try Self.train(task, in: folder, interval: 3)
      #expect(try names() == ["training.safetensors", "notes.part"])
      Checkpointing.remove(folder)
      #expect(try names() == ["notes.part"])
    }
  }

  @Test("another training's state is refused, and what differs is named")
  func foreign() throws {
    try TestFiles.withFolder { folder in
      let task = try Self.task()
      Self.stopped(task, in: folder, after: 3)
      func refused(_ train: () throws -> (TrainingOutcome, [Int]), _ words: String...) {
        let error = #expect(throws: LossmithError.self) { _ = try train() }
        #expect(error?.code == .usage)
        for word in words {
          #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
      }
      refused(
        { try Self.train(task, in: folder, resuming: true, seed: 4) }, "seed is 4 here, 3 there")
      refused(
        { try Self.train(try Self.task(rate: 2e-2), in: folder, resuming: true) },
        "learning rate is 0.02 here, 0.01 there")
      refused(
        { try Self.train(try Self.task(LoRASettings(rank: 2)), in: folder, resuming: true) },
        "LoRA's rank is 2 here, none there")
      refused(
        {
          try Self.train(
            task, in: folder, resuming: true, facts: [TrainingFact("loss", "ipo")])
        }, "loss is ipo here, unknown there")
      let steps = try Self.train(task, in: folder, resuming: true).1
      #expect(steps == Array(4...8))
    }
  }

  @Test("a truncated, damaged or foreign file is refused as what it is")
  func damaged() throws {
    try TestFiles.withFolder { folder in
      let task = try Self.task()
      Self.stopped(task, in: folder, after: 3)
      let file = Checkpointing.file(in: folder)
      let bytes = try Data(contentsOf: file)
      func refusal(_ data: Data) throws -> LossmithError? {
        try data.write(to: file)
        return #expect(throws: LossmithError.self) {
          try Self.train(task, in: folder, resuming: true)
        }
      }
      for count in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
        #expect(try refusal(bytes.prefix(count))?.code == .malformedInput)
      }
      for place in [bytes.count - 1, bytes.count / 2, bytes.count / 4 * 3] {
        var flipped = bytes
        flipped[place] ^= 1
        #expect(try refusal(flipped)?.message.contains("checksum") == true)
      }
      let text = try #require(String(data: bytes.prefix(8000), encoding: .isoLatin1))
      let step = try #require(text.range(of: "\"step\":\"3\""))
      var moved = bytes
      moved[text.distance(from: text.startIndex, to: step.upperBound) - 2] = UInt8(ascii: "4")
      #expect(try refusal(moved)?.message.contains("checksum") == true)
      let model = folder.appending(path: "model.safetensors")
      try SafetensorsWriter.write([], to: model)
      #expect(
        try refusal(try Data(contentsOf: model))?.message.contains("no training state") == true)
      try bytes.write(to: file)
      #expect(throws: Never.self) { try Self.train(task, in: folder, resuming: true) }
    }
  }

  @Test("next-token training resumes to the same bits, and knows its own data")
  func fineTuning() throws {
    let configuration = SmallTransformers.configuration()
    let rows = SmallTransformers.rows(12, for: configuration)
    let start = SmallTransformers.sine(configuration)
    let tuning = SupervisedFineTuning(.init(epochs: 2, batch: 4, learningRate: 1e-2))
    func bits(_ parameters: TransformerParameters) -> [Float] {
      parameters.withUnsafeBuffer { Array($0) }
    }
    let whole = bits(try tuning.train(start, rows: rows).parameters)
    try TestFiles.withFolder { folder in
      var seen = 0
      func train(_ rows: [TokenRow], stopAfter step: Int, resuming: Bool) throws -> [Float] {
        bits(
          try tuning.train(
            start, rows: rows,
            checkpointing: Checkpointing(
              folder: folder, interval: 0, isResuming: resuming, facts: [],
              isStopping: { seen == step })
          ) { seen = $0.step }.parameters)
      }
      let error = #expect(throws: LossmithError.self) {
        try train(rows, stopAfter: 3, resuming: false)
      }
      #expect(error?.code == .interrupted)
      let other = #expect(throws: LossmithError.self) {
        try train(Array(rows.reversed()), stopAfter: 0, resuming: true)
      }
      #expect(other?.message.contains("training rows") == true)
      let resumed = try train(rows, stopAfter: 0, resuming: true)
      #expect(resumed == whole)
    }
  }
}
