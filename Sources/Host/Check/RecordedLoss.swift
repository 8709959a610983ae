import Losses

/// The calls of one run of the suite and what they gave.
final class CallRecord {
  struct Call {
    var batch: LossBatch
    var tunables: [Double]
    var output: LossOutput
  }

  /// Calls that are made again at the end: enough to meet every batch that is probed.
  private static let replayed = 256

  private var calls: [Call] = []

  func add(_ call: Call) { calls.append(call) }

  /// Some of the calls in an order in which they were not made.
  func draw(seed: UInt64) -> [Call] {
    var order = calls
    var random = RandomStream(seed: seed, purpose: "check-replay")
    random.shuffle(&order)
    return Array(order.prefix(Self.replayed))
  }
}

/// A loss whose calls are recorded.
final class RecordedLoss: RawLoss {
  private let loss: any RawLoss
  private let record: CallRecord

  init(_ loss: any RawLoss, _ record: CallRecord) {
    self.loss = loss
    self.record = record
  }

  var descriptor: LossDescriptor { loss.descriptor }

  func evaluateRaw(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    let raw = try loss.evaluateRaw(batch, tunables: tunables)
    record.add(.init(batch: batch, tunables: tunables, output: raw.output))
    return raw
  }
}

extension RecordedLoss: ProcessorTimed {
  func processorSeconds() throws(LossFailure) -> Double? {
    try (loss as? any ProcessorTimed)?.processorSeconds()
  }
}
