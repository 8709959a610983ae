/// A batch for classification: for each row the logits of C classes and the class that is right.
///
/// The gradient flows into `logits`.
public struct ClassificationBatch: Sendable {
  /// Rows, B, at least 1.
  public let count: Int
  /// Classes, C, at least 1.
  public let classes: Int
  var logitsNode: Int32 = -1
  var labelsNode: Int32 = -1
  private let epoch: UInt32

  init(count: Int, classes: Int) {
    self.count = count
    self.classes = classes
    self.epoch = tape.epoch
  }

  private func column(_ node: Int32) -> Vector {
    guard epoch == tape.epoch, node >= 0 else {
      tape.fail(.unsupported, line: 0)
      return .failed
    }
    return Vector(node: node)
  }

  /// What the model gives before the softmax, [B, C].
  @export(interface)
  public var logits: Matrix { column(logitsNode) }
  /// The class that is right, [B], a whole number from 0 to C − 1.
  @export(interface)
  public var labels: Vector { column(labelsNode) }
}
