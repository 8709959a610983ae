import Foundation
import Losses
import Synchronization

/// Numbers of the reference policy that every training of a seed needs: computed once and kept.
///
/// Kept in memory, and in a folder if there is one. The name of an entry is made of all that its bits
/// depend on, BLAS core and threads among them. An entry that is damaged is computed anew.
final class ReferenceRecords: Sendable {
  private let folder: URL?
  private let known = Mutex<[String: [Double]]>([:])

  init(folder: URL?) { self.folder = folder }

  /// - Parameter count: how many numbers the entry has; another count means damage.
  func values(
    _ kind: String, _ parts: [String], count: Int, compute: () throws -> [Double]
  ) throws -> [Double] {
    let machine = BLASEnvironment.current()
    var digest = ContentDigest("reference record/1 \(kind)")
    for part in parts + [machine.core, "\(machine.threads)", machine.version] { digest.add(part) }
    let key = "\(kind)-\(digest.hexadecimal.prefix(32))"
    if let values = known.withLock({ $0[key] }) { return values }
    let file = folder?.appending(path: "\(key).bin")
    if let file, let values = Self.read(file, count: count) {
      known.withLock { $0[key] = values }
      return values
    }
    let values = try compute()
    precondition(values.count == count, "a record of \(kind) has a wrong length")
    known.withLock { $0[key] = values }
    if let file { Self.write(values, to: file) }
    return values
  }

  /// Little-endian doubles behind the SHA-256 of their bytes.
  private static func read(_ file: URL, count: Int) -> [Double]? {
    guard let data = try? Data(contentsOf: file), data.count == 32 + 8 * count else { return nil }
    let body = Array(data.dropFirst(32))
    guard SHA256.digest(of: body) == Array(data.prefix(32)) else { return nil }
    return body.withUnsafeBytes { bytes in
      (0..<count).map {
        Double(
          bitPattern: UInt64(littleEndian: bytes.load(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }

  private static func write(_ values: [Double], to file: URL) {
    var body: [UInt8] = []
    body.reserveCapacity(8 * values.count)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
    }
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? AtomicFile.write(SHA256.digest(of: body) + body, to: file.path)
  }
}
