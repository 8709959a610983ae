import Discovery
import Foundation
import Host
import Losses
import Policy
import Report

/// Turns a run's journal into its page and pictures.
enum RunPages {
  static func templates(_ installation: Installation) throws(LossmithError) -> ReportTemplates {
    try ReportTemplates(folder: installation.templates.appendingPathComponent("report"))
  }

  /// Writes `report.html` and `trajectory.svg` into the run's directory.
  ///
  /// - Returns: the page.
  /// - Throws: `LossmithError`: `storage` when they cannot be written.
  @discardableResult
  static func write(_ run: URL, installation: Installation) throws -> URL {
    LossShapes.draw(run)
    let model = try model(of: run)
    let page = run.appendingPathComponent("report.html")
    let html = try RunReport.html(model, templates: try templates(installation))
    do {
      try OutputFiles.write(html, to: page)
      try OutputFiles.write(
        RunReport.trajectorySVG(model), to: run.appendingPathComponent("trajectory.svg"))
    } catch {
      throw LossmithError(
        .storage, error.message, at: error.location,
        remedy: "Make room or mend permissions, then run lossmith report \(run.path).",
        underlying: error.underlying)
    }
    return page
  }

  /// The best η after each proposal in one line; nil for a run without any.
  static func course(of run: URL) throws -> String? {
    let model = try model(of: run)
    return model.candidates.isEmpty
      ? nil : "Best η after each proposal: \(RunReport.sparkline(model))"
  }

  static func summary(of run: URL) throws -> RunSummary {
    let (config, events) = try RunDirectory.read(at: run)
    var summary = RunSummary(of: try RunState.fold(events), config: config)
    if let rival = try rival(of: run, config) { summary.compare(with: rival.summary) }
    return summary
  }

  static func model(of run: URL) throws -> RunModel {
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    let summary = RunSummary(of: state, config: config)
    let records = Dictionary(
      state.baselines.compactMap { baseline in baseline.record.map { (baseline.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    let baselines = summary.measured.filter(\.origin.isBaseline).map { row in
      RunModel.Baseline(
        name: row.name, eta: eta(row.eta), kl: row.metrics["kl"]?.mean, delta: row.delta.map(delta),
        cheapEta: row.cheapEta.map(eta),
        tradeoff: records[row.name].map { tradeoff($0, config) } ?? [],
        shape: LossShapes.read(in: run.appending(path: row.origin.folder)))
    }
    var candidates = state.candidates.compactMap { candidate -> RunModel.Candidate? in
      guard let outcome = state.outcome(of: candidate, metric: config.metric) else { return nil }
      var shown = self.candidate(candidate, outcome, config)
      if let folder = candidate.folder {
        shown.shape = LossShapes.read(in: run.appending(path: folder))
      }
      return shown
    }
    RunLineage.add(to: &candidates, state)
    let reference = summary.referenceHash.flatMap { hash in
      state.environment["reference_eta"].flatMap(Double.init).map {
        RunModel.Reference(hash: hash, reward: $0)
      }
    }
    var model = RunModel(
      title: run.standardizedFileURL.lastPathComponent, task: config.taskName,
      metric: config.metric,
      proposer: proposer(config, state), seeds: config.seeds, cheapStage: config.cheapStage?.task,
      baselines: baselines,
      candidates: candidates, reference: reference, environment: state.environment,
      started: events.first.flatMap {
        try? Date($0.time, strategy: .iso8601.time(includingFractionalSeconds: true))
      }, stopReason: summary.stop?.sentence,
      notes: (summary.cause.map { [$0] } ?? [])
        + (config.data?.notes ?? []).map { "Data: \($0)." }, klCap: summary.klCap,
      ledger: RunLedger.read(events))
    model.closing = closing(of: summary)
    model.equalBudget = try rival(of: run, config).flatMap {
      equalBudget(Side(state: state, summary: summary, metric: config.metric), beside: $0)
    }
    return model
  }

  private static func candidate(
    _ candidate: RunState.Candidate, _ outcome: CandidateOutcome, _ config: RunConfig
  ) -> RunModel.Candidate {
    var shown = RunModel.Candidate(
      index: candidate.index, generation: candidate.generation, attempt: candidate.attempt,
      name: candidate.name ?? "reply \(candidate.index)",
      thought: candidate.proposal?.thought ?? "",
      source: candidate.proposal?.code ?? candidate.reply.text, verdict: .ok,
      warnings: candidate.library?.warnings ?? [], cheapEta: candidate.screening?.eta.map(eta))
    switch outcome {
    case .measured(let record, let eta, let delta):
      shown.eta = self.eta(eta)
      shown.delta = delta.map(self.delta)
      shown.kl = record.estimate("kl")?.mean
      shown.seconds = record.seconds
      shown.warnings += record.warnings
      shown.curves = curves(record, task: config.task)
      shown.curveTask = config.taskName
      shown.tradeoff = tradeoff(record, config)
    case .stopped(let screening):
      shown.stoppedAt = screening.stage
      shown.isOutranked = screening.isOutranked
      shown.message = screening.sentence
      shown.seconds = screening.record.seconds
      shown.curves = curves(screening.record, task: screening.stage)
      shown.curveTask = screening.stage
    case .failed(let finding):
      shown.verdict = finding.verdict
      shown.message = finding.message
      shown.remedy = finding.remedy
      shown.seconds = candidate.measurement?.seconds ?? 0
      shown.warnings = []
    }
    return shown
  }

  /// Reward and KL: of each β of a frontier, else of the one policy that each seed trained.
  private static func tradeoff(
    _ record: EvaluationRecord, _ config: RunConfig
  ) -> [RunModel.Tradeoff] {
    let frontiers = record.seeds.compactMap(\.frontier)
    guard let first = frontiers.first else {
      guard let reward = record.estimate("reward"), let kl = record.estimate("kl") else {
        return []
      }
      return [
        .init(beta: config.tunables["beta"], reward: eta(reward), kl: eta(kl))
      ]
    }
    return first.filter { $0.rate == nil }.map(\.beta).compactMap { beta in
      let points = frontiers.compactMap { $0.first { $0.beta == beta && $0.rate == nil } }
      guard points.count == frontiers.count else { return nil }
      return .init(
        beta: beta,
        reward: eta(Statistics.estimate(metric: "reward", values: points.map(\.reward))),
        kl: eta(Statistics.estimate(metric: "kl", values: points.map(\.kl))))
    }
  }

  private static func curves(_ record: EvaluationRecord, task: String) -> [RunModel.Curve] {
    record.seeds.compactMap { outcome in
      outcome.curve.map { curve($0, seed: outcome.seed, task: task) }
    }
  }

  static func curve(_ curve: LearningCurve, seed: UInt64, task: String) -> RunModel.Curve {
    var shown = RunModel.Curve(
      seed: seed, step: curve.step,
      values: [
        .loss: curve.loss, .chosen: curve.chosen, .rejected: curve.rejected, .margin: curve.margin,
        .accuracy: curve.accuracy, .gradientNorm: curve.gradientNorm,
      ])
    if drawsPairsFromReference(task) { shown.estimateKL() }
    return shown
  }

  /// Whether both completions of a pair are samples of the reference; a file's pairs are not.
  private static func drawsPairsFromReference(_ task: String) -> Bool {
    task == "bandit" || task == "reviews" || task == "imdb" || task.hasPrefix("imdb:")
  }

  private static func proposer(_ config: RunConfig, _ state: RunState) -> String {
    switch config.proposer {
    case "llm": config.proposerName(after: state)
    case "replay": "replay of the published DiscoPOP run"
    default: config.proposer
    }
  }

  static func eta(_ estimate: Estimate) -> RunModel.Eta {
    RunModel.Eta(mean: estimate.mean, se: estimate.se, n: estimate.n)
  }

  static func delta(_ difference: Difference) -> RunModel.Delta {
    RunModel.Delta(mean: difference.mean, low: difference.low, high: difference.high)
  }
}
