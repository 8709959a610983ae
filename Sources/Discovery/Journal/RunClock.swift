import Foundation

/// Where a run takes its times from; tests give their own.
public struct RunClock: Sendable {
  /// The calendar time of an event.
  public var now: @Sendable () -> Date
  /// Seconds that never jump, from any origin: budgets are counted with these.
  public var seconds: @Sendable () -> Double

  public init(now: @escaping @Sendable () -> Date, seconds: @escaping @Sendable () -> Double) {
    self.now = now
    self.seconds = seconds
  }

  public static let system = RunClock(
    now: { Date() },
    seconds: {
      let (whole, attoseconds) = (ContinuousClock.now - origin).components
      return Double(whole) + Double(attoseconds) * 1e-18
    })

  private static let origin = ContinuousClock.now
}
