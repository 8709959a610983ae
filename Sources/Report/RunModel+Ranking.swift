import Losses

/// What pages and pictures derive from a run.
extension RunModel {
  /// A measured loss, baseline or candidate.
  public struct Ranked: Hashable, Sendable {
    /// From 1; equal means are ranked in the order of their measurement.
    public var rank: Int
    public var name: String
    public var eta: Eta
    public var kl: Double?
    public var delta: Delta?
    public var cheapEta: Eta?
    /// nil for a baseline.
    public var candidate: Candidate?

    public var isBaseline: Bool { candidate == nil }
  }

  /// All measured losses with a finite mean, the best first.
  public var ranking: [Ranked] {
    var rows = baselines.map {
      Ranked(
        rank: 0, name: $0.name, eta: $0.eta, kl: $0.kl, delta: $0.delta,
        cheapEta: $0.cheapEta, candidate: nil)
    }
    for candidate in candidates {
      guard let eta = candidate.eta else { continue }
      rows.append(
        Ranked(
          rank: 0, name: candidate.name, eta: eta, kl: candidate.kl, delta: candidate.delta,
          cheapEta: candidate.cheapEta, candidate: candidate))
    }
    let order = rows.indices.filter { rows[$0].eta.mean.isFinite }.sorted {
      (-rows[$0].eta.mean, $0) < (-rows[$1].eta.mean, $1)
    }
    return order.enumerated().map { place, index in
      var row = rows[index]
      row.rank = place + 1
      return row
    }
  }

  /// Candidates that failed, in order.
  public var failures: [Candidate] {
    candidates.filter { $0.eta == nil && $0.stoppedAt == nil }
  }

  /// Candidates that were measured on the cheap stage only, in order.
  public var stops: [Candidate] { candidates.filter { $0.eta == nil && $0.stoppedAt != nil } }

  /// The best mean so far after each candidate, baselines included; nil where there is none yet.
  public var bestSoFar: [Double?] {
    var best = baselines.map(\.eta.mean).filter(\.isFinite).max()
    return candidates.map { candidate in
      if let mean = candidate.eta?.mean, mean.isFinite { best = max(best ?? mean, mean) }
      return best
    }
  }
}

/// The kinds of candidates without η that a picture tells apart.
public enum FailureKind: String, CaseIterable, Sendable {
  case refused = "refused before it ran"
  case check = "failed a check"
  case misbehaved = "crashed, looped or broke out"
  case diverged = "diverged in training"
  case duplicate = "duplicate"
  case host = "fault of the host"
  /// No failure: measured, and nothing learned.
  case stopped = "stopped at the cheap stage"
}

extension RunModel.Candidate {
  /// Why there is no η; nil for a candidate that has one.
  public var failureKind: FailureKind? {
    if eta != nil { return nil }
    if stoppedAt != nil { return .stopped }
    switch verdict {
    case .rejected: return .refused
    // A verdict of ok without a measurement is an interrupted candidate: nothing it did.
    case .ok, .hostFault: return .host
    case .failed: return .check
    case .crashed, .timeout, .violation, .resource: return .misbehaved
    case .diverged: return .diverged
    case .duplicate: return .duplicate
    }
  }
}
