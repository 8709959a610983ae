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
  let tunables: [String: Double]
  let workbench: Workbench
  private let builder: PluginBuilder
  let catalogue: (String) throws -> CatalogueLoss
  public let catalogueNames: [String]
  /// The task's β, for a fingerprint as training would have it.
  private let beta: Double?

  /// - Parameters:
  ///   - metric: replaces the task's η when given.
  ///   - environment: facts that go with the numbers, see ``Workbench/taskFacts(_:metric:progress:)``.
  ///   - catalogueNames: losses that a candidate may turn out to be.
  ///   - beta: of the task's recipe.
  ///   - catalogue: finds, and builds if need be, a loss of the catalogue.
  public init(
    task: String, metric: String? = nil, tunables: [String: Double], environment: [String: String],
    workbench: Workbench, builder: PluginBuilder, catalogueNames: [String] = [],
    beta: Double? = nil,
    catalogue: @escaping (String) throws -> CatalogueLoss
  ) {
    self.task = task
    self.metric = metric
    self.tunables = tunables
    self.environment = environment
    self.workbench = workbench
    self.builder = builder
    self.catalogue = catalogue
    self.catalogueNames = catalogueNames
    self.beta = beta
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
    try evaluate(.init(.library(library), name: name, seeds: seeds), progress: progress)
  }

  /// The names among a request's tunables that the loss does not declare are ignored by its worker.
  ///
  /// With metric `frontier` each seed keeps the reference's reward beside its own metrics.
  public func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    let library =
      switch request.loss {
      case .library(let file): file
      case .baseline: try catalogue(request.name).library
      }
    let spec = PluginSpec(name: request.name, library: library.path, isolation: .process)
    var reply = try workbench.evaluate(
      spec, task: task, metric: request.metric ?? metric,
      tunables: tunables.merging(request.tunables) { $1 }, seeds: request.seeds,
      rates: request.rates, measuresUntold: request.measuresUntold
    ) { update in
      try progress(
        EvaluationProgress(
          stage: update.stage == "train" ? .train : .check, message: update.detail,
          fraction: update.fraction))
    }
    if case .hostFault(let cause) = reply.record.finding.verdict {
      throw LossmithError(.hostFault, cause, remedy: reply.record.finding.message)
    }
    if request.metric == "frontier" {
      let references = Dictionary(
        reply.reference.map { ($0.seed, $0.metrics["reward"]) }, uniquingKeysWith: { $1 })
      for index in reply.record.seeds.indices {
        let reward = references[reply.record.seeds[index].seed] ?? nil
        reply.record.seeds[index].metrics[EqualKL.referenceMetric] = reward
      }
    }
    return reply.record
  }

  public func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    try evaluate(
      library: try catalogue(name).library, name: name, seeds: seeds, progress: progress)
  }

  public func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    var overrides = tunables
    if overrides["beta"] == nil, let beta { overrides["beta"] = beta }
    var specs: [PluginSpec] = []
    var blank: Set<String> = []
    for (loss, name) in losses {
      do {
        let file =
          switch loss {
          case .library(let file): file
          case .baseline: try catalogue(name).library
          }
        specs.append(PluginSpec(name: name, library: file.path, isolation: .process))
      } catch is LossFailure {
        // A loss of the catalogue that does not build is nobody's twin.
        blank.insert(name)
      }
    }
    let found = specs.isEmpty ? [] : try workbench.probe(specs, tunables: overrides)
    return losses.map { _, name in
      found.first { $0.name == name } ?? .init(name: name, fingerprint: nil, tunables: [])
    }
  }

  public func text(ofBaseline name: String) throws -> BaselineText {
    try catalogue(name).text
  }
}
