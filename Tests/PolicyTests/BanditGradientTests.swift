import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Bandit by hand")
struct BanditGradientTests {
  static let task = BanditTask()

  /// A policy away from the reference, so that no term of the gradient is 0 by symmetry.
  static func moved() -> SoftmaxPolicy {
    var policy = task.environment.reference
    var stream = RandomStream(seed: 1, purpose: "test.moved")
    for index in policy.weights.indices { policy.weights[index] += 0.3 * stream.normal() }
    return policy
  }

  @Test("the policy's gradient equals central differences of the mean loss")
  func finiteDifferences() throws {
    let pairs = Self.task.drawPairs(seed: 0)
    let batch = pairs.batch([5, 0, 17, 230, 1023][...], features: 16)
    // An asymmetric loss: chosen and rejected completions weigh differently.
    let loss = ScriptedLoss { (_: Int, batch: LossBatch) throws(LossFailure) in
      let chosen = batch.columns[.policyChosen] ?? []
      let rejected = batch.columns[.policyRejected] ?? []
      return LossOutput(
        values: zip(chosen, rejected).map { sin($0) - 0.5 * cos($1) },
        gradients: [
          .policyChosen: chosen.map { cos($0) }, .policyRejected: rejected.map { 0.5 * sin($0) },
        ])
    }
    let policy = Self.moved()
    let gradient = try Self.task.gradient(
      of: policy, on: batch, loss: loss, tunables: [0], step: 1
    ).gradient
    func value(_ policy: SoftmaxPolicy) throws -> Double {
      try Self.task.gradient(of: policy, on: batch, loss: loss, tunables: [0], step: 1)
        .report.loss
    }
    let step = 1e-5
    for index in stride(from: 0, to: policy.weights.count, by: 7) {
      var up = policy
      var down = policy
      up.weights[index] += step
      down.weights[index] -= step
      let difference = (try value(up) - value(down)) / (2 * step)
      #expect(abs(gradient[index] - difference) < 1e-8)
    }
    #expect(GradientClipping.norm(gradient) > 0.01)
  }

  @Test("log-probabilities are those of a softmax, also for logits that would overflow")
  func softmax() {
    let policy = SoftmaxPolicy(features: 2, actions: 3, weights: [1, 2, 3, 0, 0, 1_000])
    let logs = policy.logProbabilities([1, 0, 0, 1])
    let sum = exp(1.0) + exp(2.0) + exp(3.0)
    for action in 0..<3 {
      #expect(abs(logs[action] - (Double(action + 1) - log(sum))) < 1e-14)
    }
    #expect(Array(logs[3...]) == [-1_000, -1_000, 0])
  }

  /// Counts the expectation by brute force over single choices, in another order of summation.
  @Test("reward and both divergences are the sums of their definitions")
  func closedForm() {
    let environment = Self.task.environment
    let policy = Self.moved()
    let evaluation = BanditEvaluation(
      policy: policy, environment: environment, heldOutPairs: Self.task.heldOutPairs)
    var reward = 0.0
    var kl = 0.0
    var klPaper = 0.0
    let rows = environment.heldOutFeatures.count / 16
    for row in 0..<rows {
      let features = environment.heldOutFeatures[(row * 16)..<(row * 16 + 16)]
      func probabilities(_ policy: SoftmaxPolicy) -> [Double] {
        let logits = (0..<16).map { action in
          features.enumerated().reduce(0.0) { $0 + $1.1 * policy.weights[$1.0 * 16 + action] }
        }
        let sum = logits.reduce(0) { $0 + exp($1) }
        return logits.map { exp($0) / sum }
      }
      let p = probabilities(policy)
      let q = probabilities(environment.reference)
      for action in 0..<16 {
        reward += p[action] * environment.heldOutRewards[row * 16 + action]
        kl += p[action] * log(p[action] / q[action])
        klPaper += q[action] * log(q[action] / p[action])
      }
    }
    #expect(abs(evaluation.reward - reward / Double(rows)) < 1e-12)
    // An episode has eight choices; the paper's divergence is that of one.
    #expect(abs(evaluation.kl - kl / Double(rows) * 8) < 1e-10)
    #expect(abs(evaluation.klPaper - klPaper / Double(rows)) < 1e-11)
    #expect(evaluation.kl > 0 && evaluation.klPaper > 0)
    #expect(evaluation.kl != evaluation.klPaper * 8)
  }

  @Test("accuracy counts margins above 0, ties half")
  func ties() {
    #expect(BanditEvaluation.credit(1e-300) == 1)
    #expect(BanditEvaluation.credit(0) == 0.5)
    #expect(BanditEvaluation.credit(-0.0) == 0.5)
    #expect(BanditEvaluation.credit(-1) == 0)
  }

  /// Against the definition: margins from log-probabilities of every repeated context.
  @Test("the held-out pairs are ranked as their own log-probabilities say")
  func accuracy() {
    let environment = Self.task.environment
    let pairs = Self.task.heldOutPairs
    let policy = Self.moved()
    let own = pairs.completionLogProbabilities(
      policy.logProbabilities(pairs.features), actions: 16)
    let reference = pairs.completionLogProbabilities(
      environment.reference.logProbabilities(pairs.features), actions: 16)
    let correct = pairs.chosen.indices.filter { $0 % 8 == 0 }.map { $0 / 8 }.count { pair in
      own.chosen[pair] - own.rejected[pair] > reference.chosen[pair] - reference.rejected[pair]
    }
    let evaluation = BanditEvaluation(
      policy: policy, environment: environment, heldOutPairs: pairs)
    #expect(evaluation.accuracy == Double(correct) / Double(pairs.count))
  }
}
