import Host
import Losses

// The payloads of what statistics add to a run.
extension JournalEvent {
  /// A loss whose gradients are those of another one.
  public struct Twin: Hashable, Sendable, Codable {
    public var name: String
    /// The factor between the gradients; nil when they are equal.
    public var scale: Double?

    public init(name: String, scale: Double?) {
      self.name = name
      self.scale = scale
    }
  }

  /// What was found of a loss in a cell before anything was trained.
  public struct Probed: Hashable, Sendable, Codable {
    public var name: String
    /// nil for a loss that could not be called: the checks will say why.
    public var fingerprint: GradientFingerprint?
    public var tunables: [Tunable]

    public init(name: String, fingerprint: GradientFingerprint?, tunables: [Tunable]) {
      self.name = name
      self.fingerprint = fingerprint
      self.tunables = tunables
    }
  }

  /// The losses of the catalogue, in the order of their names; baselines first.
  public struct CatalogueProbed: Hashable, Sendable, Codable {
    public var losses: [Probed]
  }

  /// A candidate's fingerprint, and what it decided.
  public struct Fingerprinted: Hashable, Sendable, Codable {
    public var probed: Probed
    /// The known loss that trains the same policy.
    public var twin: Twin?
    /// Set when the candidate is not trained for that.
    public var refusal: Finding?
  }

  /// One setting of tunables on some seeds of the tuning.
  public struct Trial: Hashable, Sendable, Codable {
    /// All tunables that are tuned, by name.
    public var tunables: [String: Double]
    public var seeds: [UInt64]
    /// One a seed; empty when the setting failed.
    public var etas: [Double]
    public var verdict: Verdict

    public init(tunables: [String: Double], seeds: [UInt64], etas: [Double], verdict: Verdict) {
      self.tunables = tunables
      self.seeds = seeds
      self.etas = etas
      self.verdict = verdict
    }
  }

  /// The tunables that η is measured with.
  public struct Tuned: Hashable, Sendable, Codable {
    /// Those that were tuned; the others keep the run's value or their default.
    public var tunables: [String: Double]
  }
}
