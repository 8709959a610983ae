import Foundation
import Host
import Losses
import Policy

/// A job says which files its worker needs; the worker's jail lets it touch no others.
protocol WorkerJob: Encodable {
  /// Files and folders that the job reads.
  ///
  /// - Throws: `LossmithError` for a task file that cannot be used.
  var reads: [String] { get throws }
  /// Folders that the job writes to; made before the worker starts, removed if they stay empty.
  var writes: [String] { get }
}

extension WorkerJob {
  var writes: [String] { [] }
}

extension FactsJob: WorkerJob {
  var reads: [String] { get throws { try task.map(TaskFiles.of) ?? [] } }
}
extension DescribeJob: WorkerJob {
  var reads: [String] { [plugin.library] }
}
extension ProbeJob: WorkerJob {
  var reads: [String] { plugins.map(\.library) }
}
extension CallJob: WorkerJob {
  var reads: [String] { [plugin.library] }
}
extension CheckJob: WorkerJob {
  var reads: [String] { [plugin.library] }
}
extension EvaluateJob: WorkerJob {
  var reads: [String] { get throws { try [plugin.library] + TaskFiles.of(task) } }
}
extension TrainJob: WorkerJob {
  var reads: [String] { get throws { try [plugin.library] + TaskFiles.of(task) } }
  var writes: [String] { [folder] + (checkpoint.map { [$0.folder] } ?? []) }
}
extension SampleJob: WorkerJob {
  var reads: [String] { [policy] + (base.map { [$0] } ?? []) }
}
extension SFTJob: WorkerJob {
  var reads: [String] {
    switch start {
    case .policy(let path, let base): [path, data] + (base.map { [$0] } ?? [])
    case .new(let tokenizer, _, _, _, _): [tokenizer, data]
    }
  }
  var writes: [String] { [out] + (checkpoint.map { [$0.folder] } ?? []) }
}

private enum TaskFiles {
  /// The task file, if the task is one, and what it names; the folder behind a built-in name.
  static func of(_ task: String) throws -> [String] {
    if task.hasPrefix("imdb:") { return [String(task.dropFirst("imdb:".count))] }
    guard task.hasSuffix(".yaml") || task.hasSuffix(".yml") else { return [] }
    return [task] + (try TaskFile.load(task)).files.map(\.path)
  }
}
