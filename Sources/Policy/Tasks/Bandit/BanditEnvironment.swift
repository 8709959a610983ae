import Foundation
import Losses

/// Contexts, rewards and reference of a bandit: the same for every seed and every loss.
///
/// A choice has features φ = (1, f₂ … f_d), every f uniform with mean 0 and variance 1. The reward
/// of an action is
///
///     r(φ, a) = sigmoid(s · (φ·U + b · (φ² − 1)·V)_a + o)  in (0, 1),
///
/// with U and V of normal entries, s the sharpness, b the bend, o the offset. An episode is T
/// independent choices; its reward is their mean.
struct BanditEnvironment: Sendable {
  let configuration: BanditConfiguration
  let reference: SoftmaxPolicy
  /// Features of the held-out episodes, `[H·T, d]`.
  let heldOutFeatures: [Double]
  /// Rewards of all their actions, `[H·T, K]`.
  let heldOutRewards: [Double]

  private let linear: [Double]
  private let bent: [Double]

  /// The seed of what is no seed's business: the environment is part of the task.
  static let constantSeed: UInt64 = 0x1055_5317

  init(_ configuration: BanditConfiguration) {
    self.configuration = configuration
    let size = configuration.features * configuration.actions
    let scale = 1 / Double(configuration.features).squareRoot()
    func weights(_ name: String) -> [Double] {
      var stream = RandomStream(seed: Self.constantSeed, purpose: "bandit.\(name)")
      return (0..<size).map { _ in stream.normal() * scale }
    }
    linear = weights("reward.linear")
    bent = weights("reward.bent")
    let skill = configuration.referenceSkill
    let own = (1 - skill * skill).squareRoot()
    reference = SoftmaxPolicy(
      features: configuration.features, actions: configuration.actions,
      weights: zip(linear, weights("reference")).map {
        configuration.referenceSpread * (skill * $0 + own * $1)
      })
    var stream = RandomStream(seed: Self.constantSeed, purpose: "bandit.held-out")
    heldOutFeatures = Self.features(
      episodes: configuration.heldOut, of: configuration, from: &stream)
    heldOutRewards = Self.scores(
      heldOutFeatures, of: configuration, linear: linear, bent: bent
    ).map(Self.logistic)
  }

  /// Feature rows of new episodes, `[episodes·T, d]`.
  func features(episodes: Int, from stream: inout RandomStream) -> [Double] {
    Self.features(episodes: episodes, of: configuration, from: &stream)
  }

  /// What is inside the reward's sigmoid for all actions, `[M, K]`, for feature rows `[M, d]`.
  ///
  /// ``logistic(_:)`` makes rewards of it; a pair needs that of the actions taken only.
  func rewardScores(_ rows: [Double]) -> [Double] {
    Self.scores(rows, of: configuration, linear: linear, bent: bent)
  }

  static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  private static func features(
    episodes: Int, of configuration: BanditConfiguration, from stream: inout RandomStream
  ) -> [Double] {
    let width = configuration.features
    let halfWidth = 3.0.squareRoot()
    var rows = [Double](repeating: 1, count: episodes * configuration.slots * width)
    rows.withUnsafeMutableBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: width) {
        for index in (start + 1)..<(start + width) {
          rows[index] = halfWidth * (2 * stream.uniform() - 1)
        }
      }
    }
    return rows
  }

  private static func scores(
    _ rows: [Double], of configuration: BanditConfiguration, linear: [Double], bent: [Double]
  ) -> [Double] {
    let count = rows.count / configuration.features
    var scores = [Double](repeating: 0, count: count * configuration.actions)
    let curved = rows.map { $0 * $0 - 1 }
    scores.withUnsafeMutableBufferPointer { scores in
      scores.update(repeating: configuration.rewardOffset)
      func accumulate(_ features: [Double], _ weights: [Double], times factor: Double) {
        features.withUnsafeBufferPointer { features in
          weights.withUnsafeBufferPointer { weights in
            BLAS.gemm(
              MatrixView(features, rows: count, columns: configuration.features),
              MatrixView(weights, rows: configuration.features, columns: configuration.actions),
              into: scores, alpha: factor, beta: 1)
          }
        }
      }
      accumulate(rows, linear, times: configuration.rewardSharpness)
      accumulate(curved, bent, times: configuration.rewardSharpness * configuration.rewardBend)
    }
    return scores
  }

  /// SHA-256 of the reference and of the held-out episodes that it is measured on.
  ///
  /// The recipe is left out: numbers of different recipes stand on the same reference.
  func digest() -> String {
    var digest = ContentDigest("bandit/1 \(configuration.slots)")
    digest.add(reference.hash)
    digest.add(heldOutFeatures)
    digest.add(heldOutRewards)
    return digest.hexadecimal
  }
}
