import COpenSSL
import Foundation
import Losses

/// A SHA-256 digest (FIPS 180-4), computed by OpenSSL's libcrypto.
///
/// Names content everywhere: built libraries, models, reference policies.
public struct SHA256Digest: Hashable, Sendable {
  /// The 32 bytes of the digest.
  public let bytes: [UInt8]

  /// The digest of some bytes; empty input is legal.
  public init(of data: some ContiguousBytes) {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    data.withUnsafeBytes { buffer in
      // libcrypto refuses nothing here; a null base goes with a count of zero.
      _ = SHA256(buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count, &digest)
    }
    bytes = digest
  }

  /// The digest of a text's UTF-8.
  public init(of text: String) {
    self.init(of: Array(text.utf8))
  }

  /// The digest of a file's bytes. The file is mapped, not read into memory.
  ///
  /// - Throws: `missingFile` when the file cannot be read.
  public init(file: URL) throws(LossmithError) {
    do {
      self.init(of: try Data(contentsOf: file, options: .alwaysMapped))
    } catch {
      throw LossmithError(
        .missingFile, "The file cannot be read.", at: file.path,
        remedy: "Check that the path is right and that you may read it.", underlying: error)
    }
  }

  /// The digest of several fields.
  ///
  /// Every field goes in with its length before it, so that moving a byte from one field to its
  /// neighbour changes the digest.
  public init(fields: [String]) {
    var joined: [UInt8] = []
    for field in fields {
      let utf8 = Array(field.utf8)
      withUnsafeBytes(of: UInt64(utf8.count).littleEndian) { joined.append(contentsOf: $0) }
      joined.append(contentsOf: utf8)
    }
    self.init(of: joined)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension SHA256Digest: CustomStringConvertible {
  public var description: String { hex }
}
