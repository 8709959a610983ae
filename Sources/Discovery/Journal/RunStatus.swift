import Foundation

/// What the process that works on a run is doing at the moment: `status.json` in the run's directory.
///
/// It is for people who look on, through `lossmith serve` or by themselves. The journal alone decides
/// how a run goes on; the file is gone when no process works on the run, and stale after a kill.
public struct RunStatus: Hashable, Sendable, Codable {
  /// One of the processes that share the seeds of a loss.
  public struct Worker: Hashable, Sendable, Codable {
    /// From 1.
    public var number: Int
    public var stage: String
    /// The loss.
    public var name: String
    public var message: String
    /// 0 to 1 of what this worker has to do; nil when unknown.
    public var fraction: Double?
  }

  public static let fileName = "status.json"

  /// When it was written; renewed every few seconds also where nothing new can be told.
  public var time: Date
  public var stage: String
  public var generation: Int?
  public var attempt: Int?
  /// Number of the reply in the run, from 1.
  public var candidate: Int?
  /// Of the candidate or baseline.
  public var name: String?
  public var message: String
  /// 0 to 1 within the stage.
  public var fraction: Double?
  /// The busy ones, by number.
  public var workers: [Worker]

  /// Seconds after which a file that was not renewed is taken for that of a dead process.
  public static let patience = 20.0

  /// The status of a run that a process works on now; nil when none does, or when the file cannot be
  /// read.
  public static func read(in run: URL, now: Date = Date()) -> RunStatus? {
    guard let data = try? Data(contentsOf: run.appending(path: fileName)),
      let status = try? RunJSON.decode(RunStatus.self, from: data),
      abs(now.timeIntervalSince(status.time)) < patience
    else { return nil }
    return status
  }
}
