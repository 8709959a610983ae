import COpenSSL
import Foundation
import Losses

/// The classifier's own file.
///
/// | bytes | what |
/// |---|---|
/// | 8 | `LSMCLS1\n` |
/// | 4 | number of bits, little-endian, as all numbers |
/// | 4 | 0 |
/// | 8 | the intercept, a binary64 |
/// | 4 · 2^bits | the weights, binary32 |
/// | 32 | SHA-256 of everything before |
extension SentimentClassifier {
  private static let magic = Array("LSMCLS1\n".utf8)
  private static let header = 24

  /// The content without its digest.
  private var body: [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(Self.header + weights.count * 4 + 32)
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(UInt32(features))
    append(UInt32(0))
    append(intercept.bitPattern)
    for weight in weights { append(weight.bitPattern) }
    return bytes
  }

  /// The file's bytes; equal classifiers give equal bytes.
  var encoded: [UInt8] {
    let body = body
    return body + SHA256.digest(of: body)
  }

  /// SHA-256 of weights and intercept, 64 hexadecimal digits: what the numbers of a task hang on.
  public var digest: String { SHA256.hexadecimal(SHA256.digest(of: body)) }

  /// Nil for anything but the bytes of a classifier, whole and unchanged.
  init?(encoded bytes: [UInt8]) {
    guard bytes.count >= Self.header + 32, bytes.starts(with: Self.magic) else { return nil }
    func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
      bytes.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
      }
    }
    let bits: UInt32 = number(at: 8)
    guard (8...24).contains(bits), bytes.count == Self.header + (4 << Int(bits)) + 32,
      SHA256.digest(of: Array(bytes.dropLast(32))) == Array(bytes.suffix(32))
    else { return nil }
    let weights = (0..<(1 << Int(bits))).map { index -> Float in
      Float(bitPattern: number(at: Self.header + index * 4))
    }
    self.init(
      bits: Int(bits), weights: weights, intercept: Double(bitPattern: number(at: 16)))
  }
}

/// SHA-256 of bytes.
enum SHA256 {
  static func digest(of bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let status = EVP_Digest(bytes, bytes.count, &output, nil, EVP_sha256(), nil)
    precondition(status == 1, "OpenSSL could not compute a SHA-256")
    return output
  }

  static func hexadecimal(_ digest: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
