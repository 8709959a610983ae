import Losses

/// What the unit tests of one loss found.
public struct CheckReport: Sendable, Codable {
  /// One check of the suite.
  public struct Entry: Sendable, Codable, Hashable {
    public enum Outcome: String, Sendable, Codable { case passed, failed, notRun = "not-run" }
    public var name: String
    public var outcome: Outcome
    /// What was seen; for a check that did not run, after which one; for one that had nothing to
    /// test, why.
    public var message: String
    /// What to do about a failure, a full sentence that a model can act on.
    public var remedy: String
  }

  /// Something a reader should know that is no failure.
  public struct Warning: Sendable, Codable, Hashable {
    /// One of ``CheckReport/warningNames``.
    public var name: String
    /// What was seen and what it means for training, a sentence without its full stop.
    public var message: String
  }

  public var entries: [Entry]
  public var warnings: [Warning]
  /// `ok`, or the verdict of the first failure.
  public var finding: Finding

  public var passed: Bool { finding.verdict.isOK }

  /// Every name that a warning can have.
  public static let warningNames = [
    "kink", "jump", "order-dependent", "constant", "wrong-direction", "non-monotone",
    "unbounded-gradient", "ignores-beta", "ignores-tunable", "ignores-mask",
  ]

  /// The report of a plug-in that could not even be opened.
  public static func refused(_ finding: Finding) -> CheckReport {
    var entries = [
      Entry(
        name: CheckSuite.Step.load.rawValue, outcome: .failed, message: finding.message,
        remedy: finding.remedy)
    ]
    entries += CheckSuite.names.dropFirst().map {
      Entry(name: $0, outcome: .notRun, message: "not run (after load)", remedy: "")
    }
    return CheckReport(entries: entries, warnings: [], finding: finding)
  }
}
