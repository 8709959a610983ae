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
      JobKind.probe.rawValue: { try answer($0, $1, probe) },
      JobKind.call.rawValue: { try answer($0, $1, call) },
      JobKind.check.rawValue: { try answer($0, $1, check) },
      JobKind.evaluate.rawValue: { try answer($0, $1, evaluate) },
      JobKind.train.rawValue: { try answer($0, $1, train) },
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
    let task = try job.task.map {
      try self.task($0, metric: job.metric, cache: job.cache, context)
    }
    let frontier = job.task.flatMap(TaskCatalogue.frontierPlan)
    return .init(
      environment: try MachineFacts.current(isolation: job.isolation, context),
      task: task.map {
        TaskFacts(
          name: $0.name, digest: $0.configurationDigest, referenceHash: $0.reference.hash,
          referenceEta: $0.reference.metrics[$0.etaMetric] ?? .nan, metric: $0.etaMetric,
          summary: $0.summary, metricDescription: $0.etaDescription, beta: $0.recipe.beta,
          klCap: frontier?.klCap, betas: frontier?.betas, rates: frontier?.rates,
          isLanguageModel: languageTask(in: $0) != nil, data: $0.data)
      })
  }

  /// Builds a task; what it must prepare first is told as progress.
  static func task(
    _ name: String, metric: String?, cache: String, measuresUntold: Bool = false,
    _ context: WorkerContext
  ) throws -> any TrainingTask {
    // Jobs run one at a time on one thread; only the compiler cannot know that.
    nonisolated(unsafe) let context = context
    let surroundings = TaskContext(
      cacheDirectory: URL(fileURLWithPath: cache), measuresUntold: measuresUntold
    ) { update in
      let loss = update.loss.map { String(format: ", cross-entropy %.3f", $0) } ?? ""
      tell(context, "prepare", update.stage + loss, update.fraction)
    }
    return try TaskCatalogue.task(name, metric: metric, context: surroundings)
  }

  private static func describe(_ job: DescribeJob, _ context: WorkerContext) -> DescribeJob.Reply {
    do throws(LossFailure) {
      let loss = try OpenedPlugin(job.plugin, context).open()
      return .init(finding: Finding(.ok), descriptor: DescriptorDocument(loss.descriptor))
    } catch {
      return .init(finding: error.finding, descriptor: nil)
    }
  }

  /// A plug-in that fails has no fingerprint; only a fault of ours is thrown.
  private static func probe(_ job: ProbeJob, _ context: WorkerContext) throws -> ProbeJob.Reply {
    .init(
      losses: try job.plugins.map { spec in
        var probed = JournalEvent.Probed(name: spec.name, fingerprint: nil, tunables: [])
        do throws(LossFailure) {
          let loss = try OpenedPlugin(spec, context).open()
          probed.tunables = loss.descriptor.tunables
          probed.fingerprint = try GradientFingerprint(of: loss, overrides: job.tunables)
        } catch {
          guard case .hostFault(let cause) = error.finding.verdict else { return probed }
          throw LossmithError(.hostFault, cause, remedy: error.finding.message)
        }
        return probed
      })
  }

  private static func call(_ job: CallJob, _ context: WorkerContext) throws -> CallJob.Reply {
    let document = try BatchDocument(job.document, source: job.source)
    do {
      let loss = try OpenedPlugin(job.plugin, context).open()
      do {
        try loss.descriptor.requireColumns(of: document.batch)
        try loss.descriptor.requireValid(document.params)
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
    var task = try task(
      job.task, metric: job.metric, cache: job.cache, measuresUntold: job.measuresUntold, context)
    if !job.rates.isEmpty, let frontier = task as? FrontierTask {
      task = frontier.continued(atRates: job.rates)
    }
    var record = EvaluationRecord(
      plugin: job.plugin.name, finding: Finding(.ok), referenceHash: task.reference.hash,
      seeds: [], seconds: 0)
    var begun: UInt64?
    do {
      let plugin = OpenedPlugin(job.plugin, context)
      let tunables = try tunables(job.tunables, of: plugin, for: task)
      if !job.unchecked {
        record.warnings = try requireChecks(plugin, tunables, context)
      }
      record.seeds = try measure(
        task, plugin, tunables.map(\.value), job.seeds, context, begun: &begun)
    } catch let failure as LossFailure {
      record.finding = failure.finding
      record.seeds = []
    } catch let error as LossmithError where error.code == .missingColumn {
      record.finding = Finding(.rejected(.descriptor), error.message, remedy: error.remedy ?? "")
    }
    record.seconds = (ContinuousClock.now - started) / .seconds(1)
    // The reference of a failed record would be sampled for nothing.
    let measured = record.finding.verdict.isOK ? job.seeds : []
    return .init(
      record: record,
      reference: try measured.map {
        SeedOutcome(seed: $0, metrics: try task.referenceMetrics(seed: $0))
      },
      environment: try MachineFacts.current(isolation: job.plugin.isolation, context),
      failedSeed: record.finding.verdict.isOK ? nil : begun)
  }

  /// A value for each tunable of a plug-in, in their order.
  ///
  /// - Throws: `LossFailure` for a plug-in that does not open; `LossmithError` (`usage`) for a value
  ///   outside a tunable's range, (`missing-column`) for data that the task does not have.
  static func tunables(
    _ overrides: [String: Double], of plugin: OpenedPlugin, for task: any TrainingTask
  ) throws -> [(name: String, value: Double)] {
    let descriptor = try plugin.open().descriptor
    try descriptor.requireValid(overrides)
    try task.requireColumns(of: descriptor)
    let values = task.tunableValues(for: descriptor, overrides: overrides)
    return zip(descriptor.tunables.map(\.name), values).map { ($0, $1) }
  }

  /// Runs the checks of a plug-in; gives their warnings.
  ///
  /// - Throws: `LossFailure` for a plug-in that falls short.
  static func requireChecks(
    _ plugin: OpenedPlugin, _ tunables: [(name: String, value: Double)], _ context: WorkerContext
  ) throws -> [String] {
    let values = Dictionary(uniqueKeysWithValues: tunables.map { ($0.name, $0.value) })
    let report = CheckSuite(overrides: values, open: plugin.open).run { name in
      tellCheck(context, name)
    }
    if !report.passed { throw LossFailure(report.finding) }
    return report.warnings.map { "\($0.name): \($0.message)" }
  }

  /// What η needs of every seed, each training with a plug-in that no other has touched.
  private static func measure(
    _ task: any TrainingTask, _ plugin: OpenedPlugin, _ tunables: [Double], _ seeds: [UInt64],
    _ context: WorkerContext, begun: inout UInt64?
  ) throws -> [SeedOutcome] {
    var outcomes: [SeedOutcome] = []
    var told = ContinuousClock.now
    for (index, seed) in seeds.enumerated() {
      begun = seed
      let detail = "seed \(index + 1) of \(seeds.count)"
      var done = index * task.stepsPerSeed
      let total = seeds.count * task.stepsPerSeed
      let outcome = try task.measure(
        tunables: tunables, seed: seed,
        observe: { step in
          done += 1
          guard ContinuousClock.now - told > .milliseconds(100) || done == total else { return }
          told = .now
          tell(context, "train", detail, Double(done) / Double(total))
        }, open: { try plugin.openForTraining(seed: seed) })
      try plugin.finishTraining()
      outcomes.append(
        SeedOutcome(
          seed: seed, metrics: outcome.metrics, curve: LearningCurve(outcome.curve),
          frontier: outcome.frontier))
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
