import Losses
import PluginABI

/// The words for what a kernel returns. A plug-in's own text is never shown.
enum KernelStatus {
  /// The failure that a status means; nil for `LOSS_OK`.
  static func failure(_ status: Int32) -> LossFailure? {
    guard status != 0 else { return nil }
    guard status > 0 else {
      return LossFailure(
        .failed(check: "status"), "the kernel returned the negative status \(status)",
        remedy: "Return 0, or a positive status of loss_abi.h.")
    }
    let code = Int(status & 0xff)
    let line = status >> 8
    let place = line > 0 ? " (line \(line) of the source)" : ""
    func failed(_ check: String, _ message: String, _ remedy: String) -> LossFailure {
      LossFailure(.failed(check: check), message + place, remedy: remedy)
    }
    switch code {
    case LOSS_STATUS_SHAPE:
      return failed(
        "shape", "two vectors of different lengths meet in one operation",
        "Combine vectors of one length: columns have one element a row; slices, sorts and "
          + "concatenations may have more or fewer. Reduce with mean or sum to combine with a scalar."
      )
    case LOSS_STATUS_RESULT:
      return failed(
        "shape", "the result does not have one value for each row of the batch",
        "Return a vector with one loss a row. If the loss is one number for the batch, return it in "
          + "every row, for instance by adding it to zero times the margin.")
    case LOSS_STATUS_ARGUMENT:
      return failed(
        "status", "an argument is outside what a function can take",
        "Check quantile levels (0 to 1), clamp bounds (low not above high), exponents and indices.")
    case LOSS_STATUS_TUNABLE:
      return failed(
        "status", "a tunable is read that was not declared",
        "Declare every tunable with range and default in the same file; only beta is always there.")
    case LOSS_STATUS_MEMORY:
      return LossFailure(
        .resource, "the loss needs more memory than a plug-in may use" + place,
        remedy: "Do not build matrices over all pairs of rows, and record fewer operations.")
    case LOSS_STATUS_UNSUPPORTED:
      return failed(
        "status", "the plug-in says that it cannot serve this batch",
        "Accept every number of rows from 1 upwards and every finite value.")
    default:
      return failed(
        "status", "the kernel returned the status \(status)",
        "Return 0 for success; a positive status refuses the batch.")
    }
  }
}
