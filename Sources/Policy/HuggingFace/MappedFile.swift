import Glibc
import Losses

/// A regular file mapped into memory, read-only, for as long as the object lives.
///
/// The file must not be cut short by somebody else meanwhile: the kernel answers a read past the
/// new end with SIGBUS. Loading copies what it needs at once, so the time is short.
final class MappedFile: @unchecked Sendable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `LossmithError` (`missing-file`, `malformed-input`).
  init(path: String) throws(LossmithError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw PlainFile.openingError(path: path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw LossmithError(.malformedInput, "This is not a regular file.", at: path)
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw LossmithError(
        .malformedInput, "The file cannot be mapped: \(String(cString: strerror(errno))).",
        at: path)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}
