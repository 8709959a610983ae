import Foundation
import Losses

/// A loss of the margin written in Swift, so that the trainer is tested without a plug-in.
final class MarginLoss: Loss {
  let descriptor: LossDescriptor
  /// (margin, β) to value and slope.
  private let function: (Double, Double) -> (value: Double, slope: Double)
  /// Batches seen so far.
  private(set) var batches: [LossBatch] = []
  private(set) var tunables: [Double] = []

  init(
    _ name: String, inputs: [LossColumn] = MarginLoss.core,
    betaRange: ClosedRange<Double> = 0...10,
    _ function: @escaping (Double, Double) -> (value: Double, slope: Double)
  ) {
    self.function = function
    descriptor = LossDescriptor(
      name: name, summary: "", family: inputs[0].family, claims: [],
      arguments: [.rows] + inputs.map { .input($0) }
        + [.tunable(0), .value, .gradient(.policyChosen), .gradient(.policyRejected)],
      tunables: [
        Tunable(
          name: "beta", minimum: betaRange.lowerBound, maximum: betaRange.upperBound,
          initial: betaRange.lowerBound)
      ])
  }

  static let core: [LossColumn] = [
    .policyChosen, .policyRejected, .referenceChosen, .referenceRejected,
  ]

  func evaluate(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> LossOutput {
    batches.append(batch)
    self.tunables = tunables
    let rows = batch.margin.map { function($0, tunables[0]) }
    return LossOutput(
      values: rows.map(\.value),
      gradients: [.policyChosen: rows.map(\.slope), .policyRejected: rows.map { -$0.slope }])
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

  static func dpo() -> MarginLoss {
    MarginLoss("dpo") { (softplus(-$1 * $0), -$1 * sigmoid(-$1 * $0)) }
  }

  /// DPO with the preference turned round.
  static func reversed() -> MarginLoss {
    MarginLoss("reversed") { (softplus($1 * $0), $1 * sigmoid($1 * $0)) }
  }

  static func constant() -> MarginLoss { MarginLoss("constant") { _, _ in (1, 0) } }
}

/// A loss whose output a test writes itself.
final class ScriptedLoss: Loss {
  let descriptor: LossDescriptor
  private let script: (Int, LossBatch) throws(LossFailure) -> LossOutput
  private var step = 0

  /// - Parameter script: from the step, from 1, and the batch.
  init(_ script: @escaping (Int, LossBatch) throws(LossFailure) -> LossOutput) {
    descriptor = MarginLoss.constant().descriptor
    self.script = script
  }

  func evaluate(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> LossOutput {
    step += 1
    return try script(step, batch)
  }
}

extension LossOutput {
  /// One value everywhere, with one gradient for both completions.
  static func filled(_ value: Double, gradient: Double, rows: Int) -> LossOutput {
    LossOutput(
      values: Array(repeating: value, count: rows),
      gradients: [
        .policyChosen: Array(repeating: gradient, count: rows),
        .policyRejected: Array(repeating: gradient, count: rows),
      ])
  }
}
