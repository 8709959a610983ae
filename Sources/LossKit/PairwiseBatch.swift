/// A batch of preference pairs: for each row a prompt with a chosen and a rejected completion.
///
/// Every column is a vector of ``count`` elements. The gradient flows into `policyChosen` and
/// `policyRejected`; all other columns are constants.
public struct PairwiseBatch: Sendable {
  /// Rows, B, at least 1.
  public let count: Int
  private var columns: InlineArray<22, Int32>
  private let epoch: UInt32

  init(count: Int) {
    self.count = count
    self.columns = InlineArray(repeating: -1)
    self.epoch = tape.epoch
  }

  /// Puts a column's entry of the tape in its place. Ids are those of the ABI.
  mutating func set(_ column: Int, _ vector: Vector) {
    if columns.indices ~= column { columns[column] = vector.node }
  }

  /// The entry of a column that the host handed over.
  func node(_ id: Int) -> Int32? {
    columns.indices ~= id && columns[id] >= 0 ? columns[id] : nil
  }

  /// A column; a zero with LOSS_STATUS_UNSUPPORTED noted when the host did not hand it over.
  private func column(_ id: Int) -> Vector {
    guard epoch == tape.epoch, columns[id] >= 0 else {
      tape.fail(.unsupported, line: 0)
      return .failed
    }
    return Vector(node: columns[id])
  }

  /// Sum of the policy's token log-probabilities of the chosen completion, in nats.
  @export(interface)
  public var policyChosen: Vector { column(1) }
  /// Sum of the policy's token log-probabilities of the rejected completion.
  @export(interface)
  public var policyRejected: Vector { column(2) }
  /// Sum of the reference's token log-probabilities of the chosen completion.
  @export(interface)
  public var referenceChosen: Vector { column(3) }
  /// Sum of the reference's token log-probabilities of the rejected completion.
  @export(interface)
  public var referenceRejected: Vector { column(4) }

  /// ρ = (policyChosen − policyRejected) − (referenceChosen − referenceRejected).
  ///
  /// β·ρ is the margin of DPO's implicit rewards. Computed once a call.
  @export(interface)
  public var margin: Vector {
    if epoch == tape.epoch, tape.marginNode >= 0 { return Vector(node: tape.marginNode) }
    let (chosen, rejected) = (policyChosen, policyRejected)
    let (refChosen, refRejected) = (referenceChosen, referenceRejected)
    guard chosen.isUsable(line: 0),
      let node = tape.append(
        .margin, count: count, a: chosen.node, b: rejected.node, needsGradient: true, line: 0)
    else { return .failed }
    let (pc, pr) = (tape.pointer(chosen.node), tape.pointer(rejected.node))
    let (rc, rr) = (tape.pointer(refChosen.node), tape.pointer(refRejected.node))
    let values = tape.pointer(node)
    for i in 0..<count { values[i] = (pc[i] - pr[i]) - (rc[i] - rr[i]) }
    tape.marginNode = node
    return Vector(node: node)
  }

  // Optional columns: a loss that names one is refused for data without it.

  /// Tokens of the chosen completion, at least 1.
  @export(interface)
  public var chosenTokens: Vector { column(16) }
  /// Tokens of the rejected completion, at least 1.
  @export(interface)
  public var rejectedTokens: Vector { column(17) }
  /// Quality score of the chosen completion.
  @export(interface)
  public var chosenScore: Vector { column(18) }
  /// Quality score of the rejected completion.
  @export(interface)
  public var rejectedScore: Vector { column(19) }
  /// How much better the chosen completion was judged.
  @export(interface)
  public var scoreMargin: Vector { column(20) }
  /// Weight of the row, at least 0.
  @export(interface)
  public var weight: Vector { column(21) }
}
