import Glibc
import Losses

/// A file that is read from its start to its end, once.
protocol ByteSource: AnyObject {
  /// The next bytes; empty at the end.
  func read() throws(LossmithError) -> [UInt8]
}

/// A file opened for reading, plain.
final class PlainFile: ByteSource {
  let path: String
  private let descriptor: Int32
  private let chunk: Int

  /// - Throws: `LossmithError` (`missing-file`) when there is none, (`malformed-input`) when it is
  ///   a folder or a device, or may not be read.
  init(path: String, chunk: Int = 1 << 16) throws(LossmithError) {
    self.path = path
    self.chunk = chunk
    // Set only once it is good: an initializer that throws when all is set runs deinit, which would close
    // again, and by then the number may be another file's.
    descriptor = try Self.opened(path)
  }

  private static func opened(_ path: String) throws(LossmithError) -> Int32 {
    // Not blocking, so that a named pipe without a writer is refused and not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw openingError(path: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw LossmithError(.malformedInput, "This is not a regular file.", at: path)
    }
    return descriptor
  }

  deinit { close(descriptor) }

  static func openingError(path: String, errno code: Int32) -> LossmithError {
    if code == ENOENT || code == ENOTDIR {
      return LossmithError(
        .missingFile, "There is no such file.", at: path, remedy: "Check the path.")
    }
    return LossmithError(
      .malformedInput, "The file cannot be opened: \(String(cString: strerror(code))).", at: path)
  }

  func read() throws(LossmithError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
      var got: Int
      repeat {
        got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      } while got < 0
        && errno == EINTR
      if got < 0 { failure = errno }
      count = max(got, 0)
    }
    guard failure == 0 else {
      throw LossmithError(
        .malformedInput, "Reading failed: \(String(cString: strerror(failure))).", at: path)
    }
    return bytes
  }
}

extension ByteSource {
  /// Everything up to the end.
  ///
  /// - Throws: `LossmithError` (`malformed-input`) when there is more than the limit.
  func readAll(limit: Int, path: String) throws(LossmithError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let piece = try read()
      if piece.isEmpty { return all }
      guard all.count + piece.count <= limit else {
        throw LossmithError(
          .malformedInput, "The file is larger than \(limit >> 20) MiB.", at: path,
          remedy: "No real file of this kind is that large; check that it is the right one.")
      }
      all.append(contentsOf: piece)
    }
  }
}

/// Opens files by what is in them.
enum DataFile {
  /// A plain file, or the content of one that starts like gzip, whatever its name.
  static func open(_ path: String) throws(LossmithError) -> any ByteSource {
    let first = try PlainFile(path: path, chunk: 2).read()
    let plain = try PlainFile(path: path)
    return first == [0x1F, 0x8B] ? GzipReader(plain, path: path) : plain
  }
}
