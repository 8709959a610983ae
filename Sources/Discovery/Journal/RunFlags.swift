import Losses

/// What a command line says of a run that is resumed; nil where it says nothing.
public struct RunFlags: Hashable, Sendable {
  public var task: String?
  public var taskDigest: String?
  public var metric: String?
  public var seeds: [UInt64]?
  public var firstSeeds: Int?
  public var finalists: Int?
  /// The task of the cheap stage, or `none`.
  public var cheapStage: String?
  /// 1 where all that learn go on.
  public var cheapShare: Double?
  public var baselines: [String]?
  public var proposer: String?
  /// Only the settings named here are compared, and of them those that decide the protocol of the
  /// search: see ``RunConfig/endpointSettings``.
  public var proposerSettings: [String: String] = [:]
  public var minutes: Double?
  public var patience: Int?
  public var resamples: Int?
  public var tunables: [String: Double]?
  /// Only what is named here is compared, see ``SearchPlan/described``.
  public var search: [String: String] = [:]
  /// Only the settings named here are compared.
  public var settings: [String: String] = [:]

  public init() {}
}

extension RunConfig {
  /// Where a command line disagrees with a stored configuration, a clause each; empty if nowhere.
  public func disagreements(with flags: RunFlags) -> [String] {
    var found: [String] = []
    func compare<Value: Equatable>(_ what: String, _ stored: Value?, _ given: Value?) {
      guard let given, given != stored else { return }
      let storedText = stored.map { "\($0)" } ?? "none"
      found.append("\(what) is \(storedText) in the run and \(given) on the command line")
    }
    compare("task", task, flags.task)
    if flags.task == nil || flags.task == task {
      compare("the content of the task", taskDigest, flags.taskDigest)
    }
    compare("metric", metric, flags.metric)
    compare("seeds", seeds, flags.seeds)
    compare("first seeds", firstSeeds ?? seeds.count, flags.firstSeeds)
    compare("finalists", finalists ?? 0, flags.finalists)
    compare("the cheap stage", cheapStage?.task ?? "none", flags.cheapStage)
    compare("the cheap share", cheapStage?.share ?? 1, flags.cheapShare)
    compare("baselines", baselines, flags.baselines.map(Self.withDPO))
    compare("proposer", proposer, flags.proposer)
    for (name, given) in flags.proposerSettings.sorted(by: { $0.key < $1.key })
    where !Self.endpointSettings.contains(name) {
      compare("\(name) of the proposer", proposerSettings[name], given)
    }
    compare("minutes", minutes, flags.minutes)
    compare("patience", patience, flags.patience)
    compare("resamples", resamples, flags.resamples)
    for (name, given) in (flags.tunables ?? [:]).sorted(by: { $0.key < $1.key }) {
      compare(name, tunables[name], given)
    }
    let described = plan.described
    for (name, given) in flags.search.sorted(by: { $0.key < $1.key }) {
      compare(name, described[name], given)
    }
    for (name, given) in flags.settings.sorted(by: { $0.key < $1.key }) {
      compare(name, settings[name], given)
    }
    return found
  }

  private static func withDPO(_ names: [String]) -> [String] {
    ["dpo"] + names.filter { $0 != "dpo" }
  }
}
