import Foundation
import Losses

/// A run in a folder of runs, in a line.
public struct RunListing: Hashable, Sendable, Codable {
  /// The run's directory.
  public var path: String
  /// ISO 8601, UTC; nil before the first event.
  public var started: String?
  public var task: String
  public var proposer: String
  /// Replies of the proposer.
  public var candidates: Int
  /// Those that were measured on the task.
  public var measured: Int
  /// The best finalist that fresh seeds confirmed, else the best of them; nil for none.
  public var best: Best?
  /// nil while the run works, and after a kill.
  public var stop: StopReason?
  /// Why the run cannot be read; then there is nothing else.
  public var problem: String?

  public struct Best: Hashable, Sendable, Codable {
    public var name: String
    /// Number of the reply in the run.
    public var candidate: Int
    public var eta: Estimate
    /// Against DPO.
    public var delta: Difference?
    /// On fresh seeds, which no selection saw; nil where nothing was confirmed.
    public var confirmed: Estimate?
    public var confirmedDelta: Difference?
  }

  /// The runs of a folder, the latest first; of a run's own directory that run.
  ///
  /// A run that cannot be read is listed with its problem. Folders that are no runs are passed over.
  /// - Throws: `LossmithError` (`missingFile`) when there is no such folder.
  public static func runs(in folder: URL) throws -> [RunListing] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw LossmithError(
        .missingFile, "There is no such folder.", at: folder.path,
        remedy: "Give a folder that holds runs of `lossmith discover`.")
    }
    func isRun(_ url: URL) -> Bool {
      FileManager.default.fileExists(atPath: url.appending(path: RunDirectory.configName).path)
    }
    let runs =
      isRun(folder)
      ? [folder] : names.sorted().map { folder.appending(path: $0) }.filter(isRun)
    return runs.map(listing).sorted { ($0.started ?? "", $0.path) > ($1.started ?? "", $1.path) }
  }

  private static func listing(of run: URL) -> RunListing {
    do {
      let (config, events) = try RunDirectory.read(at: run)
      let state = try RunState.fold(events)
      let summary = RunSummary(of: state, config: config)
      let proposals = summary.measured.filter { !$0.origin.isBaseline }
      return RunListing(
        path: run.path, started: events.first?.time, task: config.taskName,
        proposer: config.proposerName(after: state),
        candidates: summary.proposals, measured: proposals.count,
        best: best(of: summary, proposals.first), stop: summary.stop)
    } catch {
      return RunListing(
        path: run.path, task: "", proposer: "", candidates: 0, measured: 0,
        problem: (error as? LossmithError)?.message ?? "\(error)")
    }
  }

  private static func best(of summary: RunSummary, _ first: RunSummary.Measured?) -> Best? {
    if let row = summary.finalists?.first(where: { $0.confirmed != nil && $0.isFormer != true }) {
      return Best(
        name: row.name, candidate: row.candidate, eta: row.search, delta: row.searchDelta,
        confirmed: row.confirmed, confirmedDelta: row.confirmedDelta)
    }
    return first.flatMap { row in
      row.origin.candidate.map {
        Best(name: row.name, candidate: $0, eta: row.eta, delta: row.delta)
      }
    }
  }

  /// The runs as a table.
  public static func table(_ runs: [RunListing]) -> String {
    var table = TextTable(
      columns: [
        .left("run"), .left("started (UTC)"), .left("task"), .left("proposer"),
        .right("proposals"), .right("measured"), .left("best"), .right("search η"),
        .right("confirmed η"), .left("state"),
      ])
    for run in runs {
      let date = run.started.map { String($0.prefix(16)).replacing("T", with: " ") } ?? ""
      func text(_ eta: Estimate?) -> String {
        guard let eta else { return "" }
        return String(format: "%.4f", eta.mean)
          + (eta.se.map { String(format: " ± %.4f", $0) } ?? "")
      }
      table.add([
        URL(filePath: run.path).lastPathComponent, date, run.task, run.proposer,
        "\(run.candidates)", "\(run.measured)", run.best?.name ?? "", text(run.best?.eta),
        text(run.best?.confirmed), run.problem ?? run.stop?.rawValue ?? "working or killed",
      ])
    }
    return table.text
  }
}
