import Losses

/// What the unit tests of one loss found.
public struct CheckReport: Sendable, Codable {
  /// One check of the suite.
  public struct Entry: Sendable, Codable, Hashable {
    public enum Outcome: String, Sendable, Codable { case passed, failed, notRun = "not-run" }
    public var name: String
    public var outcome: Outcome
    /// What was seen; for a check that did not run, after which one.
    public var message: String
    /// What to do about a failure, a full sentence that a model can act on.
    public var remedy: String
  }

  /// Something a reader should know that is no failure.
  public struct Warning: Sendable, Codable, Hashable {
    /// `kink`, `jump`, `constant`, `wrong-direction`, `ignores-beta` …
    public var name: String
    public var message: String
  }

  public var entries: [Entry]
  public var warnings: [Warning]
  /// `ok`, or the verdict of the first failure.
  public var finding: Finding

  public var passed: Bool { finding.verdict.isOK }

  /// The report of a plug-in that could not even be opened: no check has run.
  public static func refused(_ finding: Finding) -> CheckReport {
    CheckReport(
      entries: CheckSuite.names.map {
        Entry(name: $0, outcome: .notRun, message: "not run (the plug-in did not open)", remedy: "")
      },
      warnings: [], finding: finding)
  }
}
