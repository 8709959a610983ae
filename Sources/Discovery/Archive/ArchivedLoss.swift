import Foundation
import Losses

/// Everything that a run knows of one of its proposals.
public struct ArchivedLoss: Sendable, Encodable {
  public var run: String
  /// Number of the reply in the run, from 1.
  public var candidate: Int
  public var name: String
  public var task: String
  public var metric: String
  public var generation: Int
  /// Empty for a reply that could not be read.
  public var thought: String
  /// The source; nil for a reply that could not be read.
  public var code: String?
  public var reply: String
  /// nil while it is on its way.
  public var finding: Finding?
  /// nil for a loss that was not measured on the task.
  public var eta: Estimate?
  public var delta: Difference?
  /// What fresh seeds said of it, which no selection saw; nil for a loss that was no finalist.
  public var confirmation: Confirmation?
  /// Every metric, when it was measured.
  public var metrics: [String: Estimate]
  public var seeds: [SeedOutcome]
  /// What it did on the cheap stage.
  public var cheapEta: Estimate?
  /// The cheap stage that it did not get beyond.
  public var stoppedAt: String?
  public var warnings: [String]
  /// SHA-256 of its library; nil for one that was not built.
  public var librarySha256: String?
  /// What it was bred from, where the proposer says so; the parents of these follow under their names.
  public var parents: [String]
  /// The line of descent, from the loss's parents to the oldest that the run knows: each name with its
  /// own parents.
  public var lineage: [Descent]

  /// A finalist on fresh seeds. Believe this number: ``eta`` is what the loss was chosen by.
  public struct Confirmation: Hashable, Sendable, Encodable {
    /// `ok`, or what it failed with.
    public var finding: Finding
    /// nil for a loss that failed there.
    public var eta: Estimate?
    /// Against DPO on the same seeds.
    public var delta: Difference?
    /// One-sided p, corrected for all that were confirmed; nil before the run's end.
    public var holm: Double?
    /// Whether it beats DPO at equal KL; nil before the run's end and where that was not compared.
    public var beats: Bool?
  }

  public struct Descent: Hashable, Sendable, Encodable {
    public var name: String
    public var how: String
    public var parents: [String]
  }

  /// Finds a proposal of a run.
  ///
  /// - Parameter id: its number or its name.
  /// - Throws: `LossmithError`: `unknownName` with the run's names, and what reading a run throws.
  public init(_ id: String, in run: URL) throws {
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    let found = state.candidates.first { candidate in
      candidate.name == id || Int(id).map { $0 == candidate.index } ?? false
    }
    guard let found else {
      let names = state.candidates.compactMap(\.name)
      let shown = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " …" : "")
      throw LossmithError(
        .unknownName, "The run has no proposal \(id).", at: run.path,
        remedy: names.isEmpty
          ? "It has no proposals yet."
          : "Give a number from 1 to \(state.candidates.count), or a name: \(shown).")
    }
    self.init(found, of: state, config: config, run: run)
  }

  private init(
    _ candidate: RunState.Candidate, of state: RunState, config: RunConfig, run: URL
  ) {
    self.run = run.path
    self.candidate = candidate.index
    name = candidate.name ?? "reply \(candidate.index)"
    task = config.taskName
    metric = config.metric
    generation = candidate.generation
    thought = candidate.proposal?.thought ?? ""
    code = candidate.proposal?.code
    reply = candidate.reply.text
    metrics = [:]
    seeds = []
    cheapEta = candidate.screening?.eta
    warnings = candidate.library?.warnings ?? []
    librarySha256 = candidate.library?.sha256
    switch state.outcome(of: candidate, metric: config.metric) {
    case .measured(let record, let eta, let delta):
      finding = record.finding
      self.eta = eta
      self.delta = delta
      seeds = record.seeds
      warnings += record.warnings
      for metric in record.seeds.first?.metrics.keys.sorted() ?? [] {
        metrics[metric] = record.estimate(metric)
      }
    case .stopped(let screening):
      finding = candidate.judgement?.finding
      stoppedAt = screening.stage
    case .failed(let finding): self.finding = finding
    case nil: break
    }
    confirmation = candidate.confirmation.map { record in
      let row = RunSummary(of: state, config: config).finalists?.first {
        $0.candidate == candidate.index
      }
      return Confirmation(
        finding: record.finding, eta: record.estimate(config.metric),
        delta: state.confirmation.flatMap { record.difference(to: $0, metric: config.metric) },
        holm: row?.holm, beats: row?.beats)
    }
    let descent = Self.descent(of: state)
    parents = descent[name]?.parents ?? []
    lineage = []
    var waiting = parents
    while let next = waiting.first, lineage.count < 64 {
      waiting.removeFirst()
      guard let own = descent[next], !lineage.contains(own) else { continue }
      lineage.append(own)
      waiting += own.parents
    }
  }

  /// By name, what the proposers say of where their proposals come from.
  private static func descent(of state: RunState) -> [String: Descent] {
    var descent: [String: Descent] = [:]
    for candidate in state.candidates {
      guard let name = candidate.name else { continue }
      if let reply = EvolvedReply(text: candidate.reply.text) {
        descent[name] = Descent(name: name, how: reply.variation, parents: reply.parents)
      } else if let basis = candidate.reply.basis, !basis.parents.isEmpty {
        descent[name] = Descent(name: name, how: "built on", parents: basis.parents)
      }
    }
    return descent
  }

  /// The loss for a person at a terminal.
  public var text: String {
    var lines = ["\(name), proposal \(candidate) of \(run)"]
    if let finding {
      lines.append("verdict  \(finding.verdict)\(stoppedAt.map { ", stopped at \($0)" } ?? "")")
      if !finding.message.isEmpty { lines.append("         \(finding.message)") }
    } else {
      lines.append("verdict  none yet")
    }
    if let eta {
      let difference = delta.map { ", \(Readout.difference($0)) to DPO" } ?? ""
      lines.append(
        "η        \(metric) \(Readout.estimate(eta)) over \(eta.n) seeds on \(task)\(difference)")
    }
    if let confirmation { lines.append("fresh    \(confirmation.text(metric))") }
    if let cheapEta { lines.append("cheap η  \(Readout.estimate(cheapEta))") }
    for (metric, estimate) in metrics.sorted(by: { $0.key < $1.key }) where metric != self.metric {
      lines.append("         \(metric) \(Readout.estimate(estimate))")
    }
    if let librarySha256 { lines.append("library  sha256 \(librarySha256)") }
    for warning in warnings { lines.append("warning  \(warning)") }
    if !parents.isEmpty { lines.append("parents  \(parents.joined(separator: ", "))") }
    for ancestor in lineage {
      lines.append(
        "         \(ancestor.name): \(ancestor.how), \(ancestor.parents.joined(separator: ", "))")
    }
    if !thought.isEmpty { lines += ["", thought] }
    lines += ["", code ?? reply]
    // Whatever a model wrote: no character may steer the terminal.
    return lines.joined(separator: "\n").shown
  }
}

extension ArchivedLoss.Confirmation {
  /// `reward 0.6912 ± 0.0021 over 5 fresh seeds, +0.012 [+0.003, +0.021] to DPO, p = 0.0041 (Holm)`.
  func text(_ metric: String) -> String {
    guard let eta else { return "\(finding.verdict) on fresh seeds" }
    var text = "\(metric) \(Readout.estimate(eta)) over \(eta.n) fresh seeds"
    if let delta { text += ", \(Readout.difference(delta)) to DPO" }
    if let holm { text += ", p = \(RunSummary.probability(holm)) (Holm)" }
    if let beats {
      text += beats ? ", beats DPO at equal KL" : ", not shown to beat DPO at equal KL"
    }
    return text
  }
}
