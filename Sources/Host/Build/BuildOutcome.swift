import Foundation
import Losses

/// What became of a build.
public enum BuildOutcome: Sendable {
  case built(BuiltPlugin)
  case rejected(BuildRejection)
}

/// A library that compiled and passed the gate.
public struct BuiltPlugin: Hashable, Sendable {
  public var name: PluginName
  /// In the cache, named by its content: the path never holds other bytes later.
  public var library: URL
  /// SHA-256 of the library, in hexadecimal digits.
  public var sha256: String
  /// SHA-256 of the author's source.
  public var sourceDigest: String
  /// What the compiler, and for a trusted source the gate, found odd.
  public var warnings: [String]
  /// Whether an earlier build was used again.
  public var isFromCache: Bool
}

/// A source that did not become a plug-in, with everything its author should know.
public struct BuildRejection: Error, Hashable, Sendable {
  /// `rejected(lint)`, `rejected(compile)`, `rejected(gate)`, or a host fault.
  public var finding: Finding
  /// Places that the lint refused; empty at later stages.
  public var issues: [SourceLint.Issue]
  /// What is wrong and where, as data: the lint's places (group `lint`), or the compiler's messages,
  /// warnings included; empty at the gate.
  public var diagnostics: [CompilerDiagnostic]

  public init(
    _ finding: Finding, issues: [SourceLint.Issue] = [], diagnostics: [CompilerDiagnostic] = []
  ) {
    self.finding = finding
    self.issues = issues
    self.diagnostics = diagnostics
  }
}
