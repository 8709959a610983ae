/// Names of the signals that a plug-in can die of, numbers as on Linux.
public enum SignalName {
  static let names: [Int32: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
    8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
    14: "SIGALRM", 15: "SIGTERM", 16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP",
    20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ",
    26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
  ]

  /// The name, or `SIG` and the number for a signal without one.
  public static func name(of signal: Int32) -> String { names[signal] ?? "SIG\(signal)" }

  /// The number of a name that ``name(of:)`` gave; nil for any other text.
  public static func number(of name: String) -> Int32? {
    if let known = names.first(where: { $0.value == name }) { return known.key }
    return name.hasPrefix("SIG") ? Int32(name.dropFirst(3)) : nil
  }
}
