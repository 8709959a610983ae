import Foundation
import Host
import Losses

/// A pairwise loss written as Swift closures, to try the checks on faults that no compiler catches.
final class ClosureLoss: RawLoss {
  typealias Kernel =
    @Sendable (_ margin: [Double], _ beta: Double) -> (values: [Double], slopes: [Double])

  private(set) var descriptor = LossDescriptor(
    name: "closure", summary: "", family: .pairwise, claims: [],
    arguments: [
      .rows, .input(.policyChosen), .input(.policyRejected), .input(.referenceChosen),
      .input(.referenceRejected), .tunable(0), .value, .gradient(.policyChosen),
      .gradient(.policyRejected),
    ],
    tunables: [Tunable(name: "beta", minimum: 1e-4, maximum: 100, initial: 0.1)])
  let kernel: Kernel
  var unwritten: [String] = []

  init(_ kernel: @escaping Kernel, claims: LossDescriptor.Claims = []) {
    self.kernel = kernel
    descriptor.claims = claims
  }

  func evaluate(_ batch: LossBatch, tunables: [Double]) throws(LossFailure) -> LossOutput {
    let (values, slopes) = kernel(batch.margin, tunables[0])
    return LossOutput(
      values: values,
      gradients: [.policyChosen: slopes, .policyRejected: slopes.map { -$0 }])
  }

  func evaluateRaw(_ batch: LossBatch, tunables: [Double]) throws(LossFailure) -> RawOutput {
    RawOutput(output: try evaluate(batch, tunables: tunables), unwritten: unwritten)
  }
}

/// A loss of one margin with its slope, lifted to a batch.
func rowwise(
  _ value: @escaping @Sendable (Double, Double) -> Double,
  slope: @escaping @Sendable (Double, Double) -> Double
) -> ClosureLoss.Kernel {
  { margin, beta in (margin.map { value($0, beta) }, margin.map { slope($0, beta) }) }
}

func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
