import CLaunch
import Foundation
import Losses

/// A pipe whose ends close with it; our end never blocks.
final class ProcessPipe {
  private(set) var readEnd: Int32
  private(set) var writeEnd: Int32

  /// - Throws: `LossmithError(.hostFault)` when no descriptor is left.
  init() throws(LossmithError) {
    var ends: [Int32] = [-1, -1]
    guard claunch_pipe(&ends) == 0 else {
      throw LossmithError(.hostFault, "no pipe can be made: \(Errno.text(errno))")
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    closeReadEnd()
    closeWriteEnd()
  }

  func closeReadEnd() {
    if readEnd >= 0 { close(readEnd) }
    readEnd = -1
    if writeEnd >= 0 { _ = claunch_set_nonblocking(writeEnd) }
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
    if readEnd >= 0 { _ = claunch_set_nonblocking(readEnd) }
  }

  /// Appends what is there; false when there was nothing, at the end, and on errors.
  ///
  /// The end of the stream closes our end, so that a poll does not report it for ever.
  @discardableResult
  func read(into data: inout Data) -> Bool {
    guard readEnd >= 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(readEnd, &buffer, buffer.count)
    if count > 0 {
      data.append(contentsOf: buffer[0..<count])
      return true
    }
    if count == 0 || (errno != EAGAIN && errno != EINTR) { closeReadEnd() }
    return false
  }
}
