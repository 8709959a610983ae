import Foundation
import Glibc
import Losses

/// Turns the end of a compiler into the verdict on its source.
enum CompileVerdict {
  /// nil when the compiler succeeded and said nothing that counts as an error.
  static func rejection(
    _ outcome: CompileJail.Outcome, source: PluginSource, compiledName: String, scratch: URL
  ) -> BuildRejection? {
    let parser = DiagnosticParser(
      compiledName: compiledName, shownName: source.fileName, source: source.text)
    let diagnostics = parser.parse(outcome.messages).map(promoted)
    switch outcome.ending {
    case .succeeded:
      guard !diagnostics.errors.isEmpty else { return nil }
      return refused(diagnostics, source)
    case .failed:
      if let fault = hostFault(outcome.messages, scratch: scratch) {
        return BuildRejection(fault, diagnostics: diagnostics)
      }
      if let limit = driverLimit(outcome.messages) { return exceeded(limit, diagnostics) }
      return refused(diagnostics, source)
    case .exceeded(let limit): return exceeded(limit, diagnostics)
    case .crashed(let signal):
      return BuildRejection(
        Finding(
          .rejected(.compile),
          "The compiler died of \(SignalName.name(of: signal)) on this source.",
          remedy: "Write the loss with simpler constructs: plain functions over vectors."),
        diagnostics: diagnostics)
    }
  }

  private static func exceeded(
    _ limit: String, _ diagnostics: [CompilerDiagnostic]
  ) -> BuildRejection {
    BuildRejection(
      Finding(
        .rejected(.compile), "The compiler \(limit).",
        remedy: "Write shorter expressions: give intermediate results names and types, and use "
          + "vector functions in place of long tables of numbers."), diagnostics: diagnostics)
  }

  /// The limit that a compiler's own child met: clang's driver tells of it in words and ends as if
  /// it had refused the source.
  private static func driverLimit(_ messages: String) -> String? {
    let head = "unable to execute command: "
    let limits = [
      "File size limit exceeded": "wrote a larger file than it may",
      "CPU time limit exceeded": "used more processor time than it may",
      "Killed": "used more processor time or memory than it may",
    ]
    return limits.first { messages.contains(head + $0.key) }?.value
  }

  /// Warnings of a source that compiled, one line each.
  static func warnings(
    _ outcome: CompileJail.Outcome, source: PluginSource, compiledName: String
  ) -> [String] {
    let parser = DiagnosticParser(
      compiledName: compiledName, shownName: source.fileName, source: source.text)
    return parser.parse(outcome.messages).warnings.compactMap { warning in
      warning.line.map {
        "\(source.fileName):\($0): \(warning.message)".shownOnOneLine
      }
    }
  }

  /// Touching memory is a warning of the compiler's; in an author's file it is an error.
  private static func promoted(_ diagnostic: CompilerDiagnostic) -> CompilerDiagnostic {
    guard diagnostic.group == "StrictMemorySafety", diagnostic.file != nil else {
      return diagnostic
    }
    var error = diagnostic
    error.severity = .error
    error.fixIt = nil
    return error
  }

  private static func refused(
    _ diagnostics: [CompilerDiagnostic], _ source: PluginSource
  ) -> BuildRejection {
    let errors = diagnostics.errors
    let message =
      errors.isEmpty ? "The compiler refused the source without a word." : diagnostics.summary()
    return BuildRejection(
      Finding(.rejected(.compile), message, remedy: remedy(errors, source)),
      diagnostics: diagnostics)
  }

  private static func remedy(
    _ errors: [CompilerDiagnostic], _ source: PluginSource
  ) -> String {
    if let first = errors.first(where: { $0.line != nil }), let line = first.line {
      if source.language == .swift, let hint = vocabularyHint(first, source) {
        return "Mend line \(line) first. \(hint)"
      }
      let proposal = first.fixIt.map { " The compiler proposes: \($0)" } ?? ""
      return source.language == .swift
        ? "Mend line \(line) first; use only the functions and types of the loss vocabulary."
          + proposal
        : "Mend line \(line) first.\(proposal)"
    }
    let missing = errors.compactMap { LinkerMessages.undefinedSymbol($0.message) }
    if let first = missing.first, source.language != .swift {
      return "Define \(first), or do not call it: a plug-in is one file, and beyond it there are"
        + " libc and libm only."
    }
    return source.language == .swift
      ? "Write func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector, and use only the "
        + "functions and types of the loss vocabulary."
      : "Define every function that you call, and use libc and libm only."
  }

  /// What to write where the compiler's words would lead astray.
  private static func vocabularyHint(
    _ error: CompilerDiagnostic, _ source: PluginSource
  ) -> String? {
    if error.message.contains("'node:'") {
      return "No Vector is made of numbers one by one: compute with the batch's columns as whole "
        + "vectors; the sum, mean or product of vectors is a vector again."
    }
    let lines = source.text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let number = error.line, lines.indices.contains(number - 1),
      lines[number - 1].contains("clamp("), error.message.contains("'Vector'"),
      error.message.contains("'Double")
    else { return nil }
    return "The bounds of clamp are numbers; for bounds that are vectors write maximum(x, low) and "
      + "minimum(x, high)."
  }

  /// A full disk is the machine's fault. The compiler's word for it is believed only when the
  /// disk is full indeed, since a source may contain the same words.
  private static func hostFault(_ messages: String, scratch: URL) -> Finding? {
    guard messages.contains("No space left on device") else { return nil }
    var status = statvfs()
    guard statvfs(scratch.path, &status) == 0,
      UInt64(status.f_bavail) * UInt64(status.f_frsize) < 16 << 20
    else { return nil }
    return Finding(
      .hostFault(cause: "no space left"),
      "The compiler found no space left where it works.",
      remedy: "Make room, or set XDG_CACHE_HOME to another folder.")
  }
}
