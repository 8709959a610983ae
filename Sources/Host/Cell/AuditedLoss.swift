import Losses

/// A loss in training whose real batches are checked again, so that being honest only when probed
/// does not pay.
///
/// Every batch is kept until the next audit, and one call in a hundred, drawn by the seed where no
/// plug-in can foresee it, is audited right after it was answered, in two cells that are started for it:
///
/// 1. *replay*: the batches since the last audit once more, in shuffled order. A pure function gives
///    the same bits; one that counts calls, remembers batches or waits for a moment does not.
/// 2. *order*: the audited batch with its rows shuffled, for a loss that claims independent rows.
/// 3. *gradient*: central differences around the audited batch, the real one, element by element on
///    some rows and along directions in which the whole batch moves, so that a loss cannot follow
///    other gradients than those of its values once training has begun.
///
/// The points of 3 are strewn among the batches of 1, so nothing tells when they come. A loss that
/// remembers the batch could still know its neighbours, and answer as suits its forged gradient. So all
/// points are asked for again in a second cell, in another order, and must have the same bits: what
/// depends on which neighbour was seen first cannot agree.
///
/// Where an element of a gradient's column is larger than ``largestProbed``, a step of the differences is lost
/// in it or rounded too coarsely to judge by, as with a policy that is running away: that batch is audited
/// by replay and order alone. The training of such a policy ends as `diverged(step)` once a number is none.
///
/// ``finish()`` audits what came after the last audit, so that no batch is left out. Batches that
/// outgrow what is kept are replayed at once.
public final class AuditedLoss: RawLoss {
  /// One call in how many is audited.
  public static let interval = 100

  /// Above it, in absolute value, nothing is judged by differences: a step of 1e-3 beside 1e8 is rounded to
  /// 1.5e-8, a relative error of 1.5e-5 within the tolerance of 1e-4; beside 1e13 nothing of it is left.
  static let largestProbed = 1e8

  /// Bytes of batches and outputs that are kept between audits; more of them are replayed at once.
  private let memory: Int

  /// Rows whose elements are moved one at a time, and lines along which all move.
  private static let (probedRows, directions) = (4, 2)
  /// Other batches of the training that the second cell sees among the points.
  private static let decoys = 8

  private struct Call {
    var batch: LossBatch
    var tunables: [Double]
    var output: LossOutput

    var bytes: Int {
      8
        * (batch.size + output.values.count
          + output.gradients.values.reduce(0) { $0 + $1.count })
    }
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
  ///   - memory: bytes that are kept between audits.
  ///   - fresh: opens the same plug-in in a state that no call has touched.
  public init(
    _ loss: any RawLoss, seed: UInt64, memory: Int = 32 << 20,
    fresh: @escaping () throws(LossFailure) -> any RawLoss
  ) {
    self.loss = loss
    self.memory = memory
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
    keep(Call(batch: batch, tunables: tunables, output: raw.output))
    if untilAudit == 0 {
      try audit()
      // Uniform over the next two intervals: one in a hundred, and never foreseeable.
      untilAudit = random.below(2 * Self.interval - 1)
    } else {
      untilAudit -= 1
      if bytes > memory { try replay() }
    }
    return raw
  }

  /// Audits the last batch and replays those since the last audit. To be called once when the
  /// training is over.
  ///
  /// - Throws: ``LossFailure``: as ``evaluateRaw(_:tunables:)``.
  public func finish() throws(LossFailure) {
    if !calls.isEmpty { try audit() }
  }

  private func keep(_ call: Call) {
    calls.append(call)
    bytes += call.bytes
  }

  private func takeCalls() -> [Call] {
    defer {
      calls = []
      bytes = 0
    }
    return calls
  }

  /// The batches that are kept once more in a fresh cell, and none is kept any more.
  private func replay() throws(LossFailure) {
    var order = takeCalls()
    random.shuffle(&order)
    let cell = try fresh()
    for call in order { try requireSame(try ask(cell, call.batch, call.tunables), as: call) }
  }
}

extension AuditedLoss {
  private enum Question {
    case earlier(Call)
    case point(Int)
    case rearranged
  }

  private func audit() throws(LossFailure) {
    var earlier = takeCalls()
    guard let last = earlier.popLast() else { return }
    var rows = Array(0..<last.batch.rows)
    random.shuffle(&rows)
    let probes = GradientProbes(
      last.batch, columns: descriptor.gradients, rows: Array(rows.prefix(Self.probedRows)),
      directions: Self.directions, random: &random)
    let points = (0..<probes.count).map { Question.point($0) }
    var all = earlier.map { Question.earlier($0) } + points
    if descriptor.claims.contains(.rowIndependent) { all.append(.rearranged) }
    random.shuffle(&earlier)
    let some = earlier.prefix(Self.decoys).map { Question.earlier($0) } + points

    let cell = try fresh()
    let first = try answers(to: all, about: last, probes, rows, from: cell)
    let second = try answers(to: some, about: last, probes, rows, from: try fresh())
    let pairs = zip([last.output] + first.dropFirst(), second)
    guard first[0].isBitIdentical(to: last.output),
      pairs.allSatisfy({ $0.isBitIdentical(to: $1) })
    else {
      throw LossFailure(
        .failed(check: "real-gradient"),
        "around a batch of the training, the values depend on which batches were seen before",
        remedy: Self.purity)
    }
    guard last.batch.isProbed(descriptor.gradients) else {
      audits += 1
      return
    }
    do throws(LossFailure) {
      _ = try GradientCheck(
        loss: cell, tunables: last.tunables, tolerance: 1e-4, isStrict: true
      ).judge(probes, first)
    } catch {
      guard case .failed = error.finding.verdict else { throw error }
      throw LossFailure(
        .failed(check: "real-gradient"), "on a batch of the training, \(error.finding.message)",
        remedy: error.finding.remedy)
    }
    audits += 1
  }

  /// Asks in an order of its own, and compares what has an answer already.
  ///
  /// - Returns: the output at each point.
  private func answers(
    to questions: [Question], about last: Call, _ probes: GradientProbes, _ rows: [Int],
    from cell: any RawLoss
  ) throws(LossFailure) -> [LossOutput] {
    var order = questions
    random.shuffle(&order)
    var outputs: [Int: LossOutput] = [:]
    // The points are judged when all is known about the other batches: a loss that counts calls
    // fails as one.
    for question in order {
      switch question {
      case .earlier(let call):
        try requireSame(try ask(cell, call.batch, call.tunables), as: call)
      case .point(let index):
        outputs[index] = try ask(cell, probes.point(index), last.tunables)
      case .rearranged:
        try requireMoved(try ask(cell, last.batch.rearranged(rows), last.tunables), last, rows)
      }
    }
    return (0..<probes.count).compactMap { outputs[$0] }
  }

  private func ask(
    _ cell: any RawLoss, _ batch: LossBatch, _ tunables: [Double]
  ) throws(LossFailure) -> LossOutput {
    try cell.evaluateRaw(batch, tunables: tunables).output
  }

  private static let purity =
    "A loss is a pure function of its arguments: keep no counter, no copy of earlier batches and "
    + "no clock."

  private func requireSame(_ again: LossOutput, as call: Call) throws(LossFailure) {
    guard again.isBitIdentical(to: call.output) else {
      throw LossFailure(
        .failed(check: "replay"),
        "a batch of the training gave other values when it was replayed in a fresh process",
        remedy: Self.purity)
    }
  }

  private func requireMoved(
    _ shuffled: LossOutput, _ call: Call, _ order: [Int]
  ) throws(LossFailure) {
    guard shuffled.isClose(to: call.output.rearranged(order, like: call.batch)) else {
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

  /// Whether steps of differences can be told beside every element of some columns.
  fileprivate func isProbed(_ columns: some Sequence<LossColumn>) -> Bool {
    columns.allSatisfy { column in
      (self.columns[column] ?? []).allSatisfy { abs($0) <= AuditedLoss.largestProbed }
    }
  }

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
