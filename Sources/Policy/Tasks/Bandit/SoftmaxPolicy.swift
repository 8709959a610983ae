import CKernels
import Foundation

/// A softmax policy with logits linear in the features: π(·|φ) = softmax(φ·W).
public struct SoftmaxPolicy: Hashable, Sendable {
  /// d, features of a choice.
  public let features: Int
  /// K, actions of a choice.
  public let actions: Int
  /// W, row-major `[d, K]`.
  public var weights: [Double]

  /// - Precondition: `weights` has d·K elements.
  public init(features: Int, actions: Int, weights: [Double]) {
    precondition(
      weights.count == features * actions,
      "the weights do not have \(features) × \(actions) elements")
    self.features = features
    self.actions = actions
    self.weights = weights
  }

  /// Log-probabilities of all actions, row-major `[M, K]`, for feature rows `[M, d]`.
  ///
  /// - Precondition: `rows` holds a whole number of rows, at least one.
  public func logProbabilities(_ rows: [Double]) -> [Double] {
    forward(rows).logProbabilities
  }

  /// Both the probabilities and their logarithms, each `[M, K]`.
  ///
  /// log π = z − max z − log Σ exp(z − max z): the sum lies in [1, K], so nothing overflows. Every use
  /// of the policy goes through here. A row's bits do not depend on the rows beside it, so two equal
  /// policies agree to the bit on equal rows, in whatever batch they come.
  func forward(_ rows: [Double]) -> (probabilities: [Double], logProbabilities: [Double]) {
    precondition(rows.count % features == 0, "the features do not form whole rows")
    let count = rows.count / features
    let size = count * actions
    var logits = [Double](unsafeUninitializedCapacity: size) { logits, initialised in
      rows.withUnsafeBufferPointer { rows in
        weights.withUnsafeBufferPointer { weights in
          Self.kernels.pointee.multiply_rows(
            rows.baseAddress!, weights.baseAddress!, logits.baseAddress!, count, features, actions)
        }
      }
      initialised = size
    }
    let probabilities = [Double](unsafeUninitializedCapacity: size) { output, initialised in
      logits.withUnsafeMutableBufferPointer { logits in
        for row in 0..<count {
          let range = (row * actions)..<((row + 1) * actions)
          var largest = -Double.infinity
          for index in range where logits[index] > largest { largest = logits[index] }
          for index in range { logits[index] -= largest }
          var sum = 0.0
          for index in range {
            let exponential = exp(logits[index])
            output[index] = exponential
            sum += exponential
          }
          let logSum = log(sum)
          for index in range { output[index] /= sum }
          for index in range { logits[index] -= logSum }
        }
      }
      initialised = size
    }
    return (probabilities, logits)
  }

  private static var kernels: UnsafePointer<ck_kernels> { ck_kernels_for(ck_best_isa()) }

  /// d(objective)/dW, `[d, K]`, from d(objective)/d(logits), `[M, K]`: Φᵀ·D.
  func weightGradient(rows: [Double], logitGradient: [Double]) -> [Double] {
    let count = rows.count / features
    var gradient = [Double](repeating: 0, count: features * actions)
    gradient.withUnsafeMutableBufferPointer { gradient in
      rows.withUnsafeBufferPointer { rows in
        logitGradient.withUnsafeBufferPointer { logitGradient in
          BLAS.gemm(
            MatrixView(rows, rows: count, columns: features).transposed,
            MatrixView(logitGradient, rows: count, columns: actions), into: gradient)
        }
      }
    }
    return gradient
  }

  /// SHA-256 of shape and parameters.
  public var hash: String {
    var digest = ContentDigest("softmax-policy/1 \(features) \(actions)")
    digest.add(weights)
    return digest.hexadecimal
  }
}
