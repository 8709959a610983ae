import Losses

/// Several workers that share the seeds of an evaluation, each with the same fixed number of threads.
///
/// A seed's numbers depend on loss, task, seed and threads alone, so the number of workers changes
/// nothing but the time. An instance belongs to one thread.
public final class WorkbenchTeam {
  private let benches: [Workbench]

  /// - Parameter benches: with equal settings.
  /// - Precondition: at least one.
  public init(_ benches: [Workbench]) {
    precondition(!benches.isEmpty, "nobody to evaluate with")
    self.benches = benches
  }

  /// As ``Workbench/evaluate(_:task:metric:tunables:seeds:unchecked:progress:)``.
  ///
  /// Of several seeds that fail, the first one's failure is told, as by a single worker.
  public func evaluate(
    _ plugin: PluginSpec, task: String, metric: String? = nil, tunables: [String: Double] = [:],
    seeds: [UInt64], unchecked: Bool = false,
    progress: (EvaluateJob.Progress) throws -> Void = { _ in }
  ) throws -> EvaluateJob.Reply {
    let count = min(benches.count, seeds.count)
    guard count > 1 else {
      return try benches[0].evaluate(
        plugin, task: task, metric: metric, tunables: tunables, seeds: seeds, unchecked: unchecked,
        progress: progress)
    }
    let shares = SharedWork.shares(of: seeds, among: count)
    let results = try SharedWork.run(
      Array(benches.prefix(count)), told: { $0.stage == "train" ? $0.fraction : nil },
      progress: { (update: EvaluateJob.Progress, fraction) in
        var update = update
        if update.stage == "train" {
          update.detail = "\(seeds.count) seeds by \(count) workers"
          update.fraction = fraction
        }
        try progress(update)
      },
      work: { number, bench, progress in
        try bench.evaluate(
          plugin, task: task, metric: metric, tunables: tunables, seeds: shares[number],
          unchecked: unchecked, progress: progress)
      })
    return try Self.merge(try SharedWork.outcomes(results), seeds: seeds)
  }

  private static func merge(
    _ replies: [EvaluateJob.Reply], seeds: [UInt64]
  ) throws -> EvaluateJob.Reply {
    func place(_ reply: EvaluateJob.Reply) -> Int {
      reply.failedSeed.flatMap(seeds.firstIndex) ?? -1
    }
    let failed = replies.filter { !$0.record.finding.verdict.isOK }
    var whole = failed.min { place($0) < place($1) } ?? replies[0]
    let record = try EvaluationRecord(
      merging: failed.isEmpty ? replies.map(\.record) : [whole.record], seeds: seeds)
    whole.record = record
    whole.record.seconds = replies.map(\.record.seconds).max() ?? 0
    guard failed.isEmpty else { return whole }
    let references = Dictionary(
      replies.flatMap(\.reference).map { ($0.seed, $0) }, uniquingKeysWith: { first, _ in first })
    whole.reference = seeds.compactMap { references[$0] }
    return whole
  }
}
