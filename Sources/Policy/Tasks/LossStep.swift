import Foundation
import Losses

/// One call of a loss inside a training, with everything that came back looked at.
///
/// The trainer believes nothing: shapes are checked before they are indexed, and a NaN or an
/// infinity ends the training with the tensor's name instead of spreading.
struct LossStep {
  /// Mean of the loss over the rows.
  let meanLoss: Double
  /// d(mean loss)/d(policy_chosen) and d(mean loss)/d(policy_rejected), of shape `[B]`.
  let chosenGradient: [Double]
  let rejectedGradient: [Double]

  /// - Parameter step: the number of the step, from 1.
  /// - Throws: what the loss threw; `failed(shape)` for outputs of a wrong length; `diverged(step)`.
  init(
    loss: any Loss, batch: LossBatch, tunables: [Double], step: Int
  ) throws(LossFailure) {
    let output = try loss.evaluate(batch, tunables: tunables)
    try Self.require(output.values, named: "the loss", of: batch, step: step)
    meanLoss = output.values.reduce(0, +) / Double(batch.rows)
    chosenGradient = try Self.mean(output.gradients, .policyChosen, of: batch, step: step)
    rejectedGradient = try Self.mean(output.gradients, .policyRejected, of: batch, step: step)
    if !meanLoss.isFinite { throw Self.diverged("the mean loss", value: meanLoss, step: step) }
  }

  /// The gradient of the mean: that of the sum over B. A column without one has gradient 0.
  private static func mean(
    _ gradients: [LossColumn: [Double]], _ column: LossColumn, of batch: LossBatch, step: Int
  ) throws(LossFailure) -> [Double] {
    guard let gradient = gradients[column] else { return Array(repeating: 0, count: batch.rows) }
    try require(gradient, named: "the gradient of \(column.name)", of: batch, step: step)
    return gradient.map { $0 / Double(batch.rows) }
  }

  private static func require(
    _ values: [Double], named name: String, of batch: LossBatch, step: Int
  ) throws(LossFailure) {
    guard values.count == batch.rows else {
      throw LossFailure(
        .failed(check: "shape"),
        "\(name) has \(values.count) elements where the batch has \(batch.rows) rows.",
        remedy: "Return one value for each row of the batch.")
    }
    if let row = values.firstIndex(where: { !$0.isFinite }) {
      let margins = batch.margin
      throw diverged(
        "\(name) of row \(row)", value: values[row], step: step,
        margin: row < margins.count ? margins[row] : nil)
    }
  }

  /// The failure of a training that met a number that is none.
  ///
  /// - Parameter margin: of the row that it met it in, in nats, where there is such a row.
  static func diverged(
    _ name: String, value: Double, step: Int, margin: Double? = nil
  ) -> LossFailure {
    let what = value.isNaN ? "NaN" : "infinite"
    let place = margin.map { String(format: ", at the margin %.4g", $0) } ?? ""
    return LossFailure(
      .diverged(step: step), "In training, \(name) became \(what) at step \(step)\(place).",
      remedy: "Bound the loss and its slope for large margins of either sign, for instance with"
        + " softplus or logSigmoid instead of exp or log.")
  }
}
