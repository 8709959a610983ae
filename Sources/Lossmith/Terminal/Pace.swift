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
    let share = "\(Int((fraction * 100).rounded(.down))) %"
    let elapsed = (now - started) / .seconds(1)
    let done = fraction - before
    guard elapsed >= 1, done > 0, fraction < 1 else { return share }
    let rate = done / elapsed
    return String(
      format: "%@, %.1f %% a second, about %@ left", share, rate * 100,
      Self.duration((1 - fraction) / rate))
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
