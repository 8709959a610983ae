import Foundation

/// How fast something goes and when it ends, from the share that is done.
///
/// Time is read from a clock that never jumps; nothing but words is made of it.
struct Pace {
  private let started: ContinuousClock.Instant
  /// The share that was done when the watch began.
  private let before: Double

  init(at fraction: Double = 0, now: ContinuousClock.Instant = .now) {
    started = now
    before = fraction
  }

  /// `40 %, 2.1 % a second, about 29 s left`; the share alone until there is a rate to tell.
  func text(_ fraction: Double, now: ContinuousClock.Instant = .now) -> String {
    text(fraction, amount: 100, "%", now: now)
  }

  /// `16 %, 4.2 trainings a minute, about 38 min left`, where the whole is a count of things.
  func text(
    _ fraction: Double, of count: Int, _ noun: String, now: ContinuousClock.Instant = .now
  ) -> String {
    text(fraction, amount: Double(count), noun + "s", now: now)
  }

  private func text(
    _ fraction: Double, amount: Double, _ unit: String, now: ContinuousClock.Instant
  ) -> String {
    let share = "\(Int((fraction * 100).rounded(.down))) %"
    let elapsed = (now - started) / .seconds(1)
    let done = fraction - before
    guard elapsed >= 1, done > 0, fraction < 1 else { return share }
    let rate = done / elapsed
    return "\(share), \(Self.rate(rate * amount, unit)),"
      + " about \(Self.duration((1 - fraction) / rate)) left"
  }

  /// In the shortest unit of time in which it is at least a half: `2.1 % a second`, `4.2 trainings a
  /// minute`, `0.3 trainings an hour`.
  static func rate(_ perSecond: Double, _ unit: String) -> String {
    for (seconds, word) in [(1.0, "a second"), (60, "a minute")] where perSecond * seconds >= 0.5 {
      return String(format: "%.1f %@ %@", perSecond * seconds, unit, word)
    }
    return String(format: "%.1f %@ an hour", perSecond * 3600, unit)
  }

  /// `29 s`, `3 min`, `1.5 h`.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: "\(Int(seconds.rounded())) s"
    case ..<5400: "\(Int((seconds / 60).rounded())) min"
    default: String(format: "%.1f h", seconds / 3600)
    }
  }
}
