import ArgumentParser

/// The numbers that a flag takes: an end on both sides, so that no count can run out of memory or
/// overflow where it is used.
enum FlagRange {
  static let seeds = 1...10_000
  static let many = 1...1_000_000
  /// Completions that one command draws.
  static let completions = 1...100_000
  static let threads = 1...64

  /// - Parameter value: nil for a flag that was not given, which is fine.
  /// - Throws: `ValidationError` naming the flag and its range.
  static func require<Number: Comparable>(
    _ flag: String, _ value: Number?, in range: ClosedRange<Number>
  ) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
      "\(flag) takes a number from \(range.lowerBound) to \(range.upperBound), not \(value).")
  }
}
