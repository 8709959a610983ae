import Foundation
import Losses

/// Replies read line by line from a descriptor, with an eye on Ctrl-C.
final class LineInput {
  private let descriptor: Int32
  private let shouldAbort: () -> Bool
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  init(_ descriptor: Int32, shouldAbort: @escaping () -> Bool) {
    self.descriptor = descriptor
    self.shouldAbort = shouldAbort
  }

  /// The lines up to one that holds a single dot, or up to the end.
  ///
  /// - Throws: `LossmithError`: `interrupted`; `malformedInput` beyond the limit, in bytes, with the
  ///   rest of the reply read and dropped.
  /// - Returns: nil when nothing but white space is left.
  func reply(limit: Int) throws(LossmithError) -> String? {
    var bytes: [UInt8] = []
    var isTooLong = false
    var wasDotted = false
    while let line = try line() {
      if line.first == UInt8(ascii: "."), line.dropFirst().allSatisfy({ $0 <= 0x20 }) {
        wasDotted = true
        // A dot before any reply is a slip, or the end of one that was dropped.
        if bytes.allSatisfy({ $0 <= 0x20 }), !isTooLong { bytes = [] }
        break
      }
      if bytes.count + line.count > limit { isTooLong = true } else { bytes += line }
    }
    if isTooLong {
      throw LossmithError(
        .malformedInput, "The reply is longer than \(limit >> 20) MiB.",
        remedy: "Resume the run and paste a shorter one.")
    }
    if !wasDotted, bytes.allSatisfy({ $0 <= 0x20 }) { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The next line with its line feed; nil at the end.
  private func line() throws(LossmithError) -> [UInt8]? {
    var searched = 0
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        let line = Array(buffer[...end])
        buffer.removeFirst(end + 1)
        return line
      }
      searched = buffer.count
      if isAtEnd {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : buffer
      }
      // A line without an end is cut, so that no input can fill the memory.
      if buffer.count > 8 << 20 {
        defer { buffer = [] }
        return buffer
      }
      try fill()
    }
  }

  private func fill() throws(LossmithError) {
    while true {
      if shouldAbort() {
        throw LossmithError(.interrupted, "The wait for a reply was interrupted.")
      }
      var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
      let count = poll(&descriptors, 1, 100)
      if count == 0 || (count < 0 && errno == EINTR) { continue }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let size = count < 0 ? -1 : read(descriptor, &chunk, chunk.count)
      if size < 0, errno == EINTR || errno == EAGAIN { continue }
      if size <= 0 { isAtEnd = true } else { buffer += chunk[..<size] }
      return
    }
  }
}
