import Discovery
import Foundation
import Host
import Losses

/// Jobs of a worker around single plug-ins that need no policy: what `list`, `plot` and `bench
/// plugin` ask for.
enum PluginJobs {
  enum Kind: String { case describeAll = "describe-all", curves, benchPlugin = "bench-plugin" }

  static var all: [String: WorkerMain.Job] {
    [
      Kind.describeAll.rawValue: { try answer($0, $1, describeAll) },
      Kind.curves.rawValue: { try answer($0, $1, curves) },
      Kind.benchPlugin.rawValue: { try answer($0, $1, benchPlugin) },
    ]
  }

  /// Several plug-ins at once: one worker, a cell for each.
  struct DescribeAll: Codable {
    struct Reply: Codable { var replies: [DescribeJob.Reply] }
    var plugins: [PluginSpec]
  }

  /// Curves of one plug-in, one for each set of tunables.
  struct Curves: Codable {
    struct Reply: Codable { var curves: [LossCurve] }
    var plugin: PluginSpec
    var tunables: [[String: Double]]
    /// The largest margin.
    var reach: Double
  }

  struct BenchPlugin: Codable {
    var plugin: PluginSpec
    var rows: Int
  }

  /// How far a job is.
  private struct Progress: Codable { var fraction: Double }

  /// Has a fresh worker do a job.
  ///
  /// - Parameters:
  ///   - plugins: what its jail lets it read.
  ///   - progress: told by jobs that take long.
  /// - Throws: `LossFailure`, `LossmithError`.
  static func run<Job: Encodable, Reply: Decodable>(
    _ kind: Kind, _ job: Job, reading plugins: [PluginSpec], as reply: Reply.Type = Reply.self,
    progress: (Double) -> Void = { _ in }
  ) throws -> Reply {
    var settings = WorkerSession.Settings()
    settings.files = ChildJail(readable: plugins.map(\.library))
    let session = try WorkerSession(settings)
    return try JSON.decode(
      Reply.self,
      from: try session.run(kind.rawValue, try JSON.encode(job, pretty: false)) { data in
        if let told = try? JSON.decode(Progress.self, from: data) { progress(told.fraction) }
      })
  }

  private static func answer<Job: Decodable, Reply: Encodable>(
    _ payload: Data, _ context: WorkerContext, _ work: (Job, WorkerContext) throws -> Reply
  ) throws -> Data {
    try JSON.encode(try work(try JSON.decode(Job.self, from: payload), context), pretty: false)
  }

  private static func open(
    _ plugin: PluginSpec, _ context: WorkerContext
  ) throws(LossFailure) -> any RawLoss {
    let file = URL(fileURLWithPath: plugin.library)
    return switch plugin.isolation {
    case .inline: try context.openInline(plugin: file)
    case .process: try context.openCell(plugin: file)
    }
  }

  private static func describeAll(
    _ job: DescribeAll, _ context: WorkerContext
  ) -> DescribeAll.Reply {
    .init(
      replies: job.plugins.map { plugin in
        do throws(LossFailure) {
          let loss = try open(plugin, context)
          return .init(finding: Finding(.ok), descriptor: DescriptorDocument(loss.descriptor))
        } catch {
          return .init(finding: error.finding, descriptor: nil)
        }
      })
  }

  private static func curves(_ job: Curves, _ context: WorkerContext) throws -> Curves.Reply {
    let loss = try open(job.plugin, context)
    return .init(
      curves: try job.tunables.map { overrides in
        try loss.descriptor.requireValid(overrides)
        var curve = try LossCurve(
          of: loss, tunables: loss.descriptor.tunableValues(overrides), reach: job.reach)
        curve.name = job.plugin.name
        return curve
      })
  }

  private static func benchPlugin(_ job: BenchPlugin, _ context: WorkerContext) throws -> CallBench
  {
    let loss = try context.openInline(plugin: URL(fileURLWithPath: job.plugin.library))
    return try CallBench(
      loss, rows: job.rows, tunables: loss.descriptor.tunableValues(["beta": 0.1])
    ) { fraction in
      if let data = try? JSON.encode(Progress(fraction: fraction), pretty: false) {
        context.progress(data)
      }
    }
  }
}
