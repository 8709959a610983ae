import CKernelCall
import Glibc
import Losses

/// What a plug-in process died of, as its reporter saw it.
struct CellEnd {
  var report: cellwire_report
  var limits: CellLimits

  private var text: String {
    withUnsafeBytes(of: report.text) { bytes in
      String(decoding: bytes.prefix { $0 != 0 && $0 < 0x7f }, as: UTF8.self)
    }
  }

  /// The failure that the end of the plug-in process means.
  ///
  /// - Parameter ordered: the verdict when the worker itself ordered the kill.
  func failure(ordered: LossFailure?) -> LossFailure {
    if Int(report.report) == CELLWIRE_FAULT {
      return .belowFloor(step: text, error: report.number)
    }
    switch Int(report.cause) {
    case CELLWIRE_CAUSE_SYSCALL: return violation(text.isEmpty ? nil : text)
    case CELLWIRE_CAUSE_MEMORY: return outOfMemory
    case CELLWIRE_CAUSE_ORDER: return ordered ?? timeout
    default: break
    }
    switch ExitReason(waitStatus: report.wait_status) {
    case .signalled(let signal): return died(of: signal)
    case .exited(let code):
      if report.notifying == 0, code == Int32(CELLWIRE_EXIT_MEMORY) { return outOfMemory }
      return violation("exit_group")
    }
  }

  private func died(of signal: Int32) -> LossFailure {
    // A report that was forged may hold any number.
    let used = 1024 * Double(report.max_resident_kilobytes)
    switch signal {
    case SIGSYS: return violation(nil)
    case SIGXCPU: return timeout
    case SIGKILL:
      // We kill with a cause; without one it was the kernel short of memory, or a person.
      if used * 2 >= Double(limits.memoryBytes) { return outOfMemory }
      return LossFailure(
        .hostFault(cause: "the plug-in process was killed from outside"),
        "somebody or something killed the plug-in process")
    case SIGBUS where Int(report.stage) == CELLWIRE_LOADING:
      return LossFailure(
        .rejected(.gate), "the library is damaged: loading it touched what the file does not have",
        remedy: "Build the plug-in again.")
    default:
      // A null pointer that a failed mapping left behind is a matter of memory.
      if used >= Double(limits.memoryBytes) * 0.95 { return outOfMemory }
      return LossFailure(
        .crashed(signal: signal),
        "the plug-in crashed with \(SignalName.name(of: signal))"
          + (Int(report.stage) == CELLWIRE_LOADING ? " while it loaded" : ""),
        remedy: Self.remedy(for: signal))
    }
  }

  private static func remedy(for signal: Int32) -> String {
    switch signal {
    case SIGILL, SIGTRAP:
      "A trap: an index out of range, an integer overflow, a failed precondition or a nil that was "
        + "force-unwrapped. Check indices and conversions."
    case SIGSEGV, SIGBUS:
      "Memory was touched that is not the plug-in's: an index out of range, recursion without end, or a "
        + "write to an input; or a clock was read, which a loss may not."
    case SIGFPE: "An integer was divided by zero."
    case SIGABRT: "The plug-in gave up by itself: remove assertions that do not hold."
    default: "The kernel must compute and return; it may not raise signals."
    }
  }

  /// Writing, and stdio's look at a stream before the first of it: what a message makes that is meant
  /// for a person. The program that says why it gives up ends at the first of these, before it aborts.
  private static let speaking: Set<String> = ["write", "writev", "fstat", "newfstatat"]

  private func violation(_ name: String?) -> LossFailure {
    let message = "the plug-in tried a system call that a cell denies: \(name ?? "unknown")"
    if let name, Self.speaking.contains(name) {
      return LossFailure(
        .violation(syscall: name), message,
        remedy:
          "A debugging print, an assertion that fails, a C++ exception that nobody catches and a "
          + "failed precondition write to standard error, the latter before the process dies. Remove "
          + "the print, or mend what was found: check indices. A loss has no output but its values."
      )
    }
    return LossFailure(
      .violation(syscall: name), message,
      remedy:
        "A loss computes from its arguments: no files, no network, no output, no clock, no random "
        + "numbers, no threads, no exit.")
  }

  private var outOfMemory: LossFailure {
    LossFailure(
      .resource,
      "the plug-in wanted more memory than the \(limits.memoryBytes >> 20) MB that it may have",
      remedy: "Keep to vectors of the batch's length; do not allocate in a loop without end.")
  }

  private var timeout: LossFailure { .timeout(limits) }
}

extension LossFailure {
  static func timeout(_ limits: CellLimits) -> LossFailure {
    LossFailure(
      .timeout,
      "one call of the plug-in took more than \(limits.cpuSecondsPerCall) s of processor time, or ten "
        + "times as long without computing",
      remedy: "Look for a loop that does not end; use whole-vector operations.")
  }
}
