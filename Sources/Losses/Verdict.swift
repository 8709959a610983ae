/// What became of a candidate: a typed outcome, never a score.
///
/// The text form (``description``) is stable: it goes into JSON documents and
/// the journal, and ``init(_:)`` reads it back.
public enum Verdict: Hashable, Sendable {
  /// Where a candidate was refused before any of its code ran.
  public enum Stage: String, Sendable, CaseIterable {
    case parse, lint, compile, gate, descriptor
  }

  case ok
  case rejected(Stage)
  /// A check of the loss failed; the name is that of the check.
  case failed(check: String)
  /// The plug-in died of a signal that it raised itself.
  case crashed(signal: Int32)
  /// The plug-in used more processor time than it may.
  case timeout
  /// The plug-in tried a system call that the cell denies.
  case violation(syscall: String?)
  /// The plug-in wanted more memory than it may have.
  case resource
  /// Training met a NaN or an infinity at this step.
  case diverged(step: Int)
  /// The candidate equals an earlier one on the probes.
  case duplicate(of: String)
  /// A fault of ours or of the machine. Never counts against a candidate.
  case hostFault(cause: String)

  public var isOK: Bool { self == .ok }

  /// Whether the outcome says nothing about the candidate.
  public var isHostFault: Bool {
    if case .hostFault = self { true } else { false }
  }
}

extension Verdict: LosslessStringConvertible {
  public var description: String {
    switch self {
    case .ok: "ok"
    case .rejected(let stage): "rejected(\(stage.rawValue))"
    case .failed(let check): "failed(\(check))"
    case .crashed(let signal): "crashed(\(SignalName.name(of: signal)))"
    case .timeout: "timeout"
    case .violation(let syscall): "violation(\(syscall ?? "unknown"))"
    case .resource: "resource"
    case .diverged(let step): "diverged(\(step))"
    case .duplicate(let other): "duplicate(\(other))"
    case .hostFault(let cause): "hostFault(\(cause))"
    }
  }

  public init?(_ text: String) {
    let name: Substring
    var argument = ""
    if let open = text.firstIndex(of: "("), text.hasSuffix(")") {
      name = text[..<open]
      argument = String(text[text.index(after: open)...].dropLast())
    } else {
      name = text[...]
    }
    switch (name, argument) {
    case ("ok", ""): self = .ok
    case ("timeout", ""): self = .timeout
    case ("resource", ""): self = .resource
    case ("rejected", _):
      guard let stage = Stage(rawValue: argument) else { return nil }
      self = .rejected(stage)
    case ("failed", _): self = .failed(check: argument)
    case ("crashed", _):
      guard let signal = SignalName.number(of: argument) else { return nil }
      self = .crashed(signal: signal)
    case ("violation", "unknown"): self = .violation(syscall: nil)
    case ("violation", _): self = .violation(syscall: argument)
    case ("diverged", _):
      guard let step = Int(argument) else { return nil }
      self = .diverged(step: step)
    case ("duplicate", _): self = .duplicate(of: argument)
    case ("hostFault", _): self = .hostFault(cause: argument)
    default: return nil
    }
  }
}

extension Verdict: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let verdict = Verdict(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "unknown verdict \(text)"))
    }
    self = verdict
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A verdict with the words that go to a person, or back to a model.
public struct Finding: Hashable, Sendable, Codable {
  public var verdict: Verdict
  /// What was seen, a full sentence; empty for `ok`.
  public var message: String
  /// How to mend it, a full sentence that a model can act on; empty when there is nothing to do.
  public var remedy: String

  public init(_ verdict: Verdict, _ message: String = "", remedy: String = "") {
    self.verdict = verdict
    self.message = message
    self.remedy = remedy
  }
}

/// Thrown by a loss that could not give values: the finding says why.
public struct LossFailure: Error, Sendable, CustomStringConvertible {
  public var finding: Finding

  public init(_ finding: Finding) { self.finding = finding }

  public init(_ verdict: Verdict, _ message: String = "", remedy: String = "") {
    finding = Finding(verdict, message, remedy: remedy)
  }

  public var description: String { "\(finding.verdict): \(finding.message)" }
}
