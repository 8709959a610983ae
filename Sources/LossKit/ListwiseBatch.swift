/// A batch of lists: for each row a prompt with K completions and a quality score for each.
///
/// Every column is a matrix [B, K]. The gradient flows into `policy`. Rows with fewer than K
/// completions are padded: `mask` is 0 there, the other columns are read as 0 whatever the host
/// handed over, and the gradient is 0 whatever the loss does.
public struct ListwiseBatch: Sendable {
  /// Rows, B, at least 1.
  public let count: Int
  /// Places in a list, K, at least 1.
  public let size: Int
  private var columns: InlineArray<4, Int32>
  private let epoch: UInt32

  init(count: Int, size: Int) {
    self.count = count
    self.size = size
    self.columns = InlineArray(repeating: -1)
    self.epoch = tape.epoch
  }

  /// The ABI's number of the first column.
  static var firstColumn: Int { 48 }

  mutating func set(_ column: Int, _ vector: Vector) {
    let place = column - Self.firstColumn
    if columns.indices ~= place { columns[place] = vector.node }
  }

  func node(_ id: Int) -> Int32? {
    let place = id - Self.firstColumn
    return columns.indices ~= place && columns[place] >= 0 ? columns[place] : nil
  }

  private func column(_ id: Int) -> Matrix {
    guard epoch == tape.epoch, let node = node(id) else {
      tape.fail(.unsupported, line: 0)
      return .failed
    }
    return Vector(node: node)
  }

  /// Sums of the policy's token log-probabilities of each completion, in nats, [B, K].
  @export(interface)
  public var policy: Matrix { column(48) }
  /// The same under the frozen reference, [B, K].
  @export(interface)
  public var reference: Matrix { column(49) }
  /// Quality scores, higher is better, [B, K].
  @export(interface)
  public var scores: Matrix { column(50) }
  /// 1 where there is a completion, 0 where the row is padded, [B, K].
  @export(interface)
  public var mask: Matrix { column(51) }

  /// policy − reference, [B, K]: β times it is DPO's implicit reward of each completion.
  @export(interface)
  public var logRatio: Matrix { policy - reference }
}
