import Foundation

/// When to ask an endpoint again: exponential backoff with full jitter.
///
/// The wait before retry n is drawn evenly from 0 to min(cap, base·2ⁿ⁻¹), so that many clients
/// do not come back together; a server that names a time is not asked before it.
public struct RetryPolicy: Hashable, Sendable {
  /// Retries after the first try.
  public var retries: Int
  /// Seconds.
  public var base: Double
  /// Seconds.
  public var cap: Double
  /// The longest `Retry-After` that is waited for, in seconds; a longer one ends the tries.
  public var longestRetryAfter: Double
  /// Seconds that one reply may take, tries and waits together.
  public var total: Double

  public init(
    retries: Int = 5, base: Double = 1, cap: Double = 60, longestRetryAfter: Double = 300,
    total: Double = 1800
  ) {
    self.retries = retries
    self.base = base
    self.cap = cap
    self.longestRetryAfter = longestRetryAfter
    self.total = total
  }

  /// Seconds to wait before a retry.
  ///
  /// - Parameters:
  ///   - retry: from 1.
  ///   - retryAfter: what the server asked for.
  ///   - jitter: evenly drawn from 0 to 1.
  /// - Returns: nil when the server wants more patience than there is.
  public func delay(beforeRetry retry: Int, retryAfter: Double?, jitter: Double) -> Double? {
    let backoff = jitter * min(cap, base * pow(2, Double(min(retry, 60) - 1)))
    guard let retryAfter else { return backoff }
    return retryAfter <= longestRetryAfter ? max(retryAfter, backoff) : nil
  }
}

/// A wait that can be broken off.
public struct InterruptibleSleep: Sendable {
  public init() {}

  /// Waits; looks twenty times a second whether to stop.
  ///
  /// - Returns: false when it was broken off.
  public func callAsFunction(seconds: Double, shouldAbort: () -> Bool) -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(max(0, seconds))
    while clock.now < end {
      if shouldAbort() { return false }
      let left = clock.now.duration(to: end) / .seconds(1)
      Thread.sleep(forTimeInterval: min(0.05, max(0, left)))
    }
    return !shouldAbort()
  }
}
