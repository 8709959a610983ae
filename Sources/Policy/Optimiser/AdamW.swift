import Foundation

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), in PyTorch's form.
///
/// With m and v the running means of gradient and squared gradient and t the step from 1:
///
///     θ ← θ·(1 − lr·λ)
///     m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
///     θ ← θ − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
///
/// ε stands outside the root. While every gradient has been 0 and λ = 0, the parameters keep their bits.
public struct AdamW: Sendable {
  public struct Settings: Hashable, Sendable, Codable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// λ; 0 in preference recipes, where it would pull away from the reference.
    public var weightDecay: Double

    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  public let settings: Settings
  /// Steps taken.
  public private(set) var step = 0
  private var firstMoment: [Double]
  private var secondMoment: [Double]

  public init(parameterCount: Int, settings: Settings = Settings()) {
    self.settings = settings
    firstMoment = Array(repeating: 0, count: parameterCount)
    secondMoment = Array(repeating: 0, count: parameterCount)
  }

  /// Takes one step against the gradient.
  ///
  /// A gradient that is not finite makes parameters that are not; the caller looks.
  ///
  /// - Precondition: parameters and gradient have the count given to the initialiser.
  public mutating func update(
    _ parameters: inout [Double], gradient: [Double], learningRate: Double
  ) {
    precondition(
      parameters.count == firstMoment.count && gradient.count == firstMoment.count,
      "AdamW was made for \(firstMoment.count) parameters")
    step += 1
    let beta1 = settings.beta1
    let beta2 = settings.beta2
    let stepSize = learningRate / (1 - pow(beta1, Double(step)))
    let rootCorrection = (1 - pow(beta2, Double(step))).squareRoot()
    let decay = 1 - learningRate * settings.weightDecay
    for index in parameters.indices {
      let g = gradient[index]
      // PyTorch's lerp: m + (1 − β₁)(g − m).
      let m = firstMoment[index] + (1 - beta1) * (g - firstMoment[index])
      let v = beta2 * secondMoment[index] + (1 - beta2) * g * g
      firstMoment[index] = m
      secondMoment[index] = v
      let denominator = v.squareRoot() / rootCorrection + settings.epsilon
      parameters[index] = parameters[index] * decay - stepSize * m / denominator
    }
  }
}
