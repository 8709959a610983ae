import Foundation
import Losses

/// What turns a proposal into a library and a library into numbers.
///
/// What is wrong with a candidate is a value here: a finding. What is thrown is not the
/// candidate's fault: `LossmithError` with `interrupted` stops the run cleanly, any other is a
/// host fault, which is tried once more and then stops the run with its cause.
public protocol CandidateEvaluator: AnyObject {
  /// Facts of the machine that go with the numbers, by name; stored with each session.
  var environment: [String: String] { get }

  /// Lints, compiles and gates the code of a proposal.
  ///
  /// - Parameters:
  ///   - name: unique in the run, `[a-z0-9-]`, at most ``CandidateName/maximumLength`` and a
  ///     short suffix.
  ///   - progress: takes a sentence; throws `interrupted` when the run shall stop.
  func build(_ proposal: Proposal, name: String, progress: (String) throws -> Void) throws
    -> BuildResult

  /// Checks a library and trains with it once for each seed.
  ///
  /// - Returns: a record with verdict `ok` and an outcome for every seed, in the order given, or
  ///   with another verdict.
  func evaluate(
    library: URL, name: String, seeds: [UInt64],
    progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord

  /// The same for a loss of the catalogue.
  ///
  /// - Throws: also `LossmithError` (`unknownName`).
  func evaluate(
    baseline name: String, seeds: [UInt64], progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord

  /// The same with another metric or other tunables; without either it is one of the two above.
  func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord

  /// Takes the fingerprints of losses, in their order, and what tunables they declare.
  ///
  /// A loss that cannot be called has no fingerprint and is no error.
  func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]

  /// The losses that a candidate may turn out to be, by name; sorted.
  var catalogueNames: [String] { get }

  /// The signs of a loss's slope, as ``SlopeSigns`` has them; asked for where a run's selection needs
  /// them. A fault of the loss is ``SlopeSigns/unknown``.
  func slopes(library: URL, name: String) throws -> String

  /// The same for a loss of the catalogue.
  func slopes(baseline name: String) throws -> String

  /// What the proposer is shown of a loss of the catalogue.
  func text(ofBaseline name: String) throws -> BaselineText
}

/// A catalogue loss in words and code.
public struct BaselineText: Hashable, Sendable {
  /// One line.
  public var summary: String
  /// Its LossKit source; nil when it has none.
  public var code: String?

  public init(summary: String, code: String? = nil) {
    self.summary = summary
    self.code = code
  }
}

/// What became of a proposal's code.
public enum BuildResult: Sendable {
  case built(BuiltLibrary)
  /// `rejected(lint)`, `rejected(compile)`, `rejected(gate)` …
  case refused(Finding)
}

/// A library that passed the gate.
public struct BuiltLibrary: Hashable, Sendable {
  /// Anywhere; the run keeps a copy of its own.
  public var file: URL
  /// Of its bytes, in hexadecimal.
  public var sha256: String
  public var warnings: [String]

  public init(file: URL, sha256: String, warnings: [String] = []) {
    self.file = file
    self.sha256 = sha256
    self.warnings = warnings
  }
}

/// What an evaluation tells while it works.
public struct EvaluationProgress: Hashable, Sendable {
  public enum Stage: String, Sendable { case check, train }

  public var stage: Stage
  public var message: String
  /// 0 to 1 over the whole evaluation; nil when unknown.
  public var fraction: Double?

  public init(stage: Stage, message: String, fraction: Double? = nil) {
    self.stage = stage
    self.message = message
    self.fraction = fraction
  }
}
