/// What an author says of a loss. The host tests claims and never trusts them; making none is
/// always right.
///
///     let claims: Claims = [.rowIndependent, .shiftInvariant]
public struct Claims: OptionSet, Sendable {
  public let rawValue: UInt32

  @export(interface)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Row i of the value depends on row i of the inputs only: no mean, variance, sort …
  public static let rowIndependent = Claims(rawValue: 1 << 0)
  /// Adding a number to policy and reference of one completion changes nothing.
  public static let shiftInvariant = Claims(rawValue: 1 << 1)
  /// Convex in the margin.
  public static let convex = Claims(rawValue: 1 << 2)
  /// Reads no reference column. The export file claims this by itself where it is so.
  public static let referenceFree = Claims(rawValue: 1 << 3)
}

/// The claims of a loss; none unless the author's file has a constant of this name, which then
/// hides this one.
public let claims: Claims = []
