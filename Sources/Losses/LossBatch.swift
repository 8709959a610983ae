/// The inputs of one loss call.
///
/// Every column holds `double`s in row-major order; labels are whole numbers
/// stored as `double`s here and cross the ABI as `int32`.
public struct LossBatch: Sendable {
  public var family: LossFamily
  /// Rows, B, at least 1.
  public var rows: Int
  /// Classes, C, of a classification batch; else 1.
  public var classes: Int
  /// Completions a row, K, of a listwise batch; else 1.
  public var groupSize: Int
  public var columns: [LossColumn: [Double]]

  /// - Precondition: each column has as many elements as its shape says.
  public init(
    family: LossFamily = .pairwise, rows: Int, classes: Int = 1, groupSize: Int = 1,
    columns: [LossColumn: [Double]]
  ) {
    self.family = family
    self.rows = rows
    self.classes = classes
    self.groupSize = groupSize
    self.columns = columns
    for (column, values) in columns {
      precondition(values.count == elements(of: column), "column \(column.name) has a wrong length")
    }
  }

  /// A pairwise batch of the four core columns, each of shape `[B]`.
  public init(
    policyChosen: [Double], policyRejected: [Double], referenceChosen: [Double],
    referenceRejected: [Double]
  ) {
    self.init(
      rows: policyChosen.count,
      columns: [
        .policyChosen: policyChosen, .policyRejected: policyRejected,
        .referenceChosen: referenceChosen, .referenceRejected: referenceRejected,
      ])
  }

  /// The number of elements that a column of this batch has.
  public func elements(of column: LossColumn) -> Int {
    switch column.shape {
    case .rows: rows
    case .rowsByClasses: rows * classes
    case .rowsByGroup: rows * groupSize
    }
  }

  /// ρ = (π_c − π_r) − (ref_c − ref_r), of shape `[B]`; empty unless all four core columns are there.
  public var margin: [Double] {
    guard let pc = columns[.policyChosen], let pr = columns[.policyRejected],
      let rc = columns[.referenceChosen], let rr = columns[.referenceRejected]
    else { return [] }
    return pc.indices.map { (pc[$0] - pr[$0]) - (rc[$0] - rr[$0]) }
  }
}

/// What one loss call gave.
public struct LossOutput: Sendable, Equatable {
  /// The loss of each row, `[B]`. The mean over rows is the host's business.
  public var values: [Double]
  /// d(sum over rows of the value)/d(column), shaped like the column, for each
  /// differentiable column that the loss reads.
  public var gradients: [LossColumn: [Double]]

  public init(values: [Double], gradients: [LossColumn: [Double]]) {
    self.values = values
    self.gradients = gradients
  }
}
