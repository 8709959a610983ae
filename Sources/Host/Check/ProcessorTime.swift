import Losses

/// A loss that knows how much processor time its plug-in has used.
public protocol ProcessorTimed {
  /// Seconds of processor time so far; nil when there is no clock to ask.
  func processorSeconds() throws(LossFailure) -> Double?
}

/// The check `time`: how long an ordinary call keeps the processor busy.
///
/// A batch that the loss refuses takes no time; `batch-sizes` says that it was refused.
///
/// Wall time is no measure: the machine may have other things to do. A call that never ends is the
/// cell's business and a timeout.
struct TimeCheck {
  let loss: any RawLoss
  let tunables: [Double]
  let batches: [LossBatch]

  private static let calls = 4

  func run() throws(LossFailure) -> CheckSuite.Note {
    for batch in batches {
      do throws(LossFailure) {
        let note = try run(on: batch)
        if !note.message.isEmpty { return note }
      } catch {
        guard error.isRefusal else { throw error }
      }
    }
    return .silent
  }

  private func run(on batch: LossBatch) throws(LossFailure) -> CheckSuite.Note {
    guard let clock = loss as? any ProcessorTimed else { return .init(message: "not measured") }
    // The first call may touch memory that the system has yet to give.
    _ = try loss.evaluateRaw(batch, tunables: tunables)
    guard let before = try clock.processorSeconds() else { return .init(message: "not measured") }
    for _ in 0..<Self.calls { _ = try loss.evaluateRaw(batch, tunables: tunables) }
    guard let after = try clock.processorSeconds() else { return .init(message: "not measured") }
    let each = (after - before) / Double(Self.calls)
    guard each <= CheckSuite.secondsPerCall else {
      throw LossFailure(
        .failed(check: "time"),
        "one call with \(batch.rows == 1 ? "1 row" : "\(batch.rows) rows") takes \(milliseconds(each)) of processor time; "
          + "\(milliseconds(CheckSuite.secondsPerCall)) are allowed",
        remedy:
          "Use whole-vector operations, and neither loops that wait nor work that grows with the "
          + "square of the batch.")
    }
    return .silent
  }

  private func milliseconds(_ seconds: Double) -> String {
    "\((seconds * 1e4).rounded() / 10) ms"
  }
}

extension LossFailure {
  /// Whether the kernel itself said no, to a batch that it cannot serve.
  var isRefusal: Bool {
    [.failed(check: "status"), .failed(check: "shape")].contains(finding.verdict)
  }
}
