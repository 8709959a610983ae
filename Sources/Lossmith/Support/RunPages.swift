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
    return RunSummary(of: try RunState.fold(events), config: config)
  }

  static func model(of run: URL) throws -> RunModel {
    let (config, events) = try RunDirectory.read(at: run)
    let state = try RunState.fold(events)
    let summary = RunSummary(of: state, config: config)
    let measured = Dictionary(
      summary.measured.map { ($0.origin.candidate ?? -1, $0) },
      uniquingKeysWith: { first, _ in first })
    let baselines = summary.measured.filter(\.origin.isBaseline).map {
      RunModel.Baseline(
        name: $0.name, eta: eta($0.eta), kl: $0.metrics["kl"]?.mean, delta: $0.delta.map(delta))
    }
    let candidates = state.candidates.compactMap { candidate -> RunModel.Candidate? in
      guard let judgement = candidate.judgement else { return nil }
      let row = measured[candidate.index]
      return RunModel.Candidate(
        index: candidate.index, generation: candidate.generation, attempt: candidate.attempt,
        name: candidate.name ?? "reply \(candidate.index)",
        thought: candidate.proposal?.thought ?? "",
        source: candidate.proposal?.code ?? candidate.reply.text,
        verdict: judgement.finding.verdict, message: judgement.finding.message,
        remedy: judgement.finding.remedy, eta: row.map { eta($0.eta) },
        kl: row?.metrics["kl"]?.mean, delta: row?.delta.map(delta),
        seconds: candidate.record?.seconds ?? 0, warnings: row?.warnings ?? [])
    }
    let reference = summary.referenceHash.flatMap { hash in
      state.environment["reference_eta"].flatMap(Double.init).map {
        RunModel.Reference(hash: hash, reward: $0)
      }
    }
    return RunModel(
      title: run.lastPathComponent, task: config.task, metric: config.metric,
      proposer: proposer(config), seeds: config.seeds, baselines: baselines,
      candidates: candidates, reference: reference, environment: state.environment,
      started: events.first.flatMap {
        try? Date($0.time, strategy: .iso8601.time(includingFractionalSeconds: true))
      }, stopReason: summary.stop?.sentence,
      notes: summary.cause.map { [$0] } ?? [])
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
