import Foundation
import Testing

@_spi(Export) @testable import LossKit

/// What a kernel gave.
struct KernelResult {
  var status: Int32
  var value: [Double]
  var gradient: [Double]
}

/// Calls a listwise kernel as the export file does.
func callListwise(
  policy: [Double], reference: [Double], scores: [Double], mask: [Double]? = nil, size: Int,
  beta: Double = 0.1, _ loss: (ListwiseBatch, Tunables) -> Vector
) -> KernelResult {
  let rows = policy.count / size
  return tapeLock.withLock {
    var value = Array(repeating: Double.nan, count: rows)
    var gradient = Array(repeating: Double.nan, count: policy.count)
    ListwiseExport.begin(
      rows: UInt32(rows), size: UInt32(size), tunables: [],
      values: InlineArray(repeating: beta))
    ListwiseExport.input(48, policy)
    ListwiseExport.input(49, reference)
    ListwiseExport.input(50, scores)
    ListwiseExport.input(51, mask ?? policy.map { _ in 1 })
    ListwiseExport.run(loss)
    ListwiseExport.gradient(48, &gradient)
    return KernelResult(
      status: ListwiseExport.finish(&value), value: value, gradient: gradient)
  }
}

/// −Σ gain/log₂(1 + place), divided by that of the ideal order; `mask` tells which gains are there.
private func negativeNDCG(
  _ batch: ListwiseBatch, gains: Matrix, places: Matrix, mask: Matrix
) -> Vector {
  let order = rank(batch.scores, descending: true, mask: batch.mask)
  let ideal = (exp2(batch.scores) - 1) / log2(1 + order)
  let found = gains / log2(1 + places)
  return -sum(found, dim: 1, mask: mask) / sum(ideal, dim: 1, mask: batch.mask)
}

private func approxNDCG(_ batch: ListwiseBatch, _ s: Matrix, _ alpha: Double) -> Vector {
  negativeNDCG(
    batch, gains: exp2(batch.scores) - 1, places: softRank(s, alpha: alpha, mask: batch.mask),
    mask: batch.mask)
}

private func neuralNDCG(_ batch: ListwiseBatch, _ s: Matrix, _ temperature: Double) -> Vector {
  let order = sinkhorn(neuralSort(s, temperature: temperature, mask: batch.mask))
  let places = broadcast(arange(batch.size) + 1, like: s)
  // Sorted lists have their items in front.
  return negativeNDCG(
    batch, gains: matvec(order, exp2(batch.scores) - 1), places: places,
    mask: sort(batch.mask, descending: true))
}

private func listMLE(_ batch: ListwiseBatch, _ s: Matrix) -> Vector {
  let order = argsort(batch.scores, descending: true, mask: batch.mask)
  let (sorted, there) = (gather(s, order), gather(batch.mask, order))
  let tails = flip(logCumulativeSumExp(flip(sorted), mask: flip(there)))
  return sum(tails - sorted, dim: 1, mask: there)
}

@Suite("Listwise losses and the two C functions of their plug-ins")
struct ListwiseTests {
  static let policy = [-20.0, -24, -23, -30]
  static let reference = [-22, -23.5, -24, -28]
  static let scores = [0.9, 0.7, 0.6, 0.2]

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var loss: @Sendable (ListwiseBatch, Tunables) -> Vector
    var value: Double
    /// By an independent computation with 40 digits; nil where only the value is known.
    var gradient: [Double]?
    var tolerance = 1e-11
  }

  /// Four completions with log-ratios 2, −½, 1, −2 at β = 0.1.
  static let cases = [
    Case(
      testDescription: "ApproxNDCG",
      loss: { approxNDCG($0, $1.beta * $0.logRatio, 25) }, value: -0.96595359113,
      gradient: [-0.04985644241, 0.001437084077, 0.04658287585, 0.00183648248]),
    Case(
      testDescription: "NeuralNDCG τ = 0.1",
      loss: { neuralNDCG($0, $1.beta * $0.logRatio, 0.1) }, value: -0.967918944409,
      gradient: nil, tolerance: 1e-8),
    Case(
      testDescription: "NeuralNDCG τ = 1",
      loss: { neuralNDCG($0, $1.beta * $0.logRatio, 1) }, value: -0.908560165234,
      gradient: nil, tolerance: 1e-8),
    Case(
      testDescription: "ListMLE", loss: { listMLE($0, $1.beta * $0.logRatio) },
      value: 2.87059473081),
    Case(
      testDescription: "EXO-rw",
      loss: { batch, _ in
        let q = logSoftmax(0.5 * batch.logRatio, mask: batch.mask)
        let p = logSoftmax(batch.scores / 0.5, mask: batch.mask)
        return sum(exp(q) * (q - p), dim: 1, mask: batch.mask)
      }, value: 0.0650627088163,
      gradient: [0.03209269628, -0.05083600006, 0.03441638274, -0.01567307897]),
    Case(
      testDescription: "DPO-rw",
      loss: { batch, _ in
        let q = logSoftmax(0.5 * batch.logRatio, mask: batch.mask)
        return -sum(softmax(batch.scores / 0.5, mask: batch.mask) * q, dim: 1, mask: batch.mask)
      }, value: 1.35835878755,
      gradient: [0.04372344454, -0.06530300883, 0.03822386263, -0.01664429834]),
    Case(
      testDescription: "all pairs DPO",
      loss: { batch, tunables in
        let (own, other) = pairs(tunables.beta * batch.logRatio)
        let (ownScore, otherScore) = pairs(batch.scores)
        let (ownMask, otherMask) = pairs(batch.mask)
        let isBetter = (ownScore > otherScore) & ownMask & otherMask
        let losses = sum(softplus(other - own), dim: 1, mask: isBetter)
        let counts = reshape(sum(isBetter, dim: 1), like: batch.scores)
        return sum(reshape(losses, like: batch.scores), dim: 1) / max(sum(counts, dim: 1), 1)
      }, value: 0.613270112067),
  ]

  @Test("Values and gradients are the published formulas'", arguments: cases)
  func golden(_ c: Case) {
    let result = callListwise(
      policy: Self.policy, reference: Self.reference, scores: Self.scores, size: 4, c.loss)
    #expect(result.status == 0)
    #expect(agree(result.value[0], c.value, c.tolerance), "\(result.value[0])")
    for (i, expected) in (c.gradient ?? []).enumerated() {
      #expect(agree(result.gradient[i], expected, 1e-10), "\(i): \(result.gradient[i])")
    }
  }

  @Test("Padding changes neither value nor gradient, whatever stands there", arguments: cases)
  func padding(_ c: Case) {
    let plain = callListwise(
      policy: Self.policy, reference: Self.reference, scores: Self.scores, size: 4, c.loss)
    // A second row with its own numbers; the places 1 and 4 of the first are padded.
    let padded = callListwise(
      policy: [-20, .nan, -24, -23, .infinity, -30] + [-5, -6, -7, -8, -9, -10],
      reference: [-22, 1e300, -23.5, -24, .nan, -28] + [-6, -6, -6, -6, -6, -6],
      scores: [0.9, .infinity, 0.7, 0.6, -1, 0.2] + [0.1, 0.5, 0.2, 0.9, 0.7, 0.3],
      mask: [1, 0, 1, 1, 0, 1] + [1, 1, 1, 1, 1, 1], size: 6, c.loss)
    #expect(padded.status == 0)
    #expect(agree(padded.value[0], plain.value[0], 1e-13))
    let kept = [0, 2, 3, 5].map { padded.gradient[$0] }
    #expect(zip(kept, plain.gradient).allSatisfy { agree($0, $1, 1e-13) })
    #expect(padded.gradient[1] == 0 && padded.gradient[4] == 0)
    #expect(padded.value[1].isFinite && padded.gradient[6...].allSatisfy { $0.isFinite })
  }

  @Test("A list of one completion, and one row of one, are served", arguments: cases)
  func single(_ c: Case) {
    let result = callListwise(policy: [-3], reference: [-4], scores: [0.5], size: 1, c.loss)
    // The mean over no pair is 0; a perfect order has −1.
    #expect(result.status == 0 && result.value[0].isFinite && result.gradient[0].isFinite)
  }

  @Test("Sharp ApproxNDCG and NeuralNDCG are the exact −NDCG")
  func exact() {
    // Public test data of allRank: log-ratios as scores, tied relevances.
    let s = [0.5, 0.2, 0.1, 0.4, 1, -1, 0.63]
    let relevance: [Double] = [1, 2, 2, 4, 1, 4, 3]
    let zero = s.map { _ in 0.0 }
    let neural = callListwise(policy: s, reference: zero, scores: relevance, size: 7) {
      batch, _ in neuralNDCG(batch, batch.logRatio, 1e-4)
    }
    #expect(agree(neural.value[0], -0.6302896357, 1e-9))
    let approximate = callListwise(policy: s, reference: zero, scores: relevance, size: 7) {
      batch, _ in approxNDCG(batch, batch.logRatio, 1e4)
    }
    #expect(agree(approximate.value[0], -0.6302896357, 1e-9))
    let soft = callListwise(
      policy: [0.5, 0.3, 0.5], reference: [0, 0, 0], scores: [0.5, 0.3, 0.5], size: 3
    ) { batch, _ in approxNDCG(batch, batch.logRatio, 1) }
    #expect(agree(soft.value[0], -0.84992198077, 1e-10))
  }

  @Test("Lists stay finite at extreme log-probabilities")
  func extremes() {
    for scale in [1e3, 1e6, 1e12] {
      for c in Self.cases {
        let result = callListwise(
          policy: Self.policy.map { $0 * scale }, reference: Self.reference,
          scores: Self.scores, size: 4, c.loss)
        #expect(result.status == 0 && result.value[0].isFinite, "\(c.testDescription) \(scale)")
        #expect(result.gradient.allSatisfy { $0.isFinite }, "\(c.testDescription) \(scale)")
      }
    }
  }

  @Test("A column that was not handed over, a bad result and an empty batch are refused")
  func refusals() {
    func status(_ loss: (ListwiseBatch, Tunables) -> Vector) -> Int32 {
      callListwise(
        policy: Self.policy, reference: Self.reference, scores: Self.scores, size: 2, loss
      ).status & 0xff
    }
    #expect(status { batch, _ in sum(batch.policy, dim: 1) } == 0)
    #expect(status { batch, _ in batch.policy } == 2)
    #expect(status { batch, _ in mean(batch.policy) } == 2)
    #expect(
      callListwise(policy: [], reference: [], scores: [], size: 1) { batch, _ in batch.policy }
        .status & 0xff == 6)
    tapeLock.withLock {
      var value = [0.0]
      for given: [UInt32] in [[48], [51], [51, 49]] {
        ListwiseExport.begin(
          rows: 1, size: 1, tunables: [], values: InlineArray(repeating: 0.1))
        for column in given { ListwiseExport.input(column, [1]) }
        ListwiseExport.run { batch, _ in sum(batch.policy, dim: 1) }
        #expect(ListwiseExport.finish(&value) & 0xff == 6)
      }
    }
  }
}
