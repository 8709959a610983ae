import Foundation
import Losses

/// Runs compilers on sources that nobody trusts.
///
/// The floor is everywhere the same: limits of processor time, wall time, memory and file size, an
/// environment from nothing, no inherited descriptor, no new privileges. Where the system allows
/// bubblewrap there are also new namespaces without a network, in which only the system's
/// libraries, the toolchain and one scratch folder can be seen, the last alone writable. Where it
/// does not, Landlock keeps to the same folders and a filter denies sockets.
public struct CompileJail: Sendable {
  public struct Limits: Hashable, Sendable {
    public var cpuSeconds: Int
    /// A backstop: a compiler does not wait, so a busy machine must not be able to reach it.
    public var wallSeconds: Double
    public var addressSpaceBytes: Int
    /// Of any file that is written.
    public var fileSizeBytes: Int
    /// Of the messages.
    public var outputBytes: Int

    public init(
      cpuSeconds: Int = 20, wallSeconds: Double = 300, addressSpaceBytes: Int = 4 << 30,
      fileSizeBytes: Int = 64 << 20, outputBytes: Int = 1 << 20
    ) {
      self.cpuSeconds = cpuSeconds
      self.wallSeconds = wallSeconds
      self.addressSpaceBytes = addressSpaceBytes
      self.fileSizeBytes = fileSizeBytes
      self.outputBytes = outputBytes
    }
  }

  /// How a compiler ended.
  enum Ending: Hashable {
    case succeeded
    /// It refused the source, with messages.
    case failed
    /// It went beyond a limit; the text completes "The compiler …".
    case exceeded(String)
    /// It died of a signal.
    case crashed(Int32)
  }

  struct Outcome {
    var ending: Ending
    /// What it wrote, standard output first.
    var messages: String
  }

  public private(set) var limits: Limits
  /// Folders beyond the system's that compilers may read.
  let readable: [String]
  /// The bubblewrap that is used; nil where it does not work.
  let wrapper: String?

  /// - Parameters:
  ///   - readable: folders to show besides the system's.
  ///   - namespaces: false leaves bubblewrap out even where it works.
  init(
    limits: Limits, readable: [String], environment: [String: String], namespaces: Bool = true
  ) {
    self.limits = limits
    self.readable = readable
    wrapper = namespaces ? BubblewrapProbe.shared.working(environment) : nil
  }

  /// The same jail with limits for sources of ours, which end even on a slow machine.
  var forOurOwn: CompileJail {
    var jail = self
    jail.limits = Limits(cpuSeconds: 300, wallSeconds: 600)
    return jail
  }

  /// The layers that this jail has, for reports.
  public var layers: [String] {
    let floor = ["rlimits", "empty-environment", "closed-descriptors", "no-new-privileges"]
    guard wrapper != nil else { return floor + ChildJail.layers.suffix(from: 3) }
    return floor + ["no-network", "mount-namespace", "pid-namespace", "ipc-namespace"]
  }

  /// Runs a program in a scratch folder that is its working directory and its home.
  ///
  /// - Throws: `LossmithError` when the program cannot be started or the user asks to stop. A
  ///   compiler that fails, crashes or exceeds a limit is an outcome.
  func run(
    _ executable: String, _ arguments: [String], scratch: URL
  ) throws(LossmithError) -> Outcome {
    let inside = wrapper == nil ? scratch.path : BubblewrapProbe.scratch
    let environment = [
      "HOME": inside, "TMPDIR": inside, "PATH": "/usr/bin:/bin", "LC_ALL": "C",
      "SOURCE_DATE_EPOCH": "0",
      // Without /proc the loader cannot tell where a program lies, whose libraries lie beside it.
      "LD_ORIGIN_PATH": URL(filePath: executable).deletingLastPathComponent().path,
    ]
    var command = Command(
      executable: executable, arguments: arguments, environment: environment,
      workingDirectory: scratch.path,
      limits: ProcessLimits(
        cpuSeconds: limits.cpuSeconds, addressSpaceBytes: limits.addressSpaceBytes,
        fileSizeBytes: limits.fileSizeBytes),
      wallSeconds: limits.wallSeconds, outputLimitBytes: limits.outputBytes)
    if let wrapper {
      command.executable = wrapper
      command.diesWithUs = false
      command.arguments =
        BubblewrapProbe.arguments(
          readable: readable, scratch: scratch.path, environment: environment)
        + [executable] + arguments
      command.environment = [:]
    } else {
      command.jail = ChildJail.system.joined(
        with: ChildJail(
          readable: readable, writable: [scratch.path],
          executable: ["/usr", "/bin", "/lib", "/lib64"] + readable))
    }
    let result = try Launcher.shared.run(command)
    let messages =
      String(decoding: result.stdout, as: UTF8.self)
      + String(decoding: result.stderr, as: UTF8.self)
    return Outcome(ending: ending(of: result.status, messages: messages), messages: messages)
  }

  private func ending(of status: CommandResult.Status, messages: String) -> Ending {
    switch status {
    case .exited(0): return .succeeded
    case .timedOut: return .exceeded("did not end within \(limits.wallSeconds) s")
    case .outputLimit: return .exceeded("wrote more than \(limits.outputBytes) bytes of messages")
    // bubblewrap, like a shell, gives 128 and the signal's number.
    case .exited(let code) where code > 128 && code < 160: return ending(ofSignal: code - 128)
    case .signalled(let signal): return ending(ofSignal: signal)
    case .exited: return .failed
    }
    func ending(ofSignal signal: Int32) -> Ending {
      switch signal {
      case 24:
        return .exceeded("used more than \(limits.cpuSeconds) s of processor time")
      case 25: return .exceeded("wrote a file of more than \(limits.fileSizeBytes) bytes")
      case 6 where messages.contains("out of memory") || messages.contains("bad_alloc"):
        return .exceeded("used more than \(limits.addressSpaceBytes >> 20) MB of memory")
      default: return .crashed(signal)
      }
    }
  }
}
