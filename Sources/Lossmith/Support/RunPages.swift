import Discovery
import Foundation
import Host
import Losses
import Report

/// Turns a run's journal into its page and pictures.
enum RunPages {
  /// Writes `report.html` and `trajectory.svg` into the run's directory.
  ///
  /// - Returns: the page.
  /// - Throws: `LossmithError`: `storage` when they cannot be written.
  @discardableResult
  static func write(_ run: URL, installation: Installation) throws -> URL {
    let model = try model(of: run)
    let templates = try ReportTemplates(
      folder: installation.templates.appendingPathComponent("report"))
    let page = run.appendingPathComponent("report.html")
    do {
      try Data(try RunReport.html(model, templates: templates).utf8).write(
        to: page, options: .atomic)
      try Data(RunReport.trajectorySVG(model).utf8)
        .write(to: run.appendingPathComponent("trajectory.svg"), options: .atomic)
    } catch let error as LossmithError {
      throw error
    } catch {
      throw LossmithError(
        .storage, "the report cannot be written", at: page.path,
        remedy: "Make room or mend permissions, then run lossmith report \(run.path).",
        underlying: error)
    }
    return page
  }

  static func summary(of run: URL) throws -> RunSummary {
    let (config, events) = try RunDirectory.read(at: run)
    var summary = RunSummary(of: try RunState.fold(events), config: config)
    let rival = run.appendingPathComponent(DiscoveryRun.blindFolder)
    if config.plan.equalBudget == .bestOfN, FileManager.default.fileExists(atPath: rival.path) {
      let (config, events) = try RunDirectory.read(at: rival)
      summary.compare(with: RunSummary(of: try RunState.fold(events), config: config))
    }
    return summary
  }

  static func model(of run: URL) throws -> RunModel {
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    let summary = RunSummary(of: state, config: config)
    let baselines = summary.measured.filter(\.origin.isBaseline).map {
      RunModel.Baseline(
        name: $0.name, eta: eta($0.eta), kl: $0.metrics["kl"]?.mean, delta: $0.delta.map(delta),
        cheapEta: $0.cheapEta.map(eta))
    }
    let candidates = state.candidates.compactMap { candidate -> RunModel.Candidate? in
      guard let outcome = state.outcome(of: candidate, metric: config.metric) else { return nil }
      return self.candidate(candidate, outcome, config)
    }
    let reference = summary.referenceHash.flatMap { hash in
      state.environment["reference_eta"].flatMap(Double.init).map {
        RunModel.Reference(hash: hash, reward: $0)
      }
    }
    return RunModel(
      title: run.lastPathComponent, task: config.taskName, metric: config.metric,
      proposer: proposer(config), seeds: config.seeds, cheapStage: config.cheapStage?.task,
      baselines: baselines,
      candidates: candidates, reference: reference, environment: state.environment,
      started: events.first.flatMap {
        try? Date($0.time, strategy: .iso8601.time(includingFractionalSeconds: true))
      }, stopReason: summary.stop?.sentence,
      notes: summary.cause.map { [$0] } ?? [])
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
      shown.curves = curves(record)
      shown.curveTask = config.taskName
    case .stopped(let screening):
      shown.stoppedAt = screening.stage
      shown.message = screening.sentence
      shown.seconds = screening.record.seconds
      shown.curves = curves(screening.record)
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

  private static func curves(_ record: EvaluationRecord) -> [RunModel.Curve] {
    record.seeds.compactMap { outcome in
      outcome.curve.map {
        RunModel.Curve(
          seed: outcome.seed, step: $0.step,
          values: [
            .loss: $0.loss, .chosen: $0.chosen, .rejected: $0.rejected, .margin: $0.margin,
            .accuracy: $0.accuracy, .gradientNorm: $0.gradientNorm,
          ])
      }
    }
  }

  private static func proposer(_ config: RunConfig) -> String {
    switch config.proposer {
    case "llm": config.proposerSettings["model"] ?? "llm"
    case "replay": "replay of the published DiscoPOP run"
    default: config.proposer
    }
  }

  private static func eta(_ estimate: Estimate) -> RunModel.Eta {
    RunModel.Eta(mean: estimate.mean, se: estimate.se, n: estimate.n)
  }

  private static func delta(_ difference: Difference) -> RunModel.Delta {
    RunModel.Delta(mean: difference.mean, low: difference.low, high: difference.high)
  }
}
