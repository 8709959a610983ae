import Discovery
import Foundation
import Host
import Losses
import Report

/// Turns the `metrics.json` of a trained policy into its page and picture.
enum TrainingPages {
  /// Whether a folder is one that `train` wrote, and no run.
  static func isTraining(_ folder: URL) -> Bool {
    let files = FileManager.default
    return files.fileExists(atPath: folder.appending(path: "metrics.json").path)
      && !files.fileExists(atPath: folder.appending(path: Journal.fileName).path)
  }

  /// - Throws: `LossmithError` (`malformed-input`) for a file that `train` did not write.
  static func model(of folder: URL) throws(LossmithError) -> TrainingModel {
    let file = folder.appending(path: "metrics.json")
    let document: TrainingDocument
    do {
      document = try JSON.decode(TrainingDocument.self, from: try Data(contentsOf: file))
    } catch {
      throw LossmithError(
        .malformedInput, "These are not the metrics of a training.", at: file.path,
        remedy: "Name a folder that lossmith train wrote.", underlying: error)
    }
    var facts = document.environment
    for (name, value) in document.tunables { facts[name] = "\(value)" }
    facts["seed"] = "\(document.seed)"
    facts["reference policy"] = String(document.reference.hash.prefix(12))
    facts["parameters"] = String(document.parameters.prefix(12))
    facts["seconds"] = String(format: "%.1f", document.seconds)
    return TrainingModel(
      title: folder.standardizedFileURL.lastPathComponent, loss: document.plugin,
      task: document.task,
      curve: RunPages.curve(document.curve, seed: document.seed, task: document.task),
      metrics: MetricValues.names.compactMap { name in
        document.metrics[name].map {
          .init(name: name, value: $0, reference: document.reference.metrics[name])
        }
      }, warnings: document.warnings, facts: facts)
  }
}
