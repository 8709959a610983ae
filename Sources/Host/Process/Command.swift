import Foundation

/// Limits that the kernel enforces on a process; nil leaves one as it is for us.
public struct ProcessLimits: Hashable, Sendable {
  /// Processor time; SIGXCPU at the limit, SIGKILL a second later.
  public var cpuSeconds: Int?
  /// Size of the address space.
  public var addressSpaceBytes: Int?
  /// Size that a written file may reach.
  public var fileSizeBytes: Int?
  /// One more than the highest descriptor.
  public var openFiles: Int?
  /// Processes of the user; does not bind root.
  public var processes: Int?
  public var stackBytes: Int?
  /// Whether a crash may leave a core file.
  public var allowsCoreFile: Bool

  public init(
    cpuSeconds: Int? = nil, addressSpaceBytes: Int? = nil, fileSizeBytes: Int? = nil,
    openFiles: Int? = nil, processes: Int? = nil, stackBytes: Int? = nil,
    allowsCoreFile: Bool = false
  ) {
    self.cpuSeconds = cpuSeconds
    self.addressSpaceBytes = addressSpaceBytes
    self.fileSizeBytes = fileSizeBytes
    self.openFiles = openFiles
    self.processes = processes
    self.stackBytes = stackBytes
    self.allowsCoreFile = allowsCoreFile
  }
}

/// A program to run to its end, with everything that it will see.
public struct Command: Sendable {
  /// An absolute path; no search is made.
  public var executable: String
  /// What follows the program's name.
  public var arguments: [String]
  /// The whole environment: nothing is inherited.
  public var environment: [String: String]
  /// nil: ours.
  public var workingDirectory: String?
  public var limits: ProcessLimits
  /// Wall time after which the process group is killed; nil: none.
  public var wallSeconds: Double?
  /// Bytes of standard output and error together after which the group is killed.
  public var outputLimitBytes: Int
  /// Given to the program's standard input; empty: the null device.
  public var input: Data
  /// What the program may do with files; nil: what the user may.
  public var jail: ChildJail?
  /// Whether the kernel kills the program when we die. Not for bubblewrap: of its two halves one waits for
  /// a word of the other, and would wait for ever if that one were killed before. It sees to its own
  /// end, or what it runs does.
  public var diesWithUs = true

  public init(
    executable: String, arguments: [String] = [], environment: [String: String] = [:],
    workingDirectory: String? = nil, limits: ProcessLimits = ProcessLimits(),
    wallSeconds: Double? = nil, outputLimitBytes: Int = 1 << 20, input: Data = Data(),
    jail: ChildJail? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.limits = limits
    self.wallSeconds = wallSeconds
    self.outputLimitBytes = outputLimitBytes
    self.input = input
    self.jail = jail
  }
}

/// How a process ended.
public enum ExitReason: Hashable, Sendable {
  case exited(Int32)
  case signalled(Int32)

  /// From the status that `waitpid` gives.
  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
  }
}

/// What a process used until its end.
public struct ResourceUse: Hashable, Sendable {
  public var userSeconds: Double
  public var systemSeconds: Double
  public var maxResidentBytes: Int
}

/// What a finished ``Command`` left.
public struct CommandResult: Sendable {
  public enum Status: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// Killed after ``Command/wallSeconds``.
    case timedOut
    /// Killed after ``Command/outputLimitBytes``.
    case outputLimit
  }

  public var status: Status
  public var stdout: Data
  public var stderr: Data
  public var userSeconds: Double
  public var systemSeconds: Double
  public var maxResidentBytes: Int
}
