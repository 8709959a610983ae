import Glibc
import Host

/// The right kernels of OpenBLAS for a command that multiplies matrices in this very process.
///
/// OpenBLAS reads its variable when it loads, before any line of ours has run, so a process that was
/// started without it must start itself again. Workers get the variable from their supervisor.
enum OwnBLAS {
  private static let variable = "OPENBLAS_CORETYPE"

  /// Starts the program anew, with the same arguments, when it lacks the variable and is better off
  /// with it. A user's own choice stays.
  ///
  /// Called before anything else is done: whatever was measured is measured again, and no `defer` runs in
  /// the program that is left.
  ///
  /// If the system refuses, the work goes on with the kernels that OpenBLAS chose: slower, not wrong.
  static func prepare() {
    guard getenv(variable) == nil, let core = OpenBLASCore.choose() else { return }
    setenv(variable, core, 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}
