import CZlib
import Losses

/// The content of a gzip stream (RFC 1952), read piece by piece through zlib.
///
/// Several members after each other count as one content, as gzip itself has it; zero bytes may
/// pad the end. Memory does not depend on the content's size, however well it was compressed.
final class GzipReader: ByteSource {
  private let source: any ByteSource
  private let path: String
  /// On the heap: zlib keeps the address and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var consumed = 0
  private var inMember = false
  private var members = 0

  /// - Parameters:
  ///   - source: the compressed bytes.
  ///   - path: how errors name them.
  init(_ source: any ByteSource, path: String) {
    self.source = source
    self.path = path
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16: a gzip header and trailer.
    let status = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib could not start: \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes of the content, at most 64 KiB; empty at its end.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) when the stream is cut short, when its checksum
  ///   or length disagrees, or when something that is not gzip follows it.
  func read() throws(LossmithError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if consumed == input.count {
        input = try source.read()
        consumed = 0
        if input.isEmpty {
          guard !inMember, members > 0 else { throw damaged("it ends too early") }
          return []
        }
      }
      if !inMember {
        if members > 0, skipPadding() { continue }
        inMember = true
      }
      let (status, produced) = inflate(into: &output)
      switch status {
      case Z_STREAM_END:
        inMember = false
        members += 1
        inflateReset(stream)
      case Z_OK, Z_BUF_ERROR: break
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's status \(status)"
        throw damaged(
          members > 0 && stream.pointee.total_out == 0 ? "something follows it" : reason)
      }
      if produced > 0 { return Array(output[..<produced]) }
    }
  }

  /// Skips zero bytes between members; whether the input is used up.
  private func skipPadding() -> Bool {
    while consumed < input.count, input[consumed] == 0 { consumed += 1 }
    return consumed == input.count
  }

  private func inflate(into output: inout [UInt8]) -> (status: Int32, produced: Int) {
    let size = output.count
    return input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress! + consumed
        stream.pointee.avail_in = UInt32(input.count - consumed)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(size)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        consumed = input.count - Int(stream.pointee.avail_in)
        return (status, size - Int(stream.pointee.avail_out))
      }
    }
  }

  private func damaged(_ reason: String) -> LossmithError {
    LossmithError(
      .malformedInput, "The gzip stream is damaged: \(reason).", at: path,
      remedy: "Get the file again, and compare its length or checksum with the source's.")
  }
}
