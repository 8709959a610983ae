import Losses

/// Pairs of episodes on shared contexts, each pair with a preferred one.
struct PreferencePairs: Sendable {
  /// T.
  let slots: Int
  /// Features of the contexts, `[N·T, d]`.
  let features: [Double]
  /// Actions of the preferred and of the other completion, `[N·T]`.
  let chosen: [Int32]
  let rejected: [Int32]
  /// log π_ref of the two completions of a pair, `[N]`.
  let referenceChosen: [Double]
  let referenceRejected: [Double]

  var count: Int { chosen.count / slots }

  /// How the better completion of a pair is named.
  enum Labels {
    /// Bradley-Terry on the reward, then a share of the labels turned round.
    case noisy
    /// The higher reward is preferred; the first completion on a tie.
    case exact
  }

  /// Draws completions from the reference and labels them.
  ///
  /// Bradley-Terry: the first completion is preferred with probability sigmoid(s·(R₁ − R₂)). The flips
  /// on top are what DPO's likelihood does not know of; with exact Bradley-Terry labels DPO is the
  /// maximum-likelihood estimate and nothing could beat it.
  ///
  /// - Parameters:
  ///   - features: `[N/perContext·T, d]`; every context is used `perContext` times.
  ///   - seed: opens the streams of completions and of labels.
  static func draw(
    on features: [Double], perContext: Int = 1, environment: BanditEnvironment, seed: UInt64,
    purpose: String, labels: Labels
  ) -> PreferencePairs {
    let configuration = environment.configuration
    let actions = configuration.actions
    let slots = configuration.slots
    let episodes = features.count / (slots * configuration.features)
    let (probabilities, logs) = environment.reference.forward(features)
    let scores = environment.rewardScores(features)
    var completions = RandomStream(seed: seed, purpose: "\(purpose).completions")
    var coins = RandomStream(seed: seed, purpose: "\(purpose).labels")
    var chosen: [Int32] = []
    var rejected: [Int32] = []
    chosen.reserveCapacity(episodes * perContext * slots)
    rejected.reserveCapacity(episodes * perContext * slots)
    var referenceChosen: [Double] = []
    var referenceRejected: [Double] = []
    for episode in 0..<(episodes * perContext) {
      let context = episode / perContext
      var pair: [[Int32]] = []
      var reward: [Double] = []
      var reference: [Double] = []
      for _ in 0..<2 {
        var taken: [Int32] = []
        var sum = 0.0
        var logSum = 0.0
        for slot in 0..<slots {
          let row = (context * slots + slot) * actions
          let action = probabilities.withUnsafeBufferPointer {
            completions.categorical(UnsafeBufferPointer(rebasing: $0[row..<(row + actions)]))
          }
          taken.append(Int32(action))
          sum += BanditEnvironment.logistic(scores[row + action])
          logSum += logs[row + action]
        }
        pair.append(taken)
        reference.append(logSum)
        reward.append(sum / Double(slots))
      }
      let firstIsChosen: Bool
      switch labels {
      case .exact:
        firstIsChosen = reward[0] >= reward[1]
      case .noisy:
        let advantage = configuration.labelSharpness * (reward[0] - reward[1])
        let preferred = coins.bernoulli(BanditEnvironment.logistic(advantage))
        let turned = coins.bernoulli(configuration.flipped)
        firstIsChosen = preferred != turned
      }
      chosen += pair[firstIsChosen ? 0 : 1]
      rejected += pair[firstIsChosen ? 1 : 0]
      referenceChosen.append(reference[firstIsChosen ? 0 : 1])
      referenceRejected.append(reference[firstIsChosen ? 1 : 0])
    }
    let used =
      perContext == 1
      ? features : repeated(features, width: slots * configuration.features, times: perContext)
    return PreferencePairs(
      slots: slots, features: used, chosen: chosen, rejected: rejected,
      referenceChosen: referenceChosen, referenceRejected: referenceRejected)
  }

  private static func repeated(_ values: [Double], width: Int, times: Int) -> [Double] {
    stride(from: 0, to: values.count, by: width).flatMap { start in
      (0..<times).flatMap { _ in values[start..<(start + width)] }
    }
  }

  /// The pairs of the given numbers, in their order.
  func batch(_ numbers: ArraySlice<Int>, features width: Int) -> PreferencePairs {
    var rows: [Double] = []
    var first: [Int32] = []
    var second: [Int32] = []
    rows.reserveCapacity(numbers.count * slots * width)
    first.reserveCapacity(numbers.count * slots)
    second.reserveCapacity(numbers.count * slots)
    for number in numbers {
      let range = (number * slots)..<((number + 1) * slots)
      rows += features[(range.lowerBound * width)..<(range.upperBound * width)]
      first += chosen[range]
      second += rejected[range]
    }
    return PreferencePairs(
      slots: slots, features: rows, chosen: first, rejected: second,
      referenceChosen: numbers.map { referenceChosen[$0] },
      referenceRejected: numbers.map { referenceRejected[$0] })
  }

  /// Sums of the log-probabilities of each completion, `[B]`, from those of all actions, `[B·T, K]`.
  func completionLogProbabilities(
    _ logProbabilities: [Double], actions: Int
  ) -> (chosen: [Double], rejected: [Double]) {
    func sums(_ taken: [Int32]) -> [Double] {
      (0..<count).map { pair in
        var sum = 0.0
        for row in (pair * slots)..<((pair + 1) * slots) {
          sum += logProbabilities[row * actions + Int(taken[row])]
        }
        return sum
      }
    }
    return (sums(chosen), sums(rejected))
  }

  /// d(objective)/d(logits), `[B·T, K]`, from d(objective)/d(log-probability of a completion), `[B]`.
  ///
  /// With g_c, g_r the given gradients, a_c, a_r the actions and p the policy's probabilities, the row
  /// of a choice is g_c·(onehot(a_c) − p) + g_r·(onehot(a_r) − p).
  func logitGradient(
    probabilities: [Double], actions: Int, chosen chosenGradient: [Double],
    rejected rejectedGradient: [Double]
  ) -> [Double] {
    let size = probabilities.count
    return [Double](unsafeUninitializedCapacity: size) { output, initialised in
      probabilities.withUnsafeBufferPointer { probabilities in
        for pair in 0..<count {
          let sum = chosenGradient[pair] + rejectedGradient[pair]
          for row in (pair * slots)..<((pair + 1) * slots) {
            let start = row * actions
            for index in start..<(start + actions) { output[index] = -sum * probabilities[index] }
            output[start + Int(self.chosen[row])] += chosenGradient[pair]
            output[start + Int(self.rejected[row])] += rejectedGradient[pair]
          }
        }
      }
      initialised = size
    }
  }
}
