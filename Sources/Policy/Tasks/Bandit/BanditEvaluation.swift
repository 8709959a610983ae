/// Metrics of a policy on the held-out episodes: no sampling, hence no sampling noise.
struct BanditEvaluation: Sendable {
  /// Expected reward of an episode, the mean over choices of Σ_a π(a)·r(a).
  let reward: Double
  /// KL(π‖π_ref) of an episode in nats: the sum over its choices.
  let kl: Double
  /// KL(π_ref‖π) a choice, as the paper plotted it a token.
  ///
  /// The paper averages it over contexts visited by the policy's samples; here no choice changes the
  /// next context, so the held-out contexts are those.
  let klPaper: Double
  /// Share of held-out pairs whose margin ranks them as the reward does, ties counting ½.
  let accuracy: Double

  /// - Parameter heldOutPairs: on the held-out features repeated; labelled by the exact reward.
  init(policy: SoftmaxPolicy, environment: BanditEnvironment, heldOutPairs: PreferencePairs) {
    let configuration = environment.configuration
    let features = environment.heldOutFeatures
    let (probabilities, logs) = policy.forward(features)
    let (referenceProbabilities, referenceLogs) = environment.reference.forward(features)
    let actions = configuration.actions
    let choices = features.count / configuration.features
    var rewardSum = 0.0
    var forward = 0.0
    var backward = 0.0
    for choice in 0..<choices {
      for index in (choice * actions)..<((choice + 1) * actions) {
        rewardSum += probabilities[index] * environment.heldOutRewards[index]
        let ratio = logs[index] - referenceLogs[index]
        forward += probabilities[index] * ratio
        backward -= referenceProbabilities[index] * ratio
      }
    }
    reward = rewardSum / Double(choices)
    kl = forward / Double(configuration.heldOut)
    klPaper = backward / Double(choices)
    let ratios = zip(logs, referenceLogs).map { $0 - $1 }
    let repeats = heldOutPairs.count / configuration.heldOut
    var correct = 0.0
    for pair in 0..<heldOutPairs.count {
      var margin = 0.0
      for slot in 0..<configuration.slots {
        let choice = (pair / repeats) * configuration.slots + slot
        let row = pair * configuration.slots + slot
        margin += ratios[choice * actions + Int(heldOutPairs.chosen[row])]
        margin -= ratios[choice * actions + Int(heldOutPairs.rejected[row])]
      }
      correct += Self.credit(margin)
    }
    accuracy = correct / Double(heldOutPairs.count)
  }

  /// 1 for a margin above 0, ½ for 0.
  static func credit(_ margin: Double) -> Double {
    margin > 0 ? 1 : margin == 0 ? 0.5 : 0
  }

  var metrics: [String: Double] {
    ["reward": reward, "kl": kl, "kl_paper": klPaper, "accuracy": accuracy]
  }
}
