import CKernelCall
import CLaunch
import Foundation
import Losses
import Synchronization

/// Makes every child of this process, all from one thread that lives as long as the process.
///
/// A child's parent-death signal follows the *thread* that made it, not the process: made from
/// a pool thread, children die when the pool shrinks.
public final class Launcher: Sendable {
  public static let shared = Launcher()

  private let queue = LaunchQueue()

  private init() {
    // Writing to a child that closed its input must be an error, not our death.
    signal(SIGPIPE, SIG_IGN)
    let thread = Thread { [queue] in queue.serve() }
    thread.name = "lossmith-launcher"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Starts a program that lives on; see ``run(_:)`` for one that runs to its end.
  ///
  /// The child leads a process group of its own, dies with this process (but see
  /// ``Command/diesWithUs``), can gain no privileges, and holds no descriptor but those given.
  ///
  /// - Parameters:
  ///   - command: its output limits, wall time and input are the caller's business here.
  ///   - descriptors: become 0, 1, 2 … in the child; −1 stands for the null device.
  /// - Throws: `LossmithError(.missingTool)` when the program is not there or is not executable,
  ///   `.hostFault` when the system refuses. A program that fails later is not an error.
  public func start(
    _ command: Command, descriptors: [Int32]
  ) throws(LossmithError) -> ChildProcess {
    let attempt = queue.perform { Self.spawn(command, descriptors: descriptors) }
    switch attempt {
    case .success(let child): return child
    case .failure(let error): throw error
    }
  }

  private static func spawn(
    _ command: Command, descriptors: [Int32]
  ) -> Result<ChildProcess, LossmithError> {
    let argv = CStrings([command.executable] + command.arguments)
    let environment = CStrings(
      command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    let limits = command.limits.kernelLimits
    let ruleset: OwnedDescriptor?
    do throws(LossmithError) {
      ruleset = try command.jail?.ruleset()
    } catch {
      return .failure(error)
    }
    var pid: pid_t = 0
    var pidfd: Int32 = -1
    var step: Int32 = 0
    var flags = CLAUNCH_NEW_GROUP | CLAUNCH_NO_NEW_PRIVS
    if command.diesWithUs { flags |= CLAUNCH_DIE_WITH_PARENT }
    let error = command.executable.withCString { path in
      descriptors.withUnsafeBufferPointer { table in
        limits.withUnsafeBufferPointer { limits in
          withOptionalCString(command.workingDirectory) { directory in
            var request = claunch_request(
              path: path, arguments: argv.pointers, environment: environment.pointers,
              working_directory: directory, descriptors: table.baseAddress,
              descriptor_count: UInt32(table.count), limits: limits.baseAddress,
              limit_count: UInt32(limits.count), flags: UInt32(flags),
              confine: command.jail == nil ? nil : confine_child, ruleset: ruleset?.number ?? -1)
            return claunch_spawn(&request, &pid, &pidfd, &step)
          }
        }
      }
    }
    guard error == 0 else { return .failure(explain(error, step: step, command)) }
    return .success(ChildProcess(pid: pid, pidfd: pidfd))
  }

  private static func explain(_ error: Int32, step: Int32, _ command: Command) -> LossmithError {
    let text = Errno.text(error)
    switch Int(step) {
    case CLAUNCH_STEP_EXEC:
      return LossmithError(
        error == ENOENT || error == EACCES || error == ENOEXEC ? .missingTool : .hostFault,
        "the program cannot be started: \(text)", at: command.executable)
    case CLAUNCH_STEP_DIRECTORY:
      return LossmithError(
        .hostFault, "cannot change to the directory: \(text)", at: command.workingDirectory)
    case CLAUNCH_STEP_CONFINE:
      return LossmithError(
        .sandbox, "the program cannot be put into its jail: \(text)", at: command.executable,
        remedy: "In a container, use a profile that allows seccomp(2) and Landlock.")
    case CLAUNCH_STEP_LIMITS:
      return LossmithError(
        .hostFault, "a limit cannot be set: \(text)", at: command.executable,
        remedy: "A hard limit of this shell (see ulimit -Ha) may be lower than the one needed.")
    default:
      return LossmithError(.hostFault, "no process can be made: \(text)", at: command.executable)
    }
  }
}

extension ProcessLimits {
  /// The limits in the kernel's form.
  var kernelLimits: [claunch_limit] {
    var limits: [claunch_limit] = []
    func add(_ resource: Int32, _ value: Int?, slack: UInt64 = 0) {
      guard let value else { return }
      let soft = UInt64(max(0, value))
      limits.append(claunch_limit(resource: resource, soft: soft, hard: soft + slack))
    }
    // The second between soft and hard lets SIGXCPU tell the cause before SIGKILL hides it.
    add(Int32(RLIMIT_CPU.rawValue), cpuSeconds, slack: 1)
    add(Int32(RLIMIT_AS.rawValue), addressSpaceBytes)
    add(Int32(RLIMIT_FSIZE.rawValue), fileSizeBytes)
    add(Int32(RLIMIT_NOFILE.rawValue), openFiles)
    add(Int32(__RLIMIT_NPROC.rawValue), processes)
    add(Int32(RLIMIT_STACK.rawValue), stackBytes)
    if !allowsCoreFile { add(Int32(RLIMIT_CORE.rawValue), 0) }
    return limits
  }
}

/// Work handed to the launching thread, one piece at a time.
private final class LaunchQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var work: [() -> Void] = []

  func serve() -> Never {
    while true {
      condition.lock()
      while work.isEmpty { condition.wait() }
      let next = work.removeFirst()
      condition.unlock()
      next()
    }
  }

  func perform<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
    let done = DispatchSemaphore(value: 0)
    let box = Mutex<Value?>(nil)
    condition.lock()
    work.append {
      let value = body()
      box.withLock { $0 = value }
      done.signal()
    }
    condition.signal()
    condition.unlock()
    done.wait()
    // Taken out: the thread may hold the closure, and with it the box, a while longer.
    let made = box.withLock { box in
      defer { box = nil }
      return box
    }
    guard let made else { preconditionFailure("the launcher gave nothing") }
    return made
  }
}

/// A NULL-terminated array of C strings, as `execve` wants it.
private final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointers = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
    pointers[count] = nil
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}

private func withOptionalCString<Result>(
  _ string: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
  if let string { string.withCString(body) } else { body(nil) }
}
