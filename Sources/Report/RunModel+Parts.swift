extension RunModel {
  /// Where a trained policy ended: how much reward, how far from the reference.
  public struct Tradeoff: Hashable, Sendable, Codable {
    /// nil for a loss without a tunable of that name.
    public var beta: Double?
    /// Mean reward on held-out prompts, over seeds.
    public var reward: Eta
    /// KL(policy ‖ reference) of a sequence in nats, over seeds.
    public var kl: Eta

    public init(beta: Double?, reward: Eta, kl: Eta) {
      self.beta = beta
      self.reward = reward
      self.kl = kl
    }
  }

  /// A loss as a function of the margin: one row that moves.
  public struct Shape: Hashable, Sendable, Codable {
    /// What lies across, for example `margin ρ`.
    public var axis: String
    /// What a reader must know of a loss that looks at its whole batch; nil for any other.
    public var coupling: String?
    public var margin: [Double]
    public var value: [Double]
    public var slope: [Double]

    public init(
      axis: String, coupling: String? = nil, margin: [Double], value: [Double], slope: [Double]
    ) {
      self.axis = axis
      self.coupling = coupling
      self.margin = margin
      self.value = value
      self.slope = slope
    }
  }

  /// An edge of the lineage.
  public struct Parent: Hashable, Sendable, Codable {
    /// The number of the candidate; nil for a loss that is none, such as a baseline.
    public var candidate: Int?
    public var name: String
    /// How the child came of it: `retry`, `parent` …
    public var relation: String

    public init(candidate: Int?, name: String, relation: String) {
      self.candidate = candidate
      self.name = name
      self.relation = relation
    }
  }

  /// What a generation took.
  public struct Cost: Hashable, Sendable, Codable {
    /// From 1; 0 is the burn-in.
    public var generation: Int
    /// Seconds of the run's clock by what they were spent on.
    public var seconds: [Spending: Double]
    public var promptTokens: Int
    public var completionTokens: Int
    /// US dollars; nil where nothing was priced.
    public var dollars: Double?

    public init(
      generation: Int, seconds: [Spending: Double] = [:], promptTokens: Int = 0,
      completionTokens: Int = 0, dollars: Double? = nil
    ) {
      self.generation = generation
      self.seconds = seconds
      self.promptTokens = promptTokens
      self.completionTokens = completionTokens
      self.dollars = dollars
    }
  }

  /// What a run's time goes to, in the order of a candidate's way.
  public enum Spending: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case proposer, build, screen, train, other

    var title: String {
      switch self {
      case .proposer: "waiting for the proposer"
      case .build: "build"
      case .screen: "checks and cheap stage"
      case .train: "checks, training, measuring"
      case .other: "other"
      }
    }
  }
}
