import CZlib
import Foundation

/// Writes pictures of 8-bit RGB as PNG (RFC 2083): signature, header, one block of data, end.
enum PNGEncoder {
  /// - Parameters:
  ///   - pixels: red, green, blue, row by row from the top.
  /// - Precondition: `pixels.count == 3 * width * height`, both above 0.
  /// - Returns: nil when zlib fails, which it does for want of memory only.
  static func encode(_ pixels: [UInt8], width: Int, height: Int) -> Data? {
    precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
    var lines: [UInt8] = []
    lines.reserveCapacity(pixels.count + height)
    for row in 0..<height {
      // Filter 0: the bytes as they are.
      lines.append(0)
      lines += pixels[(3 * width * row)..<(3 * width * (row + 1))]
    }
    guard let data = deflated(lines) else { return nil }
    var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
    // Eight bits, RGB, deflate, no filter method of its own, not interlaced.
    header += [8, 2, 0, 0, 0]
    return Data(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
        + chunk("IDAT", data) + chunk("IEND", []))
  }

  private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + bytes
    let sum = UInt32(truncatingIfNeeded: crc32(0, body, uInt(body.count)))
    return bigEndian(UInt32(bytes.count)) + body + bigEndian(sum)
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
    var count = compressBound(uLong(bytes.count))
    var out = [UInt8](repeating: 0, count: Int(count))
    guard compress2(&out, &count, bytes, uLong(bytes.count), 9) == Z_OK else { return nil }
    return Array(out.prefix(Int(count)))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
