import Foundation
import Glibc
import Losses

/// Built libraries, named by their content, and the builds that led to them.
///
///     libraries/<SHA-256 of the library>.so     what is loaded
///     plugins/<key of the build>.json           what was built, and which library came of it
///     losskit/<key>/                            the compiled vocabulary
///     scratch/<unique>/                         builds under way
///
/// A path never holds other bytes later: `dlopen` of a path that is already loaded gives the old
/// image. Every entry is checked against its digest when it is used; a damaged one is as good as
/// none.
struct BuildCache: Sendable {
  let folder: URL

  /// What is remembered of a build.
  struct Record: Codable, Equatable {
    var name: String
    var libraryDigest: String
    var sourceDigest: String
    var warnings: [String]
  }

  // MARK: Libraries

  /// Puts a library at the path of its content.
  ///
  /// - Throws: `storage`.
  func store(library data: Data) throws(LossmithError) -> (path: URL, digest: String) {
    let digest = SHA256Digest(of: data).hex
    if let known = library(digest) { return (known, digest) }
    let path = libraryPath(digest)
    try AtomicFile.write(data, to: path)
    return (path, digest)
  }

  /// The path of a library that is there and undamaged.
  func library(_ digest: String) -> URL? {
    let path = libraryPath(digest)
    guard let found = try? SHA256Digest(file: path), found.hex == digest else { return nil }
    return path
  }

  private func libraryPath(_ digest: String) -> URL {
    folder.appending(path: "libraries/\(digest).so")
  }

  // MARK: Builds

  func record(_ key: String) -> Record? {
    guard let data = try? Data(contentsOf: recordPath(key)) else { return nil }
    return try? JSONDecoder().decode(Record.self, from: data)
  }

  func store(_ record: Record, key: String) throws(LossmithError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      let data = try encoder.encode(record)
      try AtomicFile.write(data, to: recordPath(key))
    } catch let error as LossmithError {
      throw error
    } catch {
      throw AtomicFile.failure(at: recordPath(key), error)
    }
  }

  private func recordPath(_ key: String) -> URL { folder.appending(path: "plugins/\(key).json") }

  // MARK: Work under way

  /// Does something while no other process or thread does it for the same key.
  func locked<T>(
    _ key: String, _ body: () throws(LossmithError) -> T
  ) throws(LossmithError) -> T {
    let locks = folder.appending(path: "locks")
    try AtomicFile.makeFolder(locks)
    // A few hundred files serve all keys, so that none has to be removed while it may be held.
    let path = locks.appending(path: "\(key.prefix(2)).lock").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw AtomicFile.failure(
        at: locks, POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO))
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    return try body()
  }

  /// Lends an empty folder that is gone afterwards, also after an error.
  func withScratch<T>(
    _ body: (URL) throws(LossmithError) -> T
  ) throws(LossmithError) -> T {
    let all = folder.appending(path: "scratch")
    sweep(all)
    let scratch = all.appending(path: UUID().uuidString)
    try AtomicFile.makeFolder(scratch)
    let lock = Self.locked(scratch)
    defer {
      try? FileManager.default.removeItem(at: scratch)
      withExtendedLifetime(lock) {}
    }
    return try body(scratch)
  }

  /// Holds a folder as long as the descriptor is there; tells whether somebody else does. Neither where the
  /// file system does not lock folders.
  private static func locked(_ folder: URL) -> (own: OwnedDescriptor?, isOthers: Bool) {
    let number = open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { return (nil, false) }
    let lock = OwnedDescriptor(number)
    if flock(number, LOCK_EX | LOCK_NB) == 0 { return (lock, false) }
    return (nil, errno == EWOULDBLOCK)
  }

  /// Removes what builds left that were killed. No build lasts an hour; the lock tells when a clock that
  /// was set or a machine that slept says that one did.
  private func sweep(_ all: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: all.path)) ?? []
    for name in names {
      let path = all.appending(path: name)
      guard let stamp = FileStamp(path: path.path) else { continue }
      let age = Date().timeIntervalSince1970 - Double(stamp.modified) * 1e-9
      guard age > 3600 else { continue }
      let lock = Self.locked(path)
      if lock.isOthers { continue }
      try? FileManager.default.removeItem(at: path)
      withExtendedLifetime(lock) {}
    }
  }
}
