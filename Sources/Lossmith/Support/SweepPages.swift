import Discovery
import Foundation
import Host
import Policy
import Report

/// Turns the numbers of a sweep into its page and picture.
enum SweepPages {
  static let pageName = "sweep.html"
  static let pictureName = "sweep.svg"

  /// Writes page and picture into the sweep's folder; files of these names are replaced.
  ///
  /// A sweep without a training that ended well has no picture.
  /// - Throws: `LossmithError` (`storage`, `missing-file` for a template).
  static func write(
    _ summary: SweepSummary, to folder: URL, installation: Installation
  ) throws {
    let model = model(of: summary, title: folder.standardizedFileURL.lastPathComponent)
    let html = try RunReport.html(model, templates: try RunPages.templates(installation))
    try OutputFiles.write(html, to: folder.appending(path: pageName))
    if let figure = RunReport.figure(model) {
      try OutputFiles.write(figure.svg, to: folder.appending(path: pictureName))
    }
  }

  static func model(of summary: SweepSummary, title: String) -> SweepModel {
    var facts = summary.environment
    facts["reference policy"] = String(summary.referenceHash.prefix(12))
    facts["trainings"] = "\(summary.done) of \(summary.total)"
    facts["time of all trainings"] = Pace.duration(summary.seconds)
    return SweepModel(
      title: title, task: TaskName.short(summary.task), metric: summary.shownMetric,
      baseline: summary.baseline, klCap: summary.klCap,
      reference: summary.reference.map(RunPages.eta),
      curves: summary.curves.map { curve in
        SweepModel.Curve(
          loss: curve.loss,
          points: curve.points.map { point in
            SweepModel.Point(
              beta: point.beta, value: summary.shown(point).map(RunPages.eta),
              kl: point.kl.map(RunPages.eta), advantage: point.advantage.map(RunPages.delta),
              failures: point.failures)
          },
          frontier: curve.frontier.map { SweepModel.Corner(kl: $0.kl, value: $0.reward) },
          hypervolume: curve.hypervolume.map(RunPages.eta),
          hypervolumeDifference: curve.hypervolumeDifference.map(RunPages.delta),
          failure: curve.failure)
      }, done: summary.done, total: summary.total, facts: facts)
  }
}
