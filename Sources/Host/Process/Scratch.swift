import Foundation
import Losses
import Synchronization

/// Folders for what a child writes, below one of this process's own.
///
/// A process that ends in order leaves nothing. What a killed one leaves is swept by the next: each
/// process holds a lock that the kernel frees with it.
///
///     $TMPDIR/lossmith-<user>/<unique>.lock   held while the process lives
///     $TMPDIR/lossmith-<user>/<unique>/       its folders
public enum Scratch {
  private struct Home {
    var folder: URL
    /// Held, never read.
    var lock: OwnedDescriptor
  }

  private static let home = Mutex<Home?>(nil)

  /// An empty folder that only this user can enter; whoever asked removes it.
  ///
  /// - Throws: `LossmithError(.storage)` when none can be made.
  public static func make() throws(LossmithError) -> URL {
    let home = try home.withLock { home throws(LossmithError) -> URL in
      if let home { return home.folder }
      let root = try root()
      sweep(root)
      let made = try claim(root)
      home = made
      atexit { Scratch.leave() }
      return made.folder
    }
    let folder = home.appendingPathComponent(UUID().uuidString)
    guard mkdir(folder.path, 0o700) == 0 else { throw failure(folder) }
    return folder
  }

  /// `$TMPDIR/lossmith-<user>`: ours, and nobody else's. Where somebody else took the name, one that
  /// nobody could foresee, which no later process sweeps.
  static func root(
    in temporary: URL = FileManager.default.temporaryDirectory
  ) throws(LossmithError) -> URL {
    let usual = temporary.appendingPathComponent("lossmith-\(getuid())")
    if let root = try own(usual) { return root }
    let other = usual.path + "-" + UUID().uuidString
    guard let root = try own(URL(fileURLWithPath: other)) else {
      throw LossmithError(
        .storage, "the temporary folder's name is taken by somebody else", at: other,
        remedy: "Set TMPDIR to a folder of your own.")
    }
    return root
  }

  /// The folder, made if need be; nil when it is somebody else's.
  private static func own(_ root: URL) throws(LossmithError) -> URL? {
    if mkdir(root.path, 0o700) != 0, errno != EEXIST { throw failure(root) }
    var status = stat()
    // A folder that another user put there to read along, or a link to somewhere.
    guard lstat(root.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == getuid()
    else { return nil }
    chmod(root.path, 0o700)
    return root
  }

  private static func claim(_ root: URL) throws(LossmithError) -> Home {
    while true {
      let folder = root.appendingPathComponent(UUID().uuidString)
      let path = folder.path + ".lock"
      let number = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard number >= 0 else { throw failure(folder) }
      let lock = OwnedDescriptor(number)
      // A sweep between the two lines may have taken the file for a dead process's.
      var status = stat()
      guard flock(number, LOCK_EX | LOCK_NB) == 0, fstat(number, &status) == 0,
        status.st_nlink == 1
      else { continue }
      guard mkdir(folder.path, 0o700) == 0 else { throw failure(folder) }
      return Home(folder: folder, lock: lock)
    }
  }

  /// Removes what dead processes left.
  static func sweep(_ root: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    for name in names where name.hasSuffix(".lock") {
      let path = root.appendingPathComponent(name).path
      let number = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      guard number >= 0 else { continue }
      let lock = OwnedDescriptor(number)
      guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { continue }
      try? FileManager.default.removeItem(atPath: String(path.dropLast(".lock".count)))
      unlink(path)
    }
  }

  private static func leave() {
    home.withLock { home in
      guard let folder = home?.folder else { return }
      try? FileManager.default.removeItem(at: folder)
      unlink(folder.path + ".lock")
      home = nil
    }
  }

  private static func failure(_ url: URL) -> LossmithError {
    LossmithError(
      .storage, "a folder for a child cannot be made: \(Errno.text(errno))", at: url.path,
      remedy: "Set TMPDIR to a folder that exists and can be written, or leave it unset.")
  }
}
