/// An error of Lossmith's own: what went wrong, where, and how to mend it.
///
/// Verdicts about a candidate are not errors (see ``Verdict``); this type is for
/// unusable input, for a machine that lacks something, and for faults of ours.
public struct LossmithError: Error, Sendable {
  /// A stable name for the kind of error, printed in brackets and safe to grep for.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public let exitCode: ExitStatus

    public init(rawValue: String) {
      self.init(rawValue, exit: .environment)
    }

    init(_ rawValue: String, exit: ExitStatus) {
      self.rawValue = rawValue
      self.exitCode = exit
    }

    /// A flag or a combination of flags makes no sense.
    public static let usage = Code("usage", exit: .usage)
    /// A name that is not in the catalogue, the task list or the file system.
    public static let unknownName = Code("unknown-name", exit: .usage)
    /// A file or document that cannot be read as what it should be.
    public static let malformedInput = Code("malformed-input", exit: .usage)
    /// A file that is not there.
    public static let missingFile = Code("missing-file", exit: .usage)
    /// A file that is seen to be no loss plug-in of this ABI by reading it.
    public static let notAPlugin = Code("not-a-plugin", exit: .usage)
    /// The batch lacks a column that the loss needs.
    public static let missingColumn = Code("missing-column", exit: .usage)
    /// A run directory that exists, or one that is no run.
    public static let runDirectory = Code("run-directory", exit: .usage)
    /// The candidate or plug-in fell short; the verdict says how.
    public static let candidate = Code("candidate", exit: .candidate)
    /// A program or library that Lossmith needs is not installed.
    public static let missingTool = Code("missing-tool", exit: .environment)
    /// The sandbox cannot reach its floor on this machine.
    public static let sandbox = Code("sandbox", exit: .environment)
    /// The model's endpoint cannot be used.
    public static let endpoint = Code("endpoint", exit: .environment)
    /// The journal or another file cannot be written.
    public static let storage = Code("storage", exit: .environment)
    /// A fault of Lossmith itself.
    public static let hostFault = Code("host-fault", exit: .environment)
    /// The user pressed Ctrl-C.
    public static let interrupted = Code("interrupted", exit: .interrupted)
  }

  public var code: Code
  /// What went wrong, a full sentence without the place.
  public var message: String
  /// Where: a path with a line, a flag, a URL.
  public var location: String?
  /// How to mend it, a full sentence.
  public var remedy: String?
  public var underlying: (any Error)?

  public init(
    _ code: Code, _ message: String, at location: String? = nil, remedy: String? = nil,
    underlying: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.underlying = underlying
  }
}

extension LossmithError: CustomStringConvertible {
  /// The one place where an error becomes text.
  ///
  /// The place is on one line, whatever characters a path has; further lines of the words are set in.
  public var description: String {
    var text = "error[\(code.rawValue)]: "
    if let location { text += "\(location.shownOnOneLine): " }
    text += message.hanging
    if let underlying, !(underlying is LossmithError) {
      text += " (\(SystemFault.words(of: underlying).hanging))"
    }
    if let remedy { text += "\n  how to mend it: \(remedy.hanging)" }
    return text.shown
  }
}

/// Exit codes of the program.
public enum ExitStatus: Int32, Sendable {
  case success = 0
  /// The candidate or plug-in fell short.
  case candidate = 1
  /// Usage or unusable input.
  case usage = 2
  /// Environment or host fault.
  case environment = 3
  case interrupted = 130
}
