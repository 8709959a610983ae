import COpenSSL

/// A SHA-256 over typed content, fed piece by piece.
///
/// Every piece is preceded by its length, so that no two different sequences of pieces have the
/// same bytes. Numbers go in as little-endian IEEE 754: equal digests mean equal bits, and 0 and
/// −0 differ.
struct ContentDigest: Sendable {
  private var bytes: [UInt8] = []

  init(_ kind: String) {
    add(kind)
  }

  mutating func add(_ text: String) {
    add(length: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func add(_ values: [Double]) {
    add(length: values.count)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  private mutating func add(length: Int) {
    withUnsafeBytes(of: UInt64(length).littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The digest of all pieces so far, 64 hexadecimal digits.
  var hexadecimal: String {
    var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let status = EVP_Digest(bytes, bytes.count, &output, nil, EVP_sha256(), nil)
    precondition(status == 1, "OpenSSL could not compute a SHA-256")
    let digits = Array("0123456789abcdef")
    return String(output.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
