import Discovery
import Foundation
import Host
import Losses
import Report

/// Turns the numbers of a transfer into its files: tables, page and pictures.
enum TransferPages {
  static let pageName = "transfer.html"

  /// Writes `transfer.csv`, `summary.json`, the page and the folder `figures`; files of these names are
  /// replaced.
  ///
  /// - Throws: `LossmithError` (`storage`, `missing-file` for a template).
  static func write(
    _ summary: TransferSummary, to folder: URL, installation: Installation
  ) throws {
    try OutputFiles.write(summary.csv, to: folder.appending(path: "transfer.csv"))
    try OutputFiles.write(try JSON.text(summary), to: folder.appending(path: "summary.json"))
    let model = model(of: summary, title: folder.standardizedFileURL.lastPathComponent)
    let html = try RunReport.html(model, templates: try RunPages.templates(installation))
    try OutputFiles.write(html, to: folder.appending(path: pageName))
    let pictures = folder.appending(path: "figures")
    try OutputFiles.makeFolder(pictures)
    for figure in RunReport.figures(model) {
      try OutputFiles.write(figure.svg, to: pictures.appending(path: "\(figure.name).svg"))
      try OutputFiles.write(figure.csv, to: pictures.appending(path: "\(figure.name).csv"))
    }
  }

  static func model(of summary: TransferSummary, title: String) -> TransferModel {
    var facts = summary.tasks.last { !$0.environment.isEmpty }?.environment ?? [:]
    facts["trainings"] = "\(summary.done) of \(summary.total)"
    for task in summary.tasks {
      facts["\(task.name): reference policy"] = String(task.referenceHash.prefix(12))
      facts["\(task.name): time of all trainings"] = Pace.duration(task.seconds)
    }
    return TransferModel(
      title: title, baseline: summary.baseline,
      tasks: summary.tasks.map { self.task($0, baseline: summary.baseline) },
      correlations: summary.correlations.map(correlation),
      dropped: summary.dropped.map { "\($0.name): \($0.reason)" }, done: summary.done,
      total: summary.total, facts: facts)
  }

  private static func task(
    _ task: TransferSummary.TaskResult, baseline: String
  ) -> TransferModel.Task {
    TransferModel.Task(
      name: task.name, metric: task.metric, seeds: task.seeds, beta: task.beta,
      klCap: task.klCap, reference: task.reference.map(RunPages.eta),
      referenceHash: task.referenceHash,
      rows: task.rows.map { row in
        TransferModel.Row(
          loss: row.loss, eta: row.eta.map(RunPages.eta), kl: row.kl.map(RunPages.eta),
          difference: row.difference.map(RunPages.delta), equalKL: row.equalKL.map(RunPages.delta),
          p: row.p, verdict: row.words(baseline), isBaseline: row.loss == baseline)
      },
      frontier: task.frontier.compactMap { point in
        point.reward.flatMap { reward in
          point.kl.map {
            .init(beta: point.beta, reward: RunPages.eta(reward), kl: RunPages.eta($0))
          }
        }
      })
  }

  private static func correlation(_ found: TaskCorrelation) -> TransferModel.Correlation {
    func rho(_ rho: TaskCorrelation.Rho) -> RunModel.Delta {
      RunModel.Delta(mean: rho.rho, low: rho.low, high: rho.high)
    }
    return TransferModel.Correlation(
      first: found.first, second: found.second, firstMetric: found.firstMetric,
      secondMetric: found.secondMetric,
      points: found.points.map {
        .init(loss: $0.loss, first: RunPages.eta($0.first), second: RunPages.eta($0.second))
      }, rho: rho(found.all), topOfFirst: found.topOfFirst.map(rho),
      topOfSecond: found.topOfSecond.map(rho))
  }
}
