/// The statuses of the ABI that LossKit can return (`loss_abi.h`).
enum Status: UInt32 {
  /// Lengths of two vectors do not fit.
  case shape = 1
  /// The result does not have one value for each row.
  case result = 2
  /// An argument is outside a function's domain of use.
  case argument = 3
  /// A tunable is read that was not declared, or declared badly.
  case tunable = 4
  /// More memory than a plug-in may use.
  case memory = 5
  /// The plug-in cannot serve this batch.
  case unsupported = 6

  /// LOSS_STATUS(code, line): the code in the low byte, the line above it.
  func code(line: UInt32) -> Int32 {
    Int32(bitPattern: rawValue & 0xff | (line & 0x7f_ffff) << 8)
  }
}
