/// What stands behind the two C functions of a listwise plug-in. Only the export file, which the
/// host writes, can see it; the author's file cannot.
///
/// A kernel calls, in this order: ``begin(rows:size:tunables:values:)``, ``input(_:_:)`` for each
/// column, the mask (51) among them, ``run(_:)``, ``gradient(_:_:)``, ``finish(_:)``.
@_spi(Export)
public enum ListwiseExport {
  nonisolated(unsafe) private static var batch = ListwiseBatch(count: 1, size: 1)

  private static var elements: Int { batch.count * batch.size }

  /// Starts a call of `rows` lists of `size` completions.
  @export(interface)
  public static func begin(
    rows: UInt32, size: UInt32, tunables declared: [Tunable], values: InlineArray<16, Double>
  ) {
    call.begin(extents: [rows, size], tunables: declared, values: values)
    batch = ListwiseBatch(count: Int(rows), size: Int(size))
  }

  /// Hands over a column of the batch, `[rows, size]`; the id is that of the ABI.
  @export(interface)
  public static func input(_ column: UInt32, _ values: UnsafePointer<Double>) {
    // Only the policy's column wants a gradient: 48.
    guard tape.status == 0,
      let node = tape.append(
        .leaf, count: elements, columns: Int32(truncatingIfNeeded: batch.size),
        needsGradient: column == 48, line: 0)
    else { return }
    tape.pointer(node).update(from: values, count: elements)
    batch.set(Int(column), Vector(node: node))
  }

  /// Calls the loss and sweeps back from its result. Padded elements are 0 for the loss.
  @export(interface)
  public static func run(_ loss: (ListwiseBatch, Tunables) -> Vector) {
    guard tape.status == 0 else { return }
    guard let mask = batch.node(51) else {
      tape.fail(.unsupported, line: 0)
      return
    }
    let present = tape.pointer(mask)
    for i in 0..<elements { present[i] = present[i] != 0 ? 1 : 0 }
    for column in 48...50 {
      guard let node = batch.node(column) else { continue }
      let values = tape.pointer(node)
      for i in 0..<elements where present[i] == 0 { values[i] = 0 }
    }
    call.end(with: loss(batch, call.tunables), rows: batch.count)
  }

  /// Copies out the gradient with respect to the policy (column 48), `[rows, size]`, 0 where the
  /// rows are padded.
  @export(interface)
  public static func gradient(_ column: UInt32, _ out: UnsafeMutablePointer<Double>) {
    guard tape.status == 0, column == 48, let node = batch.node(48), let mask = batch.node(51)
    else { return }
    let (adjoints, present) = (tape.adjointPointer(node), tape.pointer(mask))
    for i in 0..<elements { out[i] = present[i] != 0 ? adjoints[i] : 0 }
  }

  /// Copies out the values, `[rows]`.
  ///
  /// - Returns: the status for the host. With any other than LOSS_OK nothing was written.
  @export(interface)
  public static func finish(_ out: UnsafeMutablePointer<Double>) -> Int32 { call.finish(out) }

  /// Fills the descriptor of a listwise loss; as ``PairwiseExport/describe``, with the ids of the
  /// columns, 48 to 51, in the order of the kernel's parameters.
  @export(interface)
  public static func describe(
    _ out: UnsafeMutableRawPointer, name: StaticString, summary: StaticString, inputs: [UInt32],
    tunables declared: [Tunable], claims: Claims
  ) -> Int32 {
    DescriptorWriter.write(
      out, .listwise, name: name, summary: summary, extents: [.groupSize], inputs: inputs,
      gradients: inputs.filter { $0 == 48 }, tunables: declared,
      claims: inputs.contains(49) ? claims : claims.union(.referenceFree))
  }
}
