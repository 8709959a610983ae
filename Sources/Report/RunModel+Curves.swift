import Losses

extension RunModel {
  /// How the training with one seed went: one array for each quantity, all of one length.
  public struct Curve: Hashable, Sendable, Codable {
    public var seed: UInt64
    /// Numbers of the steps, from 1, rising.
    public var step: [Int]
    /// By quantity; a quantity that is missing is not drawn.
    public var values: [Quantity: [Double]]

    public init(seed: UInt64, step: [Int], values: [Quantity: [Double]]) {
      self.seed = seed
      self.step = step
      self.values = values
    }

    /// Adds an estimate of KL(reference ‖ policy) of a completion, step by step.
    ///
    /// Where both completions of a pair were drawn from the reference, chosen and rejected together are
    /// draws from it, whoever was preferred. So −½ (chosen + rejected), of means of
    /// log π − log π_ref, has the expectation E_{y∼π_ref}[log π_ref(y) − log π(y)], which is that KL. A
    /// batch is a small sample of it: single steps may lie below 0.
    ///
    /// - Precondition: the pairs were drawn from the reference; of other pairs it would be no KL.
    public mutating func estimateKL() {
      guard let chosen = values[.chosen], let rejected = values[.rejected] else { return }
      values[.kl] = zip(chosen, rejected).map { -($0 + $1) / 2 }
    }
  }

  /// What a learning curve tells, in the order in which it is drawn.
  public enum Quantity: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case loss
    /// Mean log π − log π_ref of the chosen completions, in nats.
    case chosen
    /// The same of the rejected ones.
    case rejected
    /// chosen − rejected, in nats.
    case margin
    /// Share of the batch with a margin above 0.
    case accuracy
    /// KL(reference ‖ policy) of a completion in nats, estimated from the batch's own pairs.
    case kl
    /// Norm of the gradient before clipping.
    case gradientNorm = "gradient_norm"

    var title: String {
      switch self {
      case .loss: "loss"
      case .chosen: "reward of chosen, nats"
      case .rejected: "reward of rejected, nats"
      case .margin: "margin, nats"
      case .accuracy: "accuracy"
      case .kl: "KL(reference ‖ policy), nats"
      case .gradientNorm: "gradient norm"
      }
    }
  }
}

/// A quantity over the seeds, step by step.
struct CurveSummary {
  struct Point: Equatable {
    var step: Int
    var mean: Double
    /// The smallest and the largest seed.
    var low: Double
    var high: Double
  }

  /// Steps that every seed has, with a finite value in each.
  private(set) var points: [Point]

  /// At most so many points, evenly spaced, the first and the last among them.
  mutating func thin(to count: Int) {
    guard points.count > count, count >= 2 else { return }
    let all = points
    points = (0..<count).map { all[$0 * (all.count - 1) / (count - 1)] }
  }

  init(_ quantity: RunModel.Quantity, of curves: [RunModel.Curve]) {
    var values: [Int: [Double]] = [:]
    for curve in curves {
      for (step, value) in zip(curve.step, curve.values[quantity] ?? []) where value.isFinite {
        values[step, default: []].append(value)
      }
    }
    points = values.filter { $0.value.count == curves.count }.sorted { $0.key < $1.key }.map {
      let seeds = $0.value
      return Point(
        step: $0.key, mean: seeds.reduce(0, +) / Double(seeds.count),
        low: seeds.min() ?? .nan, high: seeds.max() ?? .nan)
    }
  }
}
