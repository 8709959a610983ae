/// What stands behind the two C functions of a classification plug-in. Only the export file, which
/// the host writes, can see it; the author's file cannot.
///
/// A kernel calls, in this order: ``begin(rows:classes:tunables:values:)``, ``logits(_:)``,
/// ``labels(_:)``, ``run(_:)``, ``gradient(_:_:)``, ``finish(_:)``.
@_spi(Export)
public enum ClassificationExport {
  nonisolated(unsafe) private static var batch = ClassificationBatch(count: 1, classes: 1)

  /// Starts a call of `rows` rows and `classes` classes.
  @export(interface)
  public static func begin(
    rows: UInt32, classes: UInt32, tunables declared: [Tunable],
    values: InlineArray<16, Double>
  ) {
    call.begin(extents: [rows, classes], tunables: declared, values: values)
    batch = ClassificationBatch(count: Int(rows), classes: Int(classes))
  }

  /// Hands over the logits, `[rows, classes]`.
  @export(interface)
  public static func logits(_ values: UnsafePointer<Double>) {
    let size = batch.count * batch.classes
    guard tape.status == 0,
      let node = tape.append(
        .leaf, count: size, columns: Int32(truncatingIfNeeded: batch.classes),
        needsGradient: true, line: 0)
    else { return }
    tape.pointer(node).update(from: values, count: size)
    batch.logitsNode = node
  }

  /// Hands over the labels, `[rows]`; one outside 0..<classes is LOSS_STATUS_UNSUPPORTED.
  @export(interface)
  public static func labels(_ values: UnsafePointer<Int32>) {
    guard tape.status == 0,
      let node = tape.append(.leaf, count: batch.count, needsGradient: false, line: 0)
    else { return }
    for i in 0..<batch.count {
      guard values[i] >= 0, Int(values[i]) < batch.classes else {
        tape.fail(.unsupported, line: 0)
        return
      }
      tape.pointer(node)[i] = Double(values[i])
    }
    batch.labelsNode = node
  }

  /// Calls the loss and sweeps back from its result.
  @export(interface)
  public static func run(_ loss: (ClassificationBatch, Tunables) -> Vector) {
    guard tape.status == 0 else { return }
    call.end(with: loss(batch, call.tunables), rows: batch.count)
  }

  /// Copies out the gradient with respect to the logits (column 32), `[rows, classes]`.
  @export(interface)
  public static func gradient(_ column: UInt32, _ out: UnsafeMutablePointer<Double>) {
    guard tape.status == 0, column == 32 else { return }
    out.update(from: tape.adjointPointer(batch.logitsNode), count: batch.count * batch.classes)
  }

  /// Copies out the values, `[rows]`.
  ///
  /// - Returns: the status for the host. With any other than LOSS_OK nothing was written.
  @export(interface)
  public static func finish(_ out: UnsafeMutablePointer<Double>) -> Int32 { call.finish(out) }

  /// Fills the descriptor of a classification loss; as ``PairwiseExport/describe``, with the logits
  /// and the labels as inputs.
  @export(interface)
  public static func describe(
    _ out: UnsafeMutableRawPointer, name: StaticString, summary: StaticString,
    tunables declared: [Tunable], claims: Claims
  ) -> Int32 {
    DescriptorWriter.write(
      out, .classification, name: name, summary: summary, extents: [.classes],
      inputs: [32, 33], gradients: [32], tunables: declared, claims: claims)
  }
}
