import Foundation
import Losses

/// The models of an endpoint that propose in turns, and how one is chosen.
///
/// The choice is a function of seed and journal, so that a resumed run asks the same model.
public struct ModelEnsemble: Hashable, Sendable {
  public struct Arm: Hashable, Sendable {
    public var model: String
    /// Share of the replies, relative to the others'.
    public var weight: Double

    public init(model: String, weight: Double = 1) {
      self.model = model
      self.weight = weight
    }
  }

  public enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
    /// Drawn by the weights.
    case weights
    /// UCB1 (Auer, Cesa-Bianchi, Fischer 2002) on what the models' replies were worth.
    case bandit
  }

  /// Factor of the bandit's bonus √(ln N / n). UCB1's proof has √2, for thousands of pulls; a run
  /// has dozens, and half of it explores enough there.
  static let exploration = 0.5

  public let arms: [Arm]
  public let rule: Rule
  /// Each model's replies take them in turn; empty leaves it to the server.
  public let temperatures: [Double]
  public let seed: UInt64

  /// One model.
  public init(model: String, temperatures: [Double] = []) {
    arms = [Arm(model: model)]
    rule = .weights
    self.temperatures = temperatures
    seed = 0
  }

  /// - Parameters:
  ///   - text: `name`, or `name=weight` separated by commas; the last `=` of a part counts, and a
  ///     part without one has weight 1.
  /// - Throws: `LossmithError` (`usage`) for a name that is empty or occurs twice, a weight that is no
  ///   finite number above 0, weights with a bandit, a temperature below 0 or above 2.
  public init(
    _ text: String, rule: Rule = .weights, temperatures: [Double] = [], seed: UInt64 = 0
  ) throws(LossmithError) {
    func refuse(_ message: String, _ flag: String, _ remedy: String) -> LossmithError {
      LossmithError(.usage, message, at: flag, remedy: remedy)
    }
    let flag = ChatEndpoint.Flag.model
    var arms: [Arm] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      var name = part[...]
      var weight = 1.0
      if let sign = part.lastIndex(of: "=") {
        let number = part[part.index(after: sign)...].trimmingCharacters(in: .whitespaces)
        guard let value = Double(number), value.isFinite, value > 0 else {
          throw refuse(
            "“\(number)” is no weight of a model.", flag,
            "Write a finite number above 0, such as large=1,small=2.")
        }
        (name, weight) = (part[..<sign], value)
      }
      let model = name.trimmingCharacters(in: .whitespaces)
      guard !model.isEmpty else {
        throw refuse(
          "A model has no name.", flag, "Write name, or name=weight separated by commas.")
      }
      guard !arms.contains(where: { $0.model == model }) else {
        throw refuse("The model \(model) is named twice.", flag, "Give its weight once.")
      }
      arms.append(Arm(model: model, weight: weight))
    }
    if rule == .bandit, let arm = arms.first(where: { $0.weight != 1 }) {
      throw refuse(
        "A bandit learns how often to ask \(arm.model), and takes no weight.", flag,
        "Leave the weights out, or choose --ensemble weights.")
    }
    if let bad = temperatures.first(where: { !(0...2).contains($0) }) {
      throw refuse(
        "\(bad) is no temperature.", "--temperature", "Give numbers from 0 to 2.")
    }
    self.arms = arms
    self.rule = rule
    self.temperatures = temperatures
    self.seed = seed
  }

  /// The model and temperature of a request.
  public func choice(for request: ProposalRequest) -> (model: String, temperature: Double?) {
    let model = arms.count == 1 ? arms[0].model : chosen(for: request)
    guard !temperatures.isEmpty else { return (model, nil) }
    let turn = request.past.count { $0.model == model }
    return (model, temperatures[turn % temperatures.count])
  }

  private func chosen(for request: ProposalRequest) -> String {
    switch rule {
    case .weights:
      var stream = RandomStream(
        seed: seed, purpose: "discovery.model", UInt64(max(0, request.index)))
      let total = arms.map(\.weight).reduce(0, +)
      return arms[stream.categorical(arms.map { $0.weight / total })].model
    case .bandit:
      return banditArm(request.past).model
    }
  }

  /// Each model once in its order, then the one of the highest upper bound; the first of two equals.
  func banditArm(_ past: [PastReply]) -> Arm {
    let pulls = arms.map { arm in past.filter { $0.model == arm.model } }
    if let fresh = pulls.firstIndex(where: \.isEmpty) { return arms[fresh] }
    let all = Double(pulls.map(\.count).reduce(0, +))
    let bounds = pulls.map { pulls in
      let count = Double(pulls.count)
      let mean = pulls.map { $0.payoff ?? 0 }.reduce(0, +) / count
      return mean + Self.exploration * (log(all) / count).squareRoot()
    }
    var best = 0
    for index in bounds.indices where bounds[index] > bounds[best] { best = index }
    return arms[best]
  }

  /// For the journal.
  public var settings: [String: String] {
    guard arms.count > 1 || !temperatures.isEmpty else { return [:] }
    var settings = ["model": text]
    if arms.count > 1 { settings["ensemble"] = rule.rawValue }
    if !temperatures.isEmpty {
      settings["temperature"] = temperatures.map { "\($0)" }.joined(separator: ",")
    }
    return settings
  }

  /// As ``init(_:rule:temperatures:seed:)`` reads it.
  public var text: String {
    arms.map { $0.weight == 1 ? $0.model : "\($0.model)=\($0.weight)" }.joined(separator: ",")
  }
}

extension RunState {
  /// What each reply was worth to the search, for the choice of the next model.
  ///
  /// A candidate that was trained to the end is worth the share of the losses measured before it,
  /// baselines included, that its mean exceeds, ties ½: from 0 to 1, whatever the scale of η. One that
  /// stopped on the cheap stage or failed is worth 0.
  func pastReplies(metric: String) -> [PastReply] {
    var means = baselines.compactMap { $0.record?.estimate(metric)?.mean }
    return candidates.map { candidate in
      guard let judgement = candidate.judgement else {
        return PastReply(model: candidate.reply.model, payoff: nil)
      }
      guard let mean = judgement.eta?.mean else {
        return PastReply(model: candidate.reply.model, payoff: 0)
      }
      let beaten = means.map { $0 < mean ? 1 : $0 == mean ? 0.5 : 0 }.reduce(0, +)
      let payoff = means.isEmpty ? 1 : beaten / Double(means.count)
      means.append(mean)
      return PastReply(model: candidate.reply.model, payoff: payoff)
    }
  }
}
