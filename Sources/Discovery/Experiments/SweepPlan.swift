import Foundation
import Losses

/// What a sweep trains: every loss at every β, with some seeds each.
///
/// The experiment behind Figures 5 and 8 of DiscoPOP (arXiv 2406.08414): reward against KL for a grid
/// of β, one curve a loss.
public struct SweepPlan: Codable, Hashable, Sendable {
  /// A value of β and how many seeds are spent on it.
  public struct Point: Codable, Hashable, Sendable {
    /// In 1/nat, above 0.
    public var beta: Double
    /// Seeds 0 to `seeds` − 1.
    public var seeds: Int

    public init(beta: Double, seeds: Int) {
      self.beta = beta
      self.seeds = seeds
    }
  }

  /// One training: a loss, a β and a seed.
  public struct Unit: Codable, Hashable, Sendable {
    public var loss: String
    /// Nil (JSON null) for the task's own, and for a loss that declares no tunable of that name.
    public var beta: Double?
    public var seed: UInt64

    public init(loss: String, beta: Double?, seed: UInt64) {
      self.loss = loss
      self.beta = beta
      self.seed = seed
    }
  }

  /// As on the command line: a built-in name or a task file.
  public var task: String
  public var losses: [String]
  /// In ascending order of β.
  public var points: [Point]
  /// Values for further tunables, where a loss declares them.
  public var tunables: [String: Double]
  /// Seeds with which every loss is trained at the task's own β, beside the points; nil for none.
  public var ownSeeds: Int?
  /// The losses that the points are for; nil for all.
  public var pointLosses: [String]?
  /// Whether the losses are trusted: loaded by the worker itself and trained without their checks, for a
  /// loss that is known to fail them; nil as false.
  public var unchecked: Bool?

  /// - Throws: `LossmithError` (`usage`) for no losses, no points, a β that is not above 0 or given
  ///   twice, or a point without seeds.
  public init(
    task: String, losses: [String], points: [Point], tunables: [String: Double] = [:],
    ownSeeds: Int? = nil, pointLosses: [String]? = nil
  ) throws(LossmithError) {
    guard !losses.isEmpty else {
      throw LossmithError(.usage, "A sweep needs at least one loss.")
    }
    guard !points.isEmpty || ownSeeds != nil else {
      throw LossmithError(.usage, "A sweep needs at least one β.", at: "--beta")
    }
    for point in points {
      guard point.beta > 0, point.beta.isFinite else {
        throw LossmithError(.usage, "\(point.beta) is not a β above 0.", at: "--beta")
      }
      guard point.seeds >= 1 else {
        throw LossmithError(.usage, "β \(point.beta) has no seeds.", at: "--seeds")
      }
    }
    let sorted = points.sorted { $0.beta < $1.beta }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.beta == second.beta {
      throw LossmithError(.usage, "β \(first.beta) is given twice.", at: "--beta")
    }
    var seen: Set<String> = []
    self.task = task
    self.losses = losses.filter { seen.insert($0).inserted }
    self.points = sorted
    self.tunables = tunables
    self.ownSeeds = ownSeeds
    self.pointLosses = pointLosses
  }

  /// The grid of the paper's study on film reviews, with the seeds that a machine of two cores can
  /// spend: six β from 0.025 to 1 thrice, the far ones once.
  public static let paperPoints: [Point] =
    [0.025, 0.05, 0.1, 0.25, 0.5, 1].map { Point(beta: $0, seeds: 3) }
    + [0.01, 2.5, 5].map { Point(beta: $0, seeds: 1) }

  /// What tables and pictures call a loss: of a file its name without folder and ending, unless another
  /// loss or the baseline is called so.
  ///
  /// - Parameter baseline: a name of the catalogue; no file is ever shown under it.
  public func label(of loss: String, baseline: String = "dpo") -> String {
    func short(_ loss: String) -> String {
      loss.contains("/")
        ? URL(filePath: loss).deletingPathExtension().lastPathComponent : loss
    }
    let name = short(loss)
    if loss != name, name.lowercased() == baseline { return loss }
    return losses.contains { $0 != loss && short($0) == name } ? loss : name
  }

  /// The largest number of seeds that anything has.
  public var seeds: Int { max(ownSeeds ?? 0, points.map(\.seeds).max() ?? 0) }

  /// All trainings, seed by seed, so that a sweep that stops early has the whole picture with fewer
  /// seeds.
  ///
  /// - Parameter range: the β that a loss allows; nil for one without β, which is trained once a seed.
  ///   What a loss does not allow is left out.
  public func units(_ range: (_ loss: String) -> ClosedRange<Double>?) -> [Unit] {
    (0..<UInt64(seeds)).flatMap { seed in
      let points = points.filter { seed < UInt64($0.seeds) }
      let own = seed < UInt64(ownSeeds ?? 0)
      return losses.flatMap { loss -> [Unit] in
        let plain = Unit(loss: loss, beta: nil, seed: seed)
        let isSwept = pointLosses?.contains(loss) ?? true
        guard let range = range(loss) else { return own || isSwept ? [plain] : [] }
        let swept = points.filter { isSwept && range.contains($0.beta) }
        return (own ? [plain] : [])
          + swept.map { Unit(loss: loss, beta: $0.beta, seed: seed) }
      }
    }
  }
}
