import Foundation
import Losses

/// Warnings about what training with a loss will do.
enum ShapeWarnings {
  /// What the gradients of one ordinary batch give away.
  static func of(_ output: LossOutput, on batch: LossBatch) -> [CheckReport.Warning] {
    let all = output.gradients.values.flatMap { $0 }
    guard !all.allSatisfy({ $0 == 0 }) else {
      return [.init(name: "constant", message: "every gradient is 0: training will change nothing")]
    }
    guard goesWrong(output, on: batch) else { return [] }
    return [.init(name: "wrong-direction", message: wrongWay(batch.family))]
  }

  private static func wrongWay(_ family: LossFamily) -> String {
    switch family {
    case .pairwise: "descent lowers the chosen completion against the rejected one on every pair"
    case .classification: "descent lowers the label's logit in every row"
    case .listwise:
      "descent lowers the best-scored completion against the worst-scored one in every list"
    }
  }

  /// Descent moves an input against its gradient.
  private static func goesWrong(_ output: LossOutput, on batch: LossBatch) -> Bool {
    switch batch.family {
    case .pairwise:
      guard let chosen = output.gradients[.policyChosen],
        let rejected = output.gradients[.policyRejected]
      else { return false }
      return zip(chosen, rejected).allSatisfy { $0 - $1 > 0 }
    case .classification:
      guard let labels = batch.columns[.labels], let slopes = output.gradients[.logits] else {
        return false
      }
      return labels.indices.allSatisfy { slopes[$0 * batch.classes + Int(labels[$0])] > 0 }
    case .listwise:
      guard let scores = batch.columns[.listScores], let slopes = output.gradients[.listPolicy]
      else { return false }
      var lists = 0
      for row in 0..<batch.rows {
        let places = batch.range(of: row, in: .listPolicy).filter {
          batch.columns[.listMask]?[$0] != 0
        }
        guard places.count > 1, let best = places.max(by: { scores[$0] < scores[$1] }),
          let worst = places.min(by: { scores[$0] < scores[$1] })
        else { continue }
        lists += 1
        if slopes[best] - slopes[worst] <= 0 { return false }
      }
      return lists > 0
    }
  }

  /// What a profile out to the largest margins gives away.
  static func of(_ profile: LossProfile, reach: Double) -> [CheckReport.Warning] {
    var warnings: [CheckReport.Warning] = []
    let slopes = profile.points.map(\.slope)
    let largest = slopes.map(abs).max() ?? 0
    let rising = profile.points.filter { $0.slope > 1e-9 * largest }
    let isFalling = slopes.contains { $0 < -1e-9 * largest }
    if isFalling, let first = rising.first, let last = rising.last {
      warnings.append(
        .init(
          name: "non-monotone",
          message: "the loss rises with the margin between \(text(first.offset)) and "
            + "\(text(last.offset)): there descent pushes the margin down"))
    }
    let near = profile.points.filter { abs($0.offset) <= reach / 10 }.map { abs($0.slope) }.max()
    if let near, largest > 3 * near, largest > 0 {
      warnings.append(
        .init(
          name: "unbounded-gradient",
          message: "the gradient grows with the margin, from \(text(near)) within "
            + "±\(text(reach / 10)) to \(text(largest)) within ±\(text(reach)): one odd pair can "
            + "outweigh a batch"))
    }
    return warnings
  }

  private static func text(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// The warnings `ignores-beta` and `ignores-tunable`.
struct TunableWarnings {
  let loss: any RawLoss
  let tunables: [Double]
  let batches: [LossBatch]

  func run() throws(LossFailure) -> [CheckReport.Warning] {
    let descriptor = loss.descriptor
    var base: [LossOutput] = []
    for batch in batches { base.append(try loss.evaluate(batch, tunables: tunables)) }
    // Where nothing at all moves, the warning is another one.
    let moves = base.contains { $0.gradients.values.contains { $0.contains { $0 != 0 } } }
    guard moves else { return [] }
    var ignored: [String] = []
    for (index, tunable) in descriptor.tunables.enumerated()
    where tunable.minimum < tunable.maximum {
      // β is there in every family of LossKit; only margins of log-probabilities have a use for it.
      if tunable.name == "beta", descriptor.family == .classification { continue }
      var changed = tunables
      changed[index] = other(tunable, than: tunables[index])
      var isSame = true
      for (batch, before) in zip(batches, base) where isSame {
        isSame = try loss.evaluate(batch, tunables: changed).isBitIdentical(to: before)
      }
      if isSame { ignored.append(tunable.name) }
    }
    var warnings: [CheckReport.Warning] = []
    if ignored.contains("beta") {
      warnings.append(
        .init(name: "ignores-beta", message: "no value of beta changes anything: a sweep is wasted")
      )
    }
    let others = ignored.filter { $0 != "beta" }
    if !others.isEmpty {
      warnings.append(
        .init(
          name: "ignores-tunable",
          message: "declared, but without effect: \(others.joined(separator: ", "))"))
    }
    return warnings
  }

  /// Another value of the range, away from the one in use.
  private func other(_ tunable: Tunable, than value: Double) -> Double {
    let double = value == 0 ? tunable.maximum / 2 : value * 2
    var candidates = [double, value / 2, tunable.maximum, tunable.minimum]
    if tunable.isInteger { candidates = candidates.map { $0.rounded() } }
    return candidates.first {
      $0 != value && $0 >= tunable.minimum && $0 <= tunable.maximum
    } ?? tunable.minimum
  }
}
