import Foundation
import Glibc
import Losses

/// The record of a sweep: `sweep.jsonl` in its folder, a header and then one line a training.
///
/// A line is on the disk before the next training counts as begun. A last line that a crash cut off is
/// dropped when the sweep goes on; everything before it counts. One process at a time writes.
public final class SweepFile {
  public static let name = "sweep.jsonl"
  public let folder: URL
  public let header: SweepHeader
  public private(set) var entries: [SweepEntry]
  private let descriptor: Int32

  private init(folder: URL, header: SweepHeader, entries: [SweepEntry], descriptor: Int32) {
    self.folder = folder
    self.header = header
    self.entries = entries
    self.descriptor = descriptor
  }

  deinit {
    // Said aloud, for a child between fork and exec holds a copy of the descriptor.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Begins a sweep in a new or empty folder.
  ///
  /// - Throws: `LossmithError`: `run-directory` where something lies already, `storage`.
  public static func create(in folder: URL, header: SweepHeader) throws -> SweepFile {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    if let names, !names.isEmpty {
      throw LossmithError(
        .runDirectory, "The folder is not empty.", at: folder.path,
        remedy: names.contains(name)
          ? "Go on with that sweep: lossmith sweep --resume \(folder.path)."
          : "Give another folder with --out.")
    }
    let line = try JSON.encode(header, pretty: false) + Data("\n".utf8)
    do {
      try DurableFile.makeFolder(folder, run: folder)
      try DurableFile.write(line, to: folder.appending(path: name), run: folder)
    } catch let error as LossmithError {
      throw LossmithError(
        error.code, "The sweep cannot be begun: \(error.message)", at: folder.path,
        remedy: "Check space and permissions, or give another folder with --out.")
    }
    return try open(folder)
  }

  /// Opens a sweep that was begun, to go on with it.
  ///
  /// - Throws: `LossmithError`: `run-directory` for a folder that holds none, or whose sweep another
  ///   process is at; `malformed-input` with the line for a file that is damaged elsewhere than at its
  ///   end; `storage`.
  public static func open(_ folder: URL) throws -> SweepFile {
    let file = folder.appending(path: name)
    let descriptor = Glibc.open(file.path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw LossmithError(
        .runDirectory, "There is no sweep: \(name) cannot be opened.", at: folder.path,
        remedy: "Give the folder that lossmith sweep --out made.")
    }
    do {
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw LossmithError(
          .runDirectory, "Another process is at work on this sweep.", at: folder.path,
          remedy: "Wait for it, or stop it first.")
      }
      let (header, entries, length) = try read(file)
      guard ftruncate(descriptor, off_t(length)) == 0 else {
        throw fault(errno, folder)
      }
      return SweepFile(folder: folder, header: header, entries: entries, descriptor: descriptor)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Reads a sweep that may be under way.
  ///
  /// - Throws: as ``open(_:)``.
  public static func contents(
    of folder: URL
  ) throws -> (header: SweepHeader, entries: [SweepEntry]) {
    let file = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw LossmithError(
        .runDirectory, "There is no sweep: \(name) is missing.", at: folder.path,
        remedy: "Give the folder that lossmith sweep --out made.")
    }
    let (header, entries, _) = try read(file)
    return (header, entries)
  }

  private static func read(
    _ file: URL
  ) throws -> (header: SweepHeader, entries: [SweepEntry], length: Int) {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
      throw LossmithError(
        .storage, "The sweep cannot be read.", at: file.path, underlying: error)
    }
    // What follows the last line break was cut off by a crash.
    let length = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let lines = data[..<length].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    func decode<Value: Decodable>(_ type: Value.Type, _ index: Int) throws -> Value {
      do {
        return try JSON.decode(type, from: Data(lines[index]))
      } catch {
        throw LossmithError(
          .malformedInput, "This is no line of a sweep: \(JSON.explain(error)).",
          at: "\(file.path):\(index + 1)", remedy: "Remove the line; its training is done again.")
      }
    }
    guard !lines.isEmpty else {
      throw LossmithError(
        .malformedInput, "The file has no header.", at: file.path,
        remedy: "Begin a new sweep in another folder.")
    }
    let header = try decode(SweepHeader.self, 0)
    return (header, try (1..<lines.count).map { try decode(SweepEntry.self, $0) }, length)
  }

  /// Records what a training gave; it is on the disk when this returns.
  ///
  /// - Throws: `LossmithError` (`storage`).
  public func append(_ entry: SweepEntry) throws {
    let line = try JSON.encode(entry, pretty: false) + Data("\n".utf8)
    let start = lseek(descriptor, 0, SEEK_END)
    let written = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count, fsync(descriptor) == 0 else {
      let number = written >= 0 && written < line.count ? ENOSPC : errno
      ftruncate(descriptor, start)
      throw Self.fault(number, folder)
    }
    entries.append(entry)
  }

  private static func fault(_ number: Int32, _ folder: URL) -> LossmithError {
    let cause =
      number == ENOSPC || number == EDQUOT ? "the disk is full" : String(cString: strerror(number))
    return LossmithError(
      .storage, "What a training gave cannot be recorded: \(cause).",
      at: folder.appending(path: name).path,
      remedy: "Mend the cause, then go on with `lossmith sweep --resume \(folder.path)`.")
  }
}
