import CLaunch
import Losses

/// Ctrl-C and its kin, for the whole process.
///
/// The first SIGINT, SIGTERM or SIGHUP sets a flag and makes ``descriptor`` readable for good;
/// whatever blocks polls that descriptor too and ends in order. A second SIGINT kills every child
/// and exits with 130 at once.
public enum Interruption {
  /// Handles the three signals from now on, and ignores SIGPIPE.
  ///
  /// - Throws: `LossmithError(.hostFault)` when the process has no descriptor left.
  public static func install() throws(LossmithError) {
    let error = claunch_install_handlers()
    guard error == 0 else {
      throw LossmithError(.hostFault, "signal handlers cannot be installed: \(Errno.text(error))")
    }
  }

  /// Readable once the user has asked to stop; −1 when the system gives none.
  public static var descriptor: Int32 { claunch_interrupt_descriptor() }

  public static var isRequested: Bool { claunch_interrupt_signal() != 0 }

  /// - Throws: `LossmithError(.interrupted)` once the user has asked to stop.
  public static func check() throws(LossmithError) {
    if isRequested { throw error }
  }

  /// What an interrupted wait throws.
  static var error: LossmithError {
    let signal = claunch_interrupt_signal()
    return LossmithError(
      .interrupted,
      signal == 0 ? "interrupted" : "interrupted by \(SignalName.name(of: signal))")
  }
}
