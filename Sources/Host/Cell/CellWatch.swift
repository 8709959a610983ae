/// The wall time of a call, as somebody counts it who looks every few milliseconds.
///
/// A look that comes late was not late by the plug-in's doing: the machine or its container stood still, or
/// did not let us look. Of such a gap ``longest`` counts, so that no plug-in is blamed for it.
struct CellWatch {
  /// The most that counts from one look to the next, in seconds.
  static let longest = 0.1

  private(set) var seconds = 0.0
  private var last: UInt64

  /// - Parameter now: nanoseconds of the clock that does not jump.
  init(now: UInt64 = Deadline.now) { last = now }

  mutating func look(now: UInt64 = Deadline.now) {
    seconds += min(Double(now - min(now, last)) * 1e-9, Self.longest)
    last = now
  }
}
