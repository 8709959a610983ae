import Losses

/// What the gate saw in a library.
public struct GateReport: Hashable, Sendable {
  /// The rules of the gate. The raw value is stable.
  public enum Rule: String, Sendable, CaseIterable {
    case neededLibrary = "needed-library"
    case importedSymbol = "imported-symbol"
    case constructor
    case destructor
    case indirectFunction = "indirect-function"
    case textRelocation = "text-relocation"
    case unknownRelocation = "unknown-relocation"
    case searchPath = "search-path"
    case loaderDirective = "loader-directive"
    case executableStack = "executable-stack"
    case writableCode = "writable-code"
    case interpreter
  }

  /// One breach of a rule.
  public struct Problem: Hashable, Sendable {
    public var rule: Rule
    /// The library, symbol or number that breaks the rule.
    public var subject: String
    /// A full sentence.
    public var message: String
    public var remedy: String
  }

  public var problems: [Problem]
  /// Libraries that it needs, in its own order.
  public var needed: [String]
  /// Symbols that it imports, sorted.
  public var imports: [String]
  /// Symbols that it exports, sorted.
  public var exports: [String]

  /// The verdict for generated code: `rejected(gate)` naming every problem; nil when there is none.
  public var finding: Finding? {
    guard let first = problems.first else { return nil }
    return Finding(
      .rejected(.gate), problems.map(\.message).joined(separator: " "), remedy: first.remedy)
  }

  /// One sentence a problem, for a library that is loaded all the same.
  public var warnings: [String] {
    problems.map { "\($0.rule.rawValue): \($0.message)" }
  }
}
