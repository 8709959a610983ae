/// What the kernels of all families do alike: one call from its beginning to its status.
struct KernelCall {
  private(set) var tunables = Tunables(
    list: TunableList(declared: []), values: InlineArray(repeating: 0))
  private var result = Vector.failed

  /// Starts a call; an extent of 0, or one beyond memory, is LOSS_STATUS_UNSUPPORTED.
  mutating func begin(
    extents: [UInt32], tunables declared: [Tunable], values: InlineArray<16, Double>
  ) {
    tape.begin()
    tunables = Tunables(list: TunableList(declared: declared), values: values)
    result = .failed
    var elements = 1
    for extent in extents {
      if extent == 0 || Int(extent) > Tape.valueLimit / elements {
        tape.fail(.unsupported, line: 0)
        return
      }
      elements *= Int(extent)
    }
  }

  /// Takes the loss's result, one value for each row, and sweeps back from it.
  mutating func end(with value: Vector, rows: Int) {
    guard value.isUsable(line: 0) else { return }
    guard value.count == rows else {
      tape.fail(.result, line: value.line)
      return
    }
    if tape.sweep(from: value.node) { result = value }
  }

  /// Copies out the values and gives the status.
  func finish(_ out: UnsafeMutablePointer<Double>) -> Int32 {
    guard tape.status == 0 else { return tape.status }
    out.update(from: tape.pointer(result.node), count: result.count)
    return 0
  }
}

/// The call of this plug-in that is running. Single-threaded, as the ABI promises.
nonisolated(unsafe) var call = KernelCall()
