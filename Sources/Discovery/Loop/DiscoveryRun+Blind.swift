import Foundation
import Losses

/// Blind sampling at the cost of a search: the same proposer, as many proposals, no feedback.
extension DiscoveryRun {
  /// The blind run that belongs to a search whose session is over, ready to work or done already.
  ///
  /// It makes as many proposals as the search has made up to now, also where the search went on after a
  /// limit was raised, and takes from the limits of both what the search has left.
  ///
  /// - Returns: nil when the search has left nothing.
  /// - Throws: `LossmithError` as ``blindRival(of:clock:)``.
  public static func rival(
    of search: DiscoveryRun, parts: Parts, clock: RunClock = .system
  ) throws -> DiscoveryRun? {
    var rest: Budget?
    if search.config.plan.sharesBudget == true {
      guard let left = search.budgetLeft else { return nil }
      rest = left
    }
    let directory = try blindRival(of: search, clock: clock)
    let proposals = search.state.candidates.count
    let rival = try DiscoveryRun(in: directory, parts: parts)
    let isAsMuch = rest == nil || rest == directory.config.ownBudget(raisedBy: rival.state.budget)
    return try DiscoveryRun(
      in: directory, parts: parts, raise: isAsMuch ? nil : rest, generations: proposals)
  }

  /// What this run has left of its limits, of which it may have spent half only; nil when one of them is
  /// used up, as a first request that was dearer than all may do. Dollars that nobody knows count as
  /// half.
  private var budgetLeft: Budget? {
    let whole = config.budget(raisedBy: state.budget)
    let ledger = Ledger(of: state)
    let left = Budget(
      usd: whole.usd.map { $0 - (ledger.usd ?? $0 / 2) },
      tokens: whole.tokens.map { $0 - ledger.tokens },
      calls: whole.calls.map { $0 - ledger.calls },
      minutes: whole.minutes.map { $0 - state.elapsed / 60 })
    return (try? left.validate()) == nil ? nil : left
  }

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
    config.search?.sharesBudget = nil
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

extension RunConfig {
  /// The limits, minutes among them.
  ///
  /// - Parameter later: those that later sessions put in their place.
  func budget(raisedBy later: Budget?) -> Budget {
    var budget = budget ?? Budget()
    budget.minutes = minutes
    return budget.raised(by: later)
  }

  /// What the run itself may spend: half of its limits when blind sampling shall have the other half.
  func ownBudget(raisedBy later: Budget?) -> Budget {
    let whole = budget(raisedBy: later)
    guard plan.sharesBudget == true else { return whole }
    return Budget(
      usd: whole.usd.map { $0 / 2 }, tokens: whole.tokens.map { $0 / 2 },
      calls: whole.calls.map { $0 / 2 }, minutes: whole.minutes.map { $0 / 2 })
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
