import CKernels
import Losses

/// The Euclidean norm of each tensor's gradient, and of all together.
///
/// Squares are summed in double precision, so a float gradient of any size has a finite norm. Cheap
/// enough for every step, which is where a NaN is looked for.
struct GradientNorms {
  let tensors: [TransformerLayout.Tensor]
  /// One a tensor, in their order.
  let squares: [Double]

  init(
    _ gradients: UnsafePointer<Float>, of tensors: [TransformerLayout.Tensor],
    on runner: TransformerRunner
  ) {
    self.tensors = tensors
    let team = runner.team
    let kernel = runner.kernels.pointee.sum_of_squares!
    var sums = [Double](repeating: 0, count: tensors.count * team.count)
    nonisolated(unsafe) let gradients = gradients
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      team.run { thread in
        for (index, tensor) in tensors.enumerated() {
          let part = team.part(thread, of: tensor.count, unit: 16)
          sums[thread * tensors.count + index] = kernel(
            gradients + tensor.offset + part.lowerBound, part.count)
        }
      }
    }
    squares = tensors.indices.map { index in
      (0..<team.count).reduce(0) { $0 + sums[$1 * tensors.count + index] }
    }
  }

  /// The norm over all parameters; NaN or infinite when a gradient is.
  var global: Double { squares.reduce(0, +).squareRoot() }

  /// Refuses a gradient with a NaN or an infinity, by the name of its tensor.
  ///
  /// - Throws: `diverged(step)`.
  func requireFinite(_ what: String = "the gradient of", step: Int) throws(LossFailure) {
    guard let index = squares.firstIndex(where: { !$0.isFinite }) else { return }
    throw LossStep.diverged(
      "\(what) \(tensors[index].name)", value: squares[index], step: step)
  }
}
