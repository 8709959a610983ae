import Losses

/// The claims of a descriptor, tested and never believed.
struct ClaimChecks {
  let loss: any RawLoss
  let tunables: [Double]

  private func failed(
    _ step: CheckSuite.Step, _ message: String, _ remedy: String
  ) -> LossFailure {
    LossFailure(.failed(check: step.rawValue), message, remedy: remedy)
  }

  /// LOSS_SHIFT_INVARIANT: adding a number to policy and reference of one completion, or to all
  /// logits of a row, changes nothing.
  ///
  /// - Throws: `failed(shift-invariant)`.
  func requireShiftInvariance(_ batch: LossBatch) throws(LossFailure) {
    let base = try loss.evaluate(batch, tunables: tunables)
    for shift in [-3.25, 17.5] {
      for (columns, element) in completions(batch) {
        var moved = batch
        for column in columns {
          for place in element.map({ [$0] }) ?? Array(batch.range(of: 1, in: column)) {
            moved.columns[column]?[place] += shift
          }
        }
        let after = try loss.evaluate(moved, tunables: tunables)
        // A shift rounds the inputs: a slope times their last bits may remain.
        let scale = base.values.reduce(0) { max($0, abs($1)) } + slopeScale(base)
        let isSame =
          near(base.values, after.values, scale)
          && base.gradients.allSatisfy {
            near($0.value, after.gradients[$0.key] ?? [], scale)
          }
        guard isSame else {
          throw failed(
            .shiftInvariant,
            "the loss claims shift invariance, but adding \(shift) to "
              + columns.map(\.name).joined(separator: " and ") + " of one row changes it",
            "Claim shiftInvariant only where a completion counts by policy minus reference alone.")
        }
      }
    }
  }

  /// The sets of columns that move together, with the element (nil: all of row 1).
  private func completions(_ batch: LossBatch) -> [(columns: [LossColumn], element: Int?)] {
    switch batch.family {
    case .pairwise:
      [([.policyChosen, .referenceChosen], 1), ([.policyRejected, .referenceRejected], 1)]
    case .classification: [([.logits], nil)]
    case .listwise:
      [([.listPolicy, .listReference], batch.range(of: 1, in: .listPolicy).lowerBound)]
    }
  }

  private func slopeScale(_ output: LossOutput) -> Double {
    output.gradients.values.reduce(0) { max($0, $1.reduce(0) { max($0, abs($1)) }) }
  }

  private func near(_ a: [Double], _ b: [Double], _ scale: Double) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) <= 1e-9 * scale }
  }

  /// LOSS_CONVEX: along the family's direction no point lies above the chord of its neighbours.
  ///
  /// - Throws: `failed(convex)`.
  func requireConvexity(_ profile: LossProfile) throws(LossFailure) {
    let points = profile.points
    for index in points.indices.dropFirst().dropLast() {
      let (left, middle, right) = (points[index - 1], points[index], points[index + 1])
      let weight = (right.offset - middle.offset) / (right.offset - left.offset)
      let chord = weight * left.total + (1 - weight) * right.total
      let noise = 1e-12 * (abs(left.total) + abs(middle.total) + abs(right.total))
      guard middle.total <= chord + noise else {
        throw failed(
          .convex,
          "the loss claims to be convex, but at \(middle.offset) it lies above the chord from "
            + "\(left.offset) to \(right.offset)",
          "Do not claim convex for a loss with a bump, a plateau that ends in a slope, or a jump.")
      }
    }
  }

  /// LOSS_REFERENCE_FREE: no reference column is read.
  ///
  /// - Throws: `failed(reference-free)`.
  func requireReferenceFree() throws(LossFailure) {
    let reference: Set<LossColumn> = [.referenceChosen, .referenceRejected, .listReference]
    guard let column = loss.descriptor.inputs.first(where: reference.contains) else { return }
    throw failed(
      .referenceFree, "the loss claims to be reference-free, but reads \(column.name)",
      "Do not list a reference column among the inputs, or do not claim referenceFree.")
  }
}
