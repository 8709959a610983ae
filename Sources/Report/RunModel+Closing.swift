import Losses

extension RunModel {
  /// The end of a run: finalists, measured again on seeds that no selection saw.
  public struct Closing: Hashable, Sendable, Codable {
    public var finalists: [Finalist]
    /// Titles of what no proposer was told, a column each.
    public var untold: [String]
    /// What the table comes to, a sentence each.
    public var sentences: [String]

    public init(finalists: [Finalist], untold: [String] = [], sentences: [String] = []) {
      self.finalists = finalists
      self.untold = untold
      self.sentences = sentences
    }

    /// Whether any of them was compared with DPO at equal KL.
    public var comparesAtEqualKL: Bool { finalists.contains { $0.beats != nil } }
  }

  /// What the search saw of a loss, by which it was chosen, beside what fresh seeds say.
  public struct Finalist: Hashable, Sendable, Codable {
    public var name: String
    /// The number of the reply in the run, from 1.
    public var candidate: Int
    public var search: Eta
    /// nil for a loss that failed on the fresh seeds.
    public var confirmed: Eta?
    /// What it failed with; nil when it did not.
    public var verdict: Verdict?
    /// Against DPO, on the fresh seeds.
    public var delta: Delta?
    /// Holm's p that the difference is above 0, over all that were confirmed.
    public var holm: Double?
    /// Reward minus what DPO reaches at the same KL.
    public var atEqualKL: Delta?
    public var equalKLHolm: Double?
    /// Seeds on which the KL lies outside of DPO's frontier.
    public var outside: Int
    /// nil when that was not compared.
    public var beats: Bool?
    /// By column; nil where it was not measured.
    public var untold: [Eta?]
    /// Whether an earlier end of the run had confirmed it, and later proposals took its place.
    public var isFormer: Bool

    public init(
      name: String, candidate: Int, search: Eta, confirmed: Eta?, verdict: Verdict? = nil,
      delta: Delta? = nil, holm: Double? = nil, atEqualKL: Delta? = nil,
      equalKLHolm: Double? = nil, outside: Int = 0, beats: Bool? = nil, untold: [Eta?] = [],
      isFormer: Bool = false
    ) {
      self.name = name
      self.candidate = candidate
      self.search = search
      self.confirmed = confirmed
      self.verdict = verdict
      self.delta = delta
      self.holm = holm
      self.atEqualKL = atEqualKL
      self.equalKLHolm = equalKLHolm
      self.outside = outside
      self.beats = beats
      self.untold = untold
      self.isFormer = isFormer
    }
  }
}
