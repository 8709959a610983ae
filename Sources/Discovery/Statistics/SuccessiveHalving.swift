import Losses

/// Tunes the tunables of one loss: all settings of a small grid on one seed, the best third of them on
/// a further one, and so on until one is left (successive halving by thirds: Jamieson and Talwalkar,
/// AISTATS 2016).
///
/// The next trial is read off those that are done, so that tuning resumes like everything else. Equal
/// means keep the grid's order, in which the defaults come first: no setting wins by noise it lacks.
struct SuccessiveHalving {
  /// What comes next.
  enum Step: Hashable {
    case trial(tunables: [String: Double], seeds: [UInt64])
    case chosen([String: Double])
  }

  let settings: [[String: Double]]
  let seeds: [UInt64]

  /// - Parameter fixed: tunables that a person has set, which are left alone.
  init(tunables: [Tunable], start: [String: Double], fixed: Set<String>, seeds: [UInt64]) {
    settings = Self.grid(tunables.filter { !fixed.contains($0.name) }, start: start)
    self.seeds = seeds
  }

  func next(after trials: [JournalEvent.Trial]) -> Step {
    var racing = settings
    for (rung, seed) in seeds.enumerated() {
      if racing.count < 2 { break }
      for setting in racing {
        let done = trials.filter { $0.tunables == setting }
        if done.contains(where: { $0.seeds.contains(seed) || !$0.verdict.isOK }) { continue }
        return .trial(tunables: setting, seeds: [seed])
      }
      let ranked = racing.enumerated().compactMap { place, setting in
        mean(of: setting, over: seeds.prefix(rung + 1), trials).map {
          (place: place, setting: setting, mean: $0)
        }
      }.sorted { ($1.mean, $0.place) < ($0.mean, $1.place) }
      // When every setting fails, the defaults say why in the evaluation proper.
      guard !ranked.isEmpty else { return .chosen(settings[0]) }
      racing = ranked.prefix((ranked.count + 2) / 3).map(\.setting)
    }
    return .chosen(racing.first ?? [:])
  }

  private func mean(
    of setting: [String: Double], over seeds: ArraySlice<UInt64>, _ trials: [JournalEvent.Trial]
  ) -> Double? {
    let done = trials.filter { $0.tunables == setting }
    guard done.allSatisfy({ $0.verdict.isOK }) else { return nil }
    let etas = done.flatMap { zip($0.seeds, $0.etas) }.filter { seeds.contains($0.0) }.map(\.1)
    return etas.isEmpty || !etas.allSatisfy(\.isFinite) ? nil : Statistics.mean(etas)
  }

  /// The start, then one tunable at a time at multiples of it: β at ¼, ½, 2 and 4, others at ½ and 2.
  ///
  /// A tunable that starts at 0 or below takes the quarters of its range instead, where that is
  /// finite. Values outside the range are left out.
  static func grid(_ tunables: [Tunable], start: [String: Double]) -> [[String: Double]] {
    var origin: [String: Double] = [:]
    for tunable in tunables {
      let wanted = start[tunable.name] ?? tunable.initial
      origin[tunable.name] =
        tunable.minimum <= wanted && wanted <= tunable.maximum ? wanted : tunable.initial
    }
    var settings = [origin]
    for tunable in tunables {
      guard let value = origin[tunable.name] else { continue }
      let width = tunable.maximum - tunable.minimum
      var values: [Double]
      if value > 0 {
        values = (tunable.name == "beta" ? [0.25, 0.5, 2, 4] : [0.5, 2]).map { $0 * value }
      } else {
        values =
          width.isFinite && width < 1e6
          ? [0.25, 0.5, 0.75].map { tunable.minimum + $0 * width } : []
      }
      if tunable.isInteger { values = values.map { $0.rounded() } }
      for other in values
      where tunable.minimum <= other && other <= tunable.maximum && other != value {
        var setting = origin
        setting[tunable.name] = other
        if !settings.contains(setting) { settings.append(setting) }
      }
    }
    return Array(settings.prefix(largestGrid))
  }

  /// Settings beyond this many are left out, those of the tunables declared last.
  static let largestGrid = 13
}
