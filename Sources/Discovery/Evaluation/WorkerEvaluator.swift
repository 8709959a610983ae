import Foundation
import Host
import Losses

/// Turns a run's proposals into libraries and numbers: builder and workers together.
///
/// Everything runs in cells, baselines too: all losses of a run are measured the same way.
public final class WorkerEvaluator: CandidateEvaluator {
  /// A loss of the catalogue as a run needs it.
  public struct CatalogueLoss {
    public var library: URL
    public var text: BaselineText

    public init(library: URL, text: BaselineText) {
      self.library = library
      self.text = text
    }
  }

  public let environment: [String: String]
  private let task: String
  private let metric: String?
  private let tunables: [String: Double]
  private let workbench: Workbench
  private let builder: PluginBuilder
  private let catalogue: (String) throws -> CatalogueLoss

  /// - Parameters:
  ///   - metric: replaces the task's η when given.
  ///   - environment: facts that go with the numbers, see ``Workbench/taskFacts(_:metric:progress:)``.
  ///   - catalogue: finds, and builds if need be, a loss of the catalogue.
  public init(
    task: String, metric: String? = nil, tunables: [String: Double], environment: [String: String],
    workbench: Workbench, builder: PluginBuilder,
    catalogue: @escaping (String) throws -> CatalogueLoss
  ) {
    self.task = task
    self.metric = metric
    self.tunables = tunables
    self.environment = environment
    self.workbench = workbench
    self.builder = builder
    self.catalogue = catalogue
  }

  public func build(
    _ proposal: Proposal, name: String, progress: (String) throws -> Void
  ) throws -> BuildResult {
    try progress("compiling")
    let outcome = try builder.build(
      PluginSource(text: proposal.code), name: PluginName(from: name), strictness: .generated)
    switch outcome {
    case .rejected(let rejection):
      if rejection.finding.verdict.isHostFault {
        throw LossmithError(.hostFault, rejection.finding.message)
      }
      return .refused(rejection.finding)
    case .built(let plugin):
      return .built(
        BuiltLibrary(file: plugin.library, sha256: plugin.sha256, warnings: plugin.warnings))
    }
  }

  public func evaluate(
    library: URL, name: String, seeds: [UInt64],
    progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    let spec = PluginSpec(name: name, library: library.path, isolation: .process)
    let reply = try workbench.evaluate(
      spec, task: task, metric: metric, tunables: tunables, seeds: seeds
    ) { update in
      try progress(
        EvaluationProgress(
          stage: update.stage == "train" ? .train : .check, message: update.detail,
          fraction: update.fraction))
    }
    if case .hostFault(let cause) = reply.record.finding.verdict {
      throw LossmithError(.hostFault, cause, remedy: reply.record.finding.message)
    }
    return reply.record
  }

  public func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try evaluate(
      library: try catalogue(name).library, name: name, seeds: seeds, progress: progress)
  }

  public func text(ofBaseline name: String) throws -> BaselineText {
    try catalogue(name).text
  }
}
