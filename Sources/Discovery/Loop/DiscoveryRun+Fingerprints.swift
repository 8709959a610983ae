import Foundation
import Host
import Losses

/// Functional duplicates: losses that train the same policy as one that is known.
extension DiscoveryRun {
  /// Takes the fingerprints of baselines and catalogue, once a run.
  func probeCatalogue() throws {
    let names =
      config.baselines
      + parts.evaluator.catalogueNames.filter { !config.baselines.contains($0) }
    notify(.init(.fingerprint, "taking those of \(names.count) known losses"))
    let losses = try guarded(.fingerprint) {
      try parts.evaluator.probe(names.map { (.baseline, $0) })
    }
    try append(.catalogueProbed(.init(losses: losses)))
  }

  /// Compares a candidate with all that is known before anything is trained.
  func fingerprint(_ candidate: RunState.Candidate) throws {
    guard let name = candidate.name, let file = try library(of: candidate) else { return }
    if !candidate.fingerprintStarted { try append(.fingerprintStarted, at: candidate.place) }
    let probed = try guarded(.fingerprint) {
      try parts.evaluator.probe([(.library(file), name)]).first
        ?? .init(name: name, fingerprint: nil, tunables: [])
    }
    let twin = self.twin(
      of: probed,
      among: (state.catalogue ?? [])
        + state.candidates.filter { $0.index < candidate.index }.compactMap(\.fingerprint?.probed))
    let refusal = twin.flatMap { self.refusal(of: $0) }
    try append(
      .fingerprinted(.init(probed: probed, twin: twin, refusal: refusal)), at: candidate.place)
    let word = twin.map { "equals \($0.text)" }
    notify(candidate.progress(.fingerprint, word ?? "new"))
  }

  /// An equal loss comes before one that is equal up to scale, then the earlier one before the later.
  func twin(
    of probed: JournalEvent.Probed, among known: [JournalEvent.Probed]
  ) -> JournalEvent.Twin? {
    guard let mine = probed.fingerprint else { return nil }
    var scaled: JournalEvent.Twin?
    for other in known {
      guard let theirs = other.fingerprint else { continue }
      switch mine.likeness(to: theirs) {
      case .equal: return .init(name: other.name, scale: nil)
      case .scaled(let factor):
        if scaled == nil { scaled = .init(name: other.name, scale: factor) }
      case .different: break
      }
    }
    return scaled
  }

  /// Whether proposers are told how good losses are; what refuses a duplicate reaches them word for word.
  var tellsFitness: Bool { !parts.promptPlan.hidden.contains(.fitness) }

  func refusal(of twin: JournalEvent.Twin) -> Finding? {
    switch config.plan.duplicates {
    case .unseen, .trained: return nil
    case .trainedIfScaled where twin.scale != nil: return nil
    case .refused, .trainedIfScaled: break
    }
    var message =
      twin.scale.map {
        "The loss is \(twin.name) up to scale: its gradients are those of \(twin.name) times"
          + " \(Readout.fixed($0, decimals: 4)). An optimizer that adapts its steps divides such a factor"
          + " out again where gradients are not clipped; where they are, it only says how often"
      } ?? "The gradients are those of \(twin.name) on every probe, so it trains the same policy"
    let baseline = state.baselines.first { $0.name == twin.name }
    let other = state.candidates.first { $0.name == twin.name }
    if let eta = baseline?.record?.estimate(config.metric) ?? other?.judgement?.eta,
      tellsFitness
    {
      message += "; \(twin.name) has η = \(eta.text)"
    } else if let stage = other?.judgement?.stoppedAt {
      message += "; \(twin.name) was stopped at the cheap stage \(stage)"
    } else if let verdict = other?.judgement?.finding.verdict, !verdict.isOK {
      message += "; \(twin.name) got the verdict \(verdict)"
    }
    return Finding(
      .duplicate(of: twin.name), message + ".",
      remedy: "Propose a loss whose gradient differs from \(twin.name) in shape, not in notation"
        + " or by a factor.")
  }
}

extension JournalEvent.Twin {
  /// `dpo`, `dpo up to scale 2`.
  var text: String {
    scale.map { "\(name) up to scale \(Readout.fixed($0, decimals: 4))" } ?? name
  }
}
