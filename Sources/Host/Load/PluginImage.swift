import CLaunch
import Foundation
import Losses

/// A plug-in's bytes, read once.
///
/// Both loaders work from this copy: what was judged is what runs, and a compiler that rewrites
/// the file meanwhile pulls no page away from under a running plug-in.
public final class PluginImage: Sendable {
  /// Libraries of more bytes are refused.
  static let sizeLimit = 64 << 20

  public let path: String
  public let bytes: Data
  public let digest: SHA256Digest
  /// A sealed memory file with the bytes, open for reading only.
  let descriptor: OwnedDescriptor

  /// Reads a library and its structure; runs none of its code.
  ///
  /// - Throws: ``LossFailure``: `rejected(gate)` for what is no complete shared library or lacks
  ///   one of the ABI's two functions, `hostFault` when the file cannot be read.
  public init(path: String) throws(LossFailure) {
    self.path = path
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw LossFailure(
        .hostFault(cause: "the plug-in's file cannot be read"), "\(path) cannot be read",
        remedy: "Check that the path is right and that you may read it.")
    }
    try Self.inspect(bytes)
    digest = SHA256Digest(of: bytes)
    do {
      descriptor = try Self.memoryFile(bytes)
    } catch {
      throw LossFailure(error)
    }
  }

  /// Refuses what the dynamic loader would die of or refuse.
  private static func inspect(_ bytes: Data) throws(LossFailure) {
    func refuse(_ message: String) -> LossFailure {
      LossFailure(
        .rejected(.gate), message,
        remedy: "Build the plug-in again, as a shared library for this machine.")
    }
    guard bytes.count <= sizeLimit else {
      throw refuse("the library has \(bytes.count) bytes; \(sizeLimit) are allowed")
    }
    let file: ELFFile
    do {
      file = try ELFFile(Array(bytes))
    } catch {
      throw refuse("this is not a shared library that can be loaded: \(error)")
    }
    guard file.type == 3 else { throw refuse("this ELF file is not a shared library") }
    // Pages beyond the end of a file kill whoever touches them; the loader does so unasked.
    for segment in file.segments where segment.type == 1 {
      let (end, overflow) = segment.offset.addingReportingOverflow(segment.fileSize)
      guard !overflow, end <= UInt64(bytes.count) else { throw refuse("the library is cut short") }
    }
    for name in ["loss_describe_v1", "loss_kernel_v1"]
    where !file.symbols.contains(where: { $0.name == name && $0.isExported }) {
      throw LossFailure(
        .rejected(.gate), "the library does not export \(name)",
        remedy: "Export loss_describe_v1 and loss_kernel_v1 as C functions; see loss_abi.h.")
    }
  }

  private static func memoryFile(_ bytes: Data) throws(LossmithError) -> OwnedDescriptor {
    let writable = try OwnedDescriptor.memoryFile("loss-plugin", isExecutable: true)
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes {
        write(writable.number, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      guard written > 0 else {
        if errno == EINTR { continue }
        throw LossmithError(.hostFault, "a memory file cannot be filled: \(Errno.text(errno))")
      }
      offset += written
    }
    try writable.seal(
      CLAUNCH_SEAL_SEAL | CLAUNCH_SEAL_SHRINK | CLAUNCH_SEAL_GROW | CLAUNCH_SEAL_WRITE)
    let readable = open("/proc/self/fd/\(writable.number)", O_RDONLY | O_CLOEXEC)
    guard readable >= 0 else {
      throw LossmithError(.hostFault, "a memory file cannot be opened: \(Errno.text(errno))")
    }
    return OwnedDescriptor(readable)
  }
}

extension LossFailure {
  /// A fault of ours or of the machine while a plug-in was used: no judgement about it.
  init(_ error: LossmithError) {
    self.init(.hostFault(cause: error.message), error.description)
  }
}
