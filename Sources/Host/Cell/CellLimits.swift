/// What one plug-in may use.
public struct CellLimits: Hashable, Sendable, Codable {
  /// Processor time of one call, and of loading. Ten times as much wall time ends a call too.
  public var cpuSecondsPerCall: Double
  /// Memory beyond what the cell program itself has mapped.
  public var memoryBytes: Int
  public var stackBytes: Int
  /// Processor time over the cell's life: a backstop behind the limit of each call.
  public var cpuSecondsOverall: Int
  /// Whether denied system calls are reported by name. Where the kernel cannot (before 5.5), or
  /// when this is false, they kill the plug-in process and the name is unknown.
  public var namesSystemCalls: Bool

  /// What all calls of a loss may take together: this, and ``budgetSecondsPerCall`` for each. Again
  /// processor time, and ten times as much wall time.
  public var budgetSeconds: Double
  /// For a call of ordinary size: 256 numbers, which are 64 pairs. Larger batches have more.
  public var budgetSecondsPerCall: Double

  public init(
    cpuSecondsPerCall: Double = 5, memoryBytes: Int = 512 << 20, stackBytes: Int = 8 << 20,
    cpuSecondsOverall: Int = 3600, namesSystemCalls: Bool = true, budgetSeconds: Double = 5,
    budgetSecondsPerCall: Double = 0.05
  ) {
    self.cpuSecondsPerCall = cpuSecondsPerCall
    self.memoryBytes = memoryBytes
    self.stackBytes = stackBytes
    self.cpuSecondsOverall = cpuSecondsOverall
    self.namesSystemCalls = namesSystemCalls
    self.budgetSeconds = budgetSeconds
    self.budgetSecondsPerCall = budgetSecondsPerCall
  }
}
