import Glibc
import Losses

/// One misbehaving plug-in of `Fixtures/hostile` and what must become of it.
struct Attack: Sendable {
  enum Outcome: Sendable, Equatable {
    case verdict(Verdict)
    /// It ends well, and its first row's loss tells what it saw.
    case tells(Double)
  }

  /// Of the groups in which hostile plug-ins are sorted; 0 for the control.
  var group: Int
  var name: String
  var outcome: Outcome
  var calls = 1
  /// What ends in the memory limit or by time needs its own limits.
  var cpuSeconds = 0.3

  static func violation(_ group: Int, _ name: String, _ call: String) -> Attack {
    Attack(group: group, name: name, outcome: .verdict(.violation(syscall: call)))
  }

  static func ends(
    _ group: Int, _ name: String, _ verdict: Verdict, calls: Int = 1, cpuSeconds: Double = 0.3
  ) -> Attack {
    Attack(
      group: group, name: name, outcome: .verdict(verdict), calls: calls, cpuSeconds: cpuSeconds)
  }

  static func tells(_ group: Int, _ name: String, _ value: Double) -> Attack {
    Attack(group: group, name: name, outcome: .tells(value))
  }
}

extension Attack {
  /// Every attack that a single plug-in can make, sorted by group. Compiler bombs, the death
  /// of the host and pairs of cells have tests of their own.
  static let all: [Attack] =
    controls + processes + files + sockets + others + kernel + code + memory + time + ends
    + audits + regions + sequence + lifecycle + broken

  private static let controls: [Attack] = [
    .ends(0, "benign", .ok, calls: 3), .ends(0, "constructor-benign", .ok),
    .ends(0, "batch-mean", .ok), .ends(0, "coupled", .ok), .ends(0, "nan", .ok),
  ]

  /// (1) and (2): processes, threads, programs.
  private static let processes: [Attack] = [
    .violation(1, "fork", "clone"), .violation(1, "vfork", "vfork"),
    .violation(1, "thread", "clone"), .violation(1, "clone3", "clone3"),
    .violation(2, "execve", "execve"), .violation(2, "execveat", "execveat"),
  ]

  /// (3)
  private static let files: [Attack] = [
    .violation(3, "open", "openat"), .violation(3, "open-write", "openat"),
    .violation(3, "creat", "open"), .violation(3, "openat2", "openat2"),
    .violation(3, "unlink", "unlink"), .violation(3, "symlink", "symlink"),
    .violation(3, "proc-mem", "openat"), .violation(3, "proc-init", "openat"),
    .violation(3, "device", "openat"), .violation(3, "read-null", "read"),
    .violation(3, "write-stdout", "write"),
  ]

  /// (4)
  private static let sockets: [Attack] = [
    .violation(4, "socket", "socket"), .violation(4, "socket-unix", "socket"),
    .violation(4, "socket-netlink", "socket"), .violation(4, "socket-vsock", "socket"),
    .violation(4, "socketpair", "socketpair"), .violation(4, "connect-abstract", "connect"),
    .violation(4, "sendmsg", "sendmsg"),
  ]

  /// (5): other processes.
  private static let others: [Attack] = [
    .violation(5, "ptrace", "ptrace"), .violation(5, "process-vm-write", "process_vm_writev"),
    .violation(5, "pidfd-getfd", "pidfd_getfd"), .violation(5, "pidfd-open", "pidfd_open"),
    .violation(5, "kill-parent", "getppid"), .violation(5, "kill-all", "kill"),
    .violation(5, "tgkill", "tgkill"), .violation(5, "tgkill-other", "tgkill"),
  ]

  /// (6)
  private static let kernel: [Attack] = [
    .violation(6, "bpf", "bpf"), .violation(6, "perf", "perf_event_open"),
    .violation(6, "userfaultfd", "userfaultfd"), .violation(6, "io-uring", "io_uring_setup"),
    .violation(6, "keyctl", "keyctl"), .violation(6, "add-key", "add_key"),
    .violation(6, "memfd", "memfd_create"), .violation(6, "mount", "mount"),
    .violation(6, "unshare", "unshare"), .violation(6, "setns", "setns"),
    .violation(6, "personality", "personality"), .violation(6, "prctl", "prctl"),
    .violation(6, "seccomp-listener", "seccomp"), .violation(6, "chroot", "chroot"),
    .violation(6, "landlock", "landlock_restrict_self"), .violation(6, "rlimit", "prlimit64"),
    .violation(6, "uname", "uname"), .violation(6, "random", "getrandom"),
    .ends(6, "clock", .crashed(signal: SIGSEGV)),
    .ends(6, "clock-time", .crashed(signal: SIGSEGV)),
    .ends(6, "clock-coarse", .crashed(signal: SIGSEGV)),
    .ends(6, "clock-data", .crashed(signal: SIGSEGV)),
  ]

  /// (7) and (8): other architectures' calls, new code.
  private static let code: [Attack] = {
    var code: [Attack] = [
      .violation(8, "mprotect-code", "mprotect"), .violation(8, "mmap-code", "mmap"),
      .violation(8, "pkey-mprotect", "pkey_mprotect"), .violation(8, "shmat-code", "shmat"),
      .violation(8, "shmget", "shmget"), .ends(8, "mremap-code", .crashed(signal: SIGSEGV)),
    ]
    #if arch(x86_64)
      code.append(.ends(7, "other-architecture", .violation(syscall: nil)))
      code.append(.ends(7, "x32", .violation(syscall: nil)))
    #endif
    return code
  }()

  /// (9). Touching fresh pages is slow on a virtual machine; loops have their own tests.
  private static let memory: [Attack] = [
    .ends(9, "memory-bomb", .resource, cpuSeconds: 5),
    .ends(9, "huge-allocation", .resource, cpuSeconds: 5),
    .ends(9, "huge-mapping", .resource, cpuSeconds: 5),
    .ends(9, "huge-realloc", .resource, cpuSeconds: 5),
    .ends(9, "huge-static", .resource, cpuSeconds: 5),
    .ends(9, "many-mappings", .resource, cpuSeconds: 5), .violation(9, "mlock", "mlock"),
    .ends(9, "stack-overflow", .crashed(signal: SIGSEGV), cpuSeconds: 5),
    .ends(9, "recursion", .crashed(signal: SIGSEGV), cpuSeconds: 5),
  ]

  /// (10)
  private static let time: [Attack] = [
    .ends(10, "loop", .timeout), .ends(10, "loop-second-call", .timeout, calls: 2),
    .violation(10, "sleep", "clock_nanosleep"), .violation(10, "nanosleep", "nanosleep"),
    .violation(10, "pause", "pause"), .violation(10, "alarm", "alarm"),
    .violation(10, "yield", "sched_yield"), .violation(10, "stop", "tgkill"),
    .violation(10, "futex-sleep", "futex"), .violation(10, "futex-nap", "futex"),
    .ends(10, "futex-request", .timeout, cpuSeconds: 0.05),
  ]

  /// (11): how it ends, or pretends to.
  private static let ends: [Attack] = [
    .violation(11, "exit-zero", "exit_group"), .violation(11, "exit-one", "exit_group"),
    .violation(11, "exit-plain", "exit_group"),
    .ends(11, "abort", .crashed(signal: SIGABRT)), .ends(11, "trap", .crashed(signal: SIGILL)),
    .ends(11, "divide", .crashed(signal: SIGFPE)),
    .ends(11, "null-write", .crashed(signal: SIGSEGV)),
    .ends(11, "describe-crash", .crashed(signal: SIGSEGV)),
    .violation(11, "raise-kill", "tgkill"), .violation(11, "raise-segv", "tgkill"),
    .violation(11, "raise-term", "tgkill"), .violation(11, "raise-sys", "tgkill"),
    .violation(11, "raise-xcpu", "tgkill"), .violation(11, "raise-usr1", "tgkill"),
    .violation(11, "signal-handler", "rt_sigaction"),
    .violation(11, "ignore-signal", "rt_sigaction"), .ends(11, "block-signals", .timeout),
    .ends(11, "sigreturn", .crashed(signal: SIGSEGV)),
    .violation(11, "sigaltstack", "sigaltstack"), .violation(11, "loaded-again", "openat"),
    .ends(11, "memory-call", .resource),
  ]

  /// (12) and (13)
  private static let audits: [Attack] = [
    .violation(12, "descriptors", "fcntl"), .tells(12, "constructor-descriptors", 4),
    .tells(13, "environment", 0),
  ]

  /// (14)
  private static let regions: [Attack] = [
    .ends(14, "write-input", .crashed(signal: SIGSEGV)),
    .tells(14, "remap-input", Double(EACCES)),
    .ends(14, "mprotect-input", .crashed(signal: SIGSEGV)),
    .ends(14, "past-end", .failed(check: "bounds")),
    .ends(14, "write-far", .crashed(signal: SIGSEGV)),
    .ends(14, "unmap-output", .crashed(signal: SIGSEGV)),
    .ends(14, "remap-output", .failed(check: "written")),
    .violation(14, "ftruncate", "ftruncate"),
    .ends(14, "half", .failed(check: "written")),
    .ends(14, "nothing", .failed(check: "written")),
    .ends(14, "nothing-second-call", .failed(check: "written"), calls: 2),
  ]

  /// (15)
  private static let sequence: [Attack] = [
    .ends(15, "forged-sequence", .failed(check: "protocol")),
    .ends(15, "forged-outcome", .failed(check: "protocol")),
    .ends(15, "forged-bad-request", .failed(check: "protocol")),
    .ends(15, "sequence-two", .failed(check: "protocol")),
    .ends(15, "sequence-maximum", .failed(check: "protocol")),
    .ends(15, "sequence-zero", .failed(check: "protocol")),
    .ends(15, "early-sequence", .ok), .ends(15, "early-sequence", .timeout, calls: 2),
  ]

  /// (16): what runs before and after calls.
  private static let lifecycle: [Attack] = [
    .violation(16, "constructor-fork", "clone"),
    .violation(16, "constructor-exit", "exit_group"),
    .violation(16, "constructor-write", "openat"),
    .violation(16, "constructor-socket", "socket"),
    .ends(16, "constructor-crash", .crashed(signal: SIGSEGV)),
    .ends(16, "constructor-loop", .timeout), .tells(16, "constructor-read", 0),
    .ends(16, "constructor-serves", .failed(check: "protocol")),
    .ends(16, "constructor-serves", .failed(check: "protocol"), calls: 2),
    .violation(16, "constructor-serves-loaded", "openat"),
    .ends(16, "constructor-serves-tame", .ok, calls: 2),
    .tells(16, "constructor-proc", 0), .tells(16, "constructor-library", 0),
    .violation(16, "dlopen", "openat"), .ends(16, "dlclose", .ok),
    .ends(16, "destructor", .ok), .ends(16, "atexit", .ok),
    .ends(16, "thread-local", .ok),
  ]

  /// (17): what is no plug-in. `BrokenLibraryTests` and `FuzzTests` damage libraries by the thousand.
  private static let broken: [Attack] = [
    .ends(17, "missing-symbol", .rejected(.gate)), .ends(17, "unresolved", .rejected(.gate)),
    .ends(17, "unresolved-sentence", .rejected(.gate)),
    .ends(17, "wrong-magic", .rejected(.descriptor)),
    .ends(17, "wrong-major", .rejected(.descriptor)),
    .ends(17, "wrong-size", .rejected(.descriptor)),
    .ends(17, "huge-counts", .rejected(.descriptor)),
    .ends(17, "unterminated", .rejected(.descriptor)),
    .ends(17, "nan-range", .rejected(.descriptor)),
    .ends(17, "odd-index", .rejected(.descriptor)),
    .ends(17, "odd-flags", .rejected(.descriptor)),
    .ends(17, "odd-summary", .rejected(.descriptor)),
    .ends(17, "status", .failed(check: "status")),
    .ends(17, "status-shape", .failed(check: "shape")),
  ]
}
