import Losses

/// What the calls of one plug-in have taken together, held against their budget.
///
/// Each call has its own limit, but a loss that stays just below it in every call would keep a
/// training busy for days. Wall time bounds processor time and costs next to nothing to know, so the
/// processor's clock is asked only when wall time alone is beyond the budget.
struct CallMeter {
  private let limits: CellLimits
  private var calls = 0
  private var allowed: Double
  private var wall = 0.0
  /// Processor time of cells that are gone.
  private var earlier = 0.0
  /// The wall time up to which nothing needs to be asked.
  private var unasked: Double

  init(_ limits: CellLimits) {
    self.limits = limits
    allowed = limits.budgetSeconds
    unasked = limits.budgetSeconds
  }

  /// Counts a call.
  ///
  /// - Parameters:
  ///   - size: numbers in the batch's columns.
  ///   - wall: seconds that the call took.
  ///   - processor: nanoseconds of processor time of the cell that runs.
  /// - Throws: `timeout` when the calls took more than they may; what `processor` throws.
  mutating func add(
    size: Int, wall seconds: Double, processor: () throws(LossFailure) -> UInt64?
  ) throws(LossFailure) {
    calls += 1
    wall += seconds
    allowed += limits.budgetSecondsPerCall * max(1, Double(size) / 256)
    guard wall > max(allowed, unasked) else { return }
    let used = earlier + Double(try processor() ?? 0) * 1e-9
    if used > allowed || wall > 10 * allowed {
      throw LossFailure(
        .timeout,
        "\(calls) calls of the plug-in took more than \((allowed * 10).rounded() / 10) s of processor "
          + "time together, or ten times as long without computing",
        remedy: "Use whole-vector operations; a loss needs microseconds for a batch.")
    }
    unasked = min(wall + (allowed - used), 10 * allowed)
  }

  /// Keeps what a cell used that is about to end.
  mutating func keep(processor nanoseconds: UInt64) { earlier += Double(nanoseconds) * 1e-9 }
}
