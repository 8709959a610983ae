import Foundation

/// How many processors this process may keep busy.
public enum Processors {
  /// Those that it may run on, and no more than its control group may use: a container can be given two of
  /// sixty-four processors and still see them all. At least 1; asked for once.
  public static let usable: Int = {
    let seen = ProcessInfo.processInfo.activeProcessorCount
    func text(_ name: String) -> String? {
      try? String(contentsOfFile: "/sys/fs/cgroup/\(name)", encoding: .utf8)
    }
    let given =
      text("cpu.max").flatMap { share(ofMaximum: $0) }
      ?? share(quota: text("cpu/cpu.cfs_quota_us"), period: text("cpu/cpu.cfs_period_us"))
    return max(1, min(seen, given ?? seen))
  }()

  /// Of a `cpu.max`, `QUOTA PERIOD` in microseconds; nil for `max`, and for what is no such text.
  static func share(ofMaximum text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 2 else { return nil }
    return share(quota: words[0], period: words[1])
  }

  /// Processors for a quota of microseconds in a period, rounded up; nil without a quota.
  static func share(quota: String?, period: String?) -> Int? {
    func number(_ text: String?) -> Double? {
      text.flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    guard let quota = number(quota), let period = number(period), quota > 0, period > 0,
      quota / period < 1e6
    else { return nil }
    return max(1, Int((quota / period).rounded(.up)))
  }
}
