import Discovery
import Foundation
import Losses
import Report

extension RunPages {
  /// A run and what it comes to.
  struct Side {
    var state: RunState
    var summary: RunSummary
    var metric: String

    /// η of the best loss on each fresh seed; empty where nothing was confirmed.
    fileprivate var confirmed: [UInt64: Double] {
      guard let best = summary.finalists?.first(where: { $0.confirmed != nil }),
        let record = state.candidates.first(where: { $0.index == best.candidate })?.confirmation
      else { return [:] }
      return record.seeds.reduce(into: [:]) { $0[$1.seed] = $1.metrics[metric] }
        .filter { $0.value.isFinite }
    }
  }

  /// The files of a blind run that tell of it, relative to the search's directory.
  static let rivalFiles = ["config.json", Journal.fileName, Journal.fileName + "-wal"].map {
    "\(DiscoveryRun.blindFolder)/\($0)"
  }

  /// The blind run beside a search; nil where none was asked for or has begun.
  static func rival(of run: URL, _ config: RunConfig) throws -> Side? {
    guard config.plan.equalBudget == .bestOfN,
      rivalFiles.prefix(2).allSatisfy({
        FileManager.default.fileExists(atPath: run.appendingPathComponent($0).path)
      })
    else { return nil }
    let (config, events) = try RunDirectory.read(
      at: run.appendingPathComponent(DiscoveryRun.blindFolder))
    let state = try RunState.fold(events)
    return Side(
      state: state, summary: RunSummary(of: state, config: config), metric: config.metric)
  }

  /// Both sides for the page of the search.
  static func equalBudget(_ search: Side, beside rival: Side) -> RunModel.EqualBudget? {
    var compared = search.summary
    compared.compare(with: rival.summary)
    let (own, other) = (search.confirmed, rival.confirmed)
    let seeds = own.keys.filter { other[$0] != nil }.sorted()
    return compared.equalBudget.map { comparison in
      RunModel.EqualBudget(
        sides: comparison.sides.map { side in
          .init(
            name: side.name, proposals: side.proposals, measured: side.measured,
            trainings: side.trainings.task, cheapTrainings: side.trainings.cheapStage,
            tokens: side.promptTokens + side.completionTokens, best: side.best,
            search: side.search.map(eta), confirmed: side.confirmed.map(eta),
            delta: side.confirmedDelta.map(delta))
        },
        difference: seeds.isEmpty
          ? nil
          : delta(
            Statistics.pairedDifference(
              seeds.compactMap { own[$0] }, seeds.compactMap { other[$0] })))
    }
  }
}
