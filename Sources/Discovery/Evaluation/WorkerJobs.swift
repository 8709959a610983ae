import Foundation
import Host
import Losses
import Policy

/// The jobs that a worker can do: where a plug-in (`Host`) meets a policy (`Policy`).
public enum WorkerJobs {
  /// By name, as `WorkerMain.run` wants them.
  public static var all: [String: WorkerMain.Job] {
    [
      JobKind.facts.rawValue: { try answer($0, $1, facts) },
      JobKind.describe.rawValue: { try answer($0, $1, describe) },
      JobKind.call.rawValue: { try answer($0, $1, call) },
      JobKind.check.rawValue: { try answer($0, $1, check) },
      JobKind.evaluate.rawValue: { try answer($0, $1, evaluate) },
      JobKind.sample.rawValue: { try answer($0, $1, PolicyJobs.sample) },
      JobKind.sft.rawValue: { try answer($0, $1, PolicyJobs.fit) },
    ]
  }

  private static func answer<Job: Decodable, Reply: Encodable>(
    _ payload: Data, _ context: WorkerContext, _ work: (Job, WorkerContext) throws -> Reply
  ) throws -> Data {
    try JSON.encode(try work(try JSON.decode(Job.self, from: payload), context), pretty: false)
  }

  private static func facts(_ job: FactsJob, _ context: WorkerContext) throws -> FactsJob.Reply {
    let task = try job.task.map { try self.task($0, cache: job.cache, context) }
    return .init(
      environment: MachineFacts.current(isolation: job.isolation),
      task: task.map {
        TaskFacts(
          name: $0.name, digest: $0.configurationDigest, referenceHash: $0.reference.hash,
          referenceEta: $0.reference.reward, metric: $0.etaMetric, summary: $0.summary,
          metricDescription: $0.etaDescription, beta: $0.recipe.beta)
      })
  }

  /// Builds a task; what it must prepare first is told as progress.
  private static func task(
    _ name: String, cache: String, _ context: WorkerContext
  ) throws -> any TrainingTask {
    // Jobs run one at a time on one thread; only the compiler cannot know that.
    nonisolated(unsafe) let context = context
    let surroundings = TaskContext(cacheDirectory: URL(fileURLWithPath: cache)) { update in
      let loss = update.loss.map { String(format: ", cross-entropy %.3f", $0) } ?? ""
      tell(context, "prepare", update.stage + loss, update.fraction)
    }
    return try TaskCatalogue.task(name, context: surroundings)
  }

  private static func describe(_ job: DescribeJob, _ context: WorkerContext) -> DescribeJob.Reply {
    do throws(LossFailure) {
      let loss = try OpenedPlugin(job.plugin, context).open()
      return .init(finding: Finding(.ok), descriptor: DescriptorDocument(loss.descriptor))
    } catch {
      return .init(finding: error.finding, descriptor: nil)
    }
  }

  private static func call(_ job: CallJob, _ context: WorkerContext) throws -> CallJob.Reply {
    let document = try BatchDocument(job.document, source: job.source)
    do {
      let loss = try OpenedPlugin(job.plugin, context).open()
      do {
        try loss.descriptor.requireColumns(of: document.batch)
      } catch var error {
        error.location = job.source
        throw error
      }
      let names = Set(loss.descriptor.tunables.map(\.name))
      let output = try loss.evaluate(
        document.batch,
        tunables: loss.descriptor.tunableValues(
          document.params.filter { names.contains($0.key) }))
      let printed = OutputDocument(output)
      return .init(
        finding: Finding(.ok), loss: printed.loss, gradients: printed.gradients,
        ignored: document.params.keys.filter { !names.contains($0) }.sorted())
    } catch let failure as LossFailure {
      return .init(finding: failure.finding, loss: [], gradients: [:], ignored: [])
    }
  }

  private static func check(_ job: CheckJob, _ context: WorkerContext) throws -> CheckJob.Reply {
    let plugin = OpenedPlugin(job.plugin, context)
    let descriptor: LossDescriptor
    do throws(LossFailure) {
      descriptor = try plugin.open().descriptor
    } catch {
      return .init(descriptor: nil, report: .refused(error.finding))
    }
    try descriptor.requireValid(job.tunables)
    let suite = CheckSuite(overrides: job.tunables, open: plugin.open)
    let report = suite.run { name in tellCheck(context, name) }
    return .init(descriptor: DescriptorDocument(descriptor), report: report)
  }

  private static func evaluate(
    _ job: EvaluateJob, _ context: WorkerContext
  ) throws -> EvaluateJob.Reply {
    let started = ContinuousClock.now
    let task = try task(job.task, cache: job.cache, context)
    var record = EvaluationRecord(
      plugin: job.plugin.name, finding: Finding(.ok), referenceHash: task.reference.hash,
      seeds: [], seconds: 0)
    do {
      let plugin = OpenedPlugin(job.plugin, context)
      let descriptor = try plugin.open().descriptor
      try descriptor.requireValid(job.tunables)
      try task.requireColumns(of: descriptor)
      let tunables = task.tunableValues(for: descriptor, overrides: job.tunables)
      if !job.unchecked {
        let values = Dictionary(
          uniqueKeysWithValues: zip(descriptor.tunables.map(\.name), tunables))
        let report = CheckSuite(overrides: values, open: plugin.open).run { name in
          tellCheck(context, name)
        }
        record.warnings = report.warnings.map { "\($0.name): \($0.message)" }
        if !report.passed { throw LossFailure(report.finding) }
      }
      record.seeds = try train(task, plugin, tunables, job.seeds, context)
    } catch let failure as LossFailure {
      record.finding = failure.finding
      record.seeds = []
    } catch let error as LossmithError where error.code == .missingColumn {
      record.finding = Finding(.rejected(.descriptor), error.message, remedy: error.remedy ?? "")
    }
    let elapsed = (ContinuousClock.now - started).components
    record.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return .init(
      record: record,
      reference: job.seeds.map {
        SeedOutcome(seed: $0, metrics: [task.etaMetric: task.reference.reward])
      },
      environment: MachineFacts.current(isolation: job.plugin.isolation))
  }

  /// One training a seed, each with a plug-in that no other training has touched.
  private static func train(
    _ task: any TrainingTask, _ plugin: OpenedPlugin, _ tunables: [Double], _ seeds: [UInt64],
    _ context: WorkerContext
  ) throws -> [SeedOutcome] {
    var outcomes: [SeedOutcome] = []
    for (index, seed) in seeds.enumerated() {
      let detail = "seed \(index + 1) of \(seeds.count)"
      let total = Double(seeds.count * task.recipe.steps)
      let outcome = try task.train(loss: try plugin.open(), tunables: tunables, seed: seed) {
        step in
        guard step.step % 50 == 0 || step.step == task.recipe.steps else { return }
        tell(context, "train", detail, Double(index * task.recipe.steps + step.step) / total)
      }
      outcomes.append(
        SeedOutcome(
          seed: seed, metrics: outcome.metrics, curve: LearningCurve(outcome.curve)))
    }
    return outcomes
  }

  private static func tellCheck(_ context: WorkerContext, _ name: String) {
    let place = CheckSuite.names.firstIndex(of: name) ?? 0
    tell(context, "check", name, Double(place) / Double(CheckSuite.names.count))
  }

  static func tell(
    _ context: WorkerContext, _ stage: String, _ detail: String, _ fraction: Double
  ) {
    let progress = EvaluateJob.Progress(stage: stage, detail: detail, fraction: fraction)
    if let data = try? JSON.encode(progress, pretty: false) { context.progress(data) }
  }
}

/// A plug-in inside a worker: read once, opened as often as a fresh one is wanted.
private final class OpenedPlugin {
  private let spec: PluginSpec
  private let context: WorkerContext
  private var image: PluginImage?

  init(_ spec: PluginSpec, _ context: WorkerContext) {
    self.spec = spec
    self.context = context
  }

  /// A plug-in that no call has touched: a fresh cell, or the library in this process when the
  /// user trusts it, where fresh is only the first one.
  func open() throws(LossFailure) -> any RawLoss {
    switch spec.isolation {
    case .inline: return try context.openInline(plugin: URL(fileURLWithPath: spec.library))
    case .process:
      if let image { return try context.openCell(image: image) }
      let read = try PluginImage(path: spec.library)
      image = read
      return try context.openCell(image: read)
    }
  }
}
