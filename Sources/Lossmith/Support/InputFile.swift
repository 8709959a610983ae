import Foundation
import Host
import Losses

/// Documents that a user names.
enum InputFile {
  /// A larger document is refused: as text, a batch of 64 MB has millions of numbers.
  static let sizeLimit = 64 << 20

  /// Reads a file, a pipe such as a shell's `<(…)`, or `-` for standard input, to its end.
  ///
  /// Waiting for a pipe's other end ends with Ctrl-C.
  ///
  /// - Throws: `LossmithError`: `missingFile`; `malformedInput` for a folder and for more than
  ///   ``sizeLimit`` bytes, of which no more are read; `interrupted`.
  static func read(_ path: String, limit: Int = sizeLimit) throws -> Data {
    guard path != "-" else { return try read(0, path, limit: limit) }
    var descriptor = open(path, O_RDONLY | O_CLOEXEC)
    while descriptor < 0, errno == EINTR {
      try Interruption.check()
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    return try read(descriptor, path, limit: limit)
  }

  private static func read(_ descriptor: Int32, _ path: String, limit: Int) throws -> Data {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > limit {
      throw tooLarge(path, limit)
    }
    var data = Data()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        guard errno == EINTR else { throw unreadable(path, errno) }
        try Interruption.check()
        continue
      }
      if count == 0 { return data }
      data.append(contentsOf: chunk[..<count])
      if data.count > limit { throw tooLarge(path, limit) }
    }
  }

  private static func unreadable(_ path: String, _ number: Int32) -> LossmithError {
    if number == EISDIR {
      return LossmithError(
        .malformedInput, "this is a folder and no document", at: path, remedy: "Name a file in it.")
    }
    return LossmithError(
      .missingFile, "this file cannot be read: \(String(cString: strerror(number)))", at: path,
      remedy: "Check that the path is right and that you may read it.")
  }

  private static func tooLarge(_ path: String, _ limit: Int) -> LossmithError {
    LossmithError(
      .malformedInput, "the document is larger than \(limit >> 20) MB", at: path,
      remedy: "Split the batch: rows of a document are one call of the loss.")
  }
}
