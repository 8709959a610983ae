/// What stands behind the two C functions of a pairwise plug-in. Only the export file, which the
/// host writes, can see it; the author's file cannot.
///
/// A kernel calls, in this order: ``begin(rows:tunables:values:)``, ``input(_:_:)`` for each
/// column, ``run(_:)``, ``gradient(_:_:)`` for each differentiable column, ``finish(_:)``.
@_spi(Export)
public enum PairwiseExport {
  nonisolated(unsafe) private static var batch = PairwiseBatch(count: 1)

  /// Starts a call of `rows` rows.
  @export(interface)
  public static func begin(
    rows: UInt32, tunables declared: [Tunable], values: InlineArray<16, Double>
  ) {
    call.begin(extents: [rows], tunables: declared, values: values)
    batch = PairwiseBatch(count: Int(rows))
  }

  /// Hands over a column of the batch, `[rows]`; the id is that of the ABI.
  @export(interface)
  public static func input(_ column: UInt32, _ values: UnsafePointer<Double>) {
    // Only the policy's columns want gradients: 1 and 2.
    let wantsGradient = column <= 2
    guard tape.status == 0,
      let node = tape.append(.leaf, count: batch.count, needsGradient: wantsGradient, line: 0)
    else { return }
    tape.pointer(node).update(from: values, count: batch.count)
    batch.set(Int(column), Vector(node: node))
  }

  /// Calls the loss and sweeps back from its result.
  @export(interface)
  public static func run(_ loss: (PairwiseBatch, Tunables) -> Vector) {
    guard tape.status == 0 else { return }
    call.end(with: loss(batch, call.tunables), rows: batch.count)
  }

  /// Copies out the gradient with respect to a column, `[rows]`.
  @export(interface)
  public static func gradient(_ column: UInt32, _ out: UnsafeMutablePointer<Double>) {
    guard tape.status == 0, let node = batch.node(Int(column)) else { return }
    out.update(from: tape.adjointPointer(node), count: batch.count)
  }

  /// Copies out the values, `[rows]`.
  ///
  /// - Returns: the status for the host. With any other than LOSS_OK nothing was written.
  @export(interface)
  public static func finish(_ out: UnsafeMutablePointer<Double>) -> Int32 { call.finish(out) }

  /// Fills the descriptor of a pairwise loss.
  ///
  /// - Parameters:
  ///   - out: a `loss_descriptor`, zeroed, with the room it has in `struct_size`.
  ///   - inputs: ids of the columns in the order of the kernel's parameters.
  /// - Returns: LOSS_OK; LOSS_STATUS_UNSUPPORTED when there is too little room;
  ///   LOSS_STATUS_TUNABLE with the line of a declaration that makes no sense.
  @export(interface)
  public static func describe(
    _ out: UnsafeMutableRawPointer, name: StaticString, summary: StaticString, inputs: [UInt32],
    tunables declared: [Tunable], claims: Claims
  ) -> Int32 {
    let readsReference = inputs.contains(3) || inputs.contains(4)
    return DescriptorWriter.write(
      out, .pairwise, name: name, summary: summary, extents: [], inputs: inputs,
      gradients: inputs.filter { $0 <= 2 }, tunables: declared,
      claims: readsReference ? claims : claims.union(.referenceFree))
  }
}
