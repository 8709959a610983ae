import Losses

/// A loss in training whose real batches are checked again, so that being honest only when probed
/// does not pay.
///
/// Every batch is kept until the next audit, and one call in a hundred, drawn by the seed where no
/// plug-in can foresee it, is audited right after it was answered, in a cell that is started for it:
///
/// 1. *replay*: the batches since the last audit once more, in shuffled order. A pure function gives
///    the same bits; one that counts calls, remembers batches or waits for a moment does not.
/// 2. *order*: the audited batch with its rows shuffled, for a loss that claims independent rows.
/// 3. *gradient*: central differences on some rows of the audited batch, the real one, so that a
///    loss cannot follow other gradients than those of its values once training has begun.
///
/// ``finish()`` replays what came after the last audit, so that no batch is left out.
public final class AuditedLoss: RawLoss {
  /// One call in how many is audited.
  public static let interval = 100

  /// Bytes of columns that are kept between audits; what is older is forgotten.
  private static let memory = 32 << 20

  private struct Call {
    var batch: LossBatch
    var tunables: [Double]
    var output: LossOutput
    var bytes: Int
  }

  public var descriptor: LossDescriptor { loss.descriptor }

  /// Audits that were passed.
  public private(set) var audits = 0

  private let loss: any RawLoss
  private let fresh: () throws(LossFailure) -> any RawLoss
  private var random: RandomStream
  private var calls: [Call] = []
  private var bytes = 0
  private var untilAudit: Int

  /// - Parameters:
  ///   - loss: answers the training.
  ///   - seed: draws which calls are audited, and the orders.
  ///   - fresh: opens the same plug-in in a state that no call has touched.
  public init(
    _ loss: any RawLoss, seed: UInt64,
    fresh: @escaping () throws(LossFailure) -> any RawLoss
  ) {
    self.loss = loss
    self.fresh = fresh
    random = RandomStream(seed: seed, purpose: "audit")
    untilAudit = random.below(Self.interval / 5)
  }

  /// - Throws: ``LossFailure``: what the loss throws; `failed(replay)`, `failed(real-order)` and
  ///   `failed(real-gradient)` when an audit finds it out.
  public func evaluateRaw(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    let raw = try loss.evaluateRaw(batch, tunables: tunables)
    // What is incomplete or no number ends the training anyway.
    guard raw.unwritten.isEmpty else { return raw }
    keep(Call(batch: batch, tunables: tunables, output: raw.output, bytes: 8 * batch.size))
    if untilAudit == 0 {
      try audit()
      // Uniform over the next two intervals: one in a hundred, and never foreseeable.
      untilAudit = random.below(2 * Self.interval - 1)
    } else {
      untilAudit -= 1
    }
    return raw
  }

  /// Replays the batches since the last audit. To be called once when the training is over.
  ///
  /// - Throws: ``LossFailure``: `failed(replay)`, or what the fresh cell throws.
  public func finish() throws(LossFailure) {
    guard !calls.isEmpty else { return }
    try replay(on: try fresh())
    audits += 1
  }

  private func keep(_ call: Call) {
    calls.append(call)
    bytes += call.bytes
    while bytes > Self.memory, calls.count > 1 { bytes -= calls.removeFirst().bytes }
  }

  private func audit() throws(LossFailure) {
    guard let last = calls.last else { return }
    let cell = try fresh()
    try replay(on: cell)
    try compareOrder(last, on: cell)
    var rows = Array(0..<last.batch.rows)
    random.shuffle(&rows)
    do throws(LossFailure) {
      _ = try GradientCheck(loss: cell, tunables: last.tunables, tolerance: 1e-4)
        .run(on: last.batch, rows: Array(rows.prefix(4)))
    } catch {
      guard case .failed = error.finding.verdict else { throw error }
      throw LossFailure(
        .failed(check: "real-gradient"), "on a batch of the training, \(error.finding.message)",
        remedy: error.finding.remedy)
    }
    audits += 1
  }

  private func replay(on cell: any RawLoss) throws(LossFailure) {
    var order = calls
    random.shuffle(&order)
    calls = []
    bytes = 0
    for call in order {
      let again = try cell.evaluateRaw(call.batch, tunables: call.tunables)
      guard again.output.isBitIdentical(to: call.output) else {
        throw LossFailure(
          .failed(check: "replay"),
          "a batch of the training gave other values when it was replayed in a fresh process",
          remedy: "A loss is a pure function of its arguments: keep no counter, no copy of earlier "
            + "batches and no clock.")
      }
    }
  }

  private func compareOrder(_ call: Call, on cell: any RawLoss) throws(LossFailure) {
    guard descriptor.claims.contains(.rowIndependent) else { return }
    var order = Array(0..<call.batch.rows)
    random.shuffle(&order)
    let shuffled = try cell.evaluateRaw(call.batch.rearranged(order), tunables: call.tunables)
    let expected = call.output.rearranged(order, like: call.batch)
    guard shuffled.output.isClose(to: expected) else {
      throw LossFailure(
        .failed(check: "real-order"),
        "on a batch of the training, the rows' losses changed when the rows were shuffled",
        remedy: "Compute each row's loss from that row alone, or do not claim independent rows.")
    }
  }
}

extension LossBatch {
  /// Elements of all columns.
  fileprivate var size: Int { columns.values.reduce(0) { $0 + $1.count } }

  fileprivate func width(of column: LossColumn) -> Int { elements(of: column) / rows }

  /// Row i of the result is row `order[i]` of this batch.
  fileprivate func rearranged(_ order: [Int]) -> LossBatch {
    var batch = self
    for (column, values) in columns {
      batch.columns[column] = values.rearranged(order, width: width(of: column))
    }
    return batch
  }
}

extension LossOutput {
  fileprivate func rearranged(_ order: [Int], like batch: LossBatch) -> LossOutput {
    var output = self
    output.values = values.rearranged(order, width: 1)
    for (column, gradient) in gradients {
      output.gradients[column] = gradient.rearranged(order, width: batch.width(of: column))
    }
    return output
  }

  /// Equal but for what a vector loop rounds otherwise at its end.
  fileprivate func isClose(to other: LossOutput) -> Bool {
    func close(_ a: [Double], _ b: [Double]) -> Bool {
      a.count == b.count
        && zip(a, b).allSatisfy {
          $0 == $1 || abs($0 - $1) <= 1e-9 * max(1e-9, abs($0), abs($1)) || ($0.isNaN && $1.isNaN)
        }
    }
    return close(values, other.values) && gradients.keys == other.gradients.keys
      && gradients.allSatisfy { close($0.value, other.gradients[$0.key] ?? []) }
  }
}

extension [Double] {
  fileprivate func rearranged(_ order: [Int], width: Int) -> [Double] {
    order.flatMap { self[($0 * width)..<(($0 + 1) * width)] }
  }
}
