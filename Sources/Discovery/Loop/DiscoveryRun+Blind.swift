import Foundation
import Losses

/// Blind sampling at the cost of a search: the same proposer, as many proposals, no feedback.
extension DiscoveryRun {
  /// Where the blind run lies, inside of the search's directory.
  public static let blindFolder = "best-of-n"

  /// The directory of the blind run that belongs to a finished search, made or taken up again.
  ///
  /// It begins with the search's own baselines, fingerprints and confirmation of DPO, which are the
  /// same for both and are not paid for twice. A proposal that fails spends its turn: there is nobody
  /// to hear why.
  ///
  /// - Throws: `LossmithError` as ``RunDirectory/create(at:config:clock:)`` and its `resume`.
  public static func blindRival(of search: DiscoveryRun, clock: RunClock = .system) throws
    -> RunDirectory
  {
    let url = search.directory.url.appending(path: blindFolder)
    let isThere = FileManager.default.fileExists(
      atPath: url.appending(path: RunDirectory.configName).path)
    var config = search.config
    config.generations = search.state.candidates.count
    config.resamples = 0
    (config.minutes, config.patience) = (nil, nil)
    config.search?.isBlind = true
    config.search?.equalBudget = nil
    let directory =
      isThere
      ? try RunDirectory.resume(at: url, clock: clock)
      : try RunDirectory.create(at: url, config: config, clock: clock)
    let common = try search.directory.journal.events().filter(\.isCommonToRivals)
    let copied = try directory.journal.events().filter(\.isCommonToRivals).count
    for event in common.dropFirst(copied) { try directory.journal.append(event.body) }
    return directory
  }
}

extension JournalEvent {
  /// Whether the row tells of baselines and catalogue only.
  fileprivate var isCommonToRivals: Bool {
    guard place.candidate == nil else { return false }
    switch body {
    case .baselineStarted, .baselineEvaluated, .screened, .trialStarted, .trial, .tuned,
      .catalogueProbed, .confirmationStarted, .confirmed:
      return true
    default: return false
    }
  }
}
