import CLaunch
import Foundation
import Losses
import Synchronization

/// A child that lives on: its process group, its pidfd and its end.
///
/// When the last reference goes, the child and its group are killed and reaped.
public final class ChildProcess: Sendable {
  public let pid: Int32
  /// Readable when the child has ended. Closed with the last reference to this object.
  public let pidfd: Int32
  private let end = Mutex<End?>(nil)

  /// How a child ended and what it used.
  public struct End: Hashable, Sendable {
    public var reason: ExitReason
    public var use: ResourceUse
  }

  init(pid: Int32, pidfd: Int32) {
    self.pid = pid
    self.pidfd = pidfd
  }

  deinit {
    kill()
    _ = reap(blocking: true)
    close(pidfd)
  }

  public var isRunning: Bool { reap(blocking: false) == nil }

  /// Sends a signal to the child's process group; nothing once the child was reaped.
  public func kill(_ signal: Int32 = SIGKILL) {
    end.withLock { if $0 == nil { claunch_kill_group(pid, signal) } }
  }

  /// Waits for the child's end.
  ///
  /// - Parameters:
  ///   - seconds: how long at most; nil: for ever.
  ///   - interruption: a descriptor whose readability ends the wait.
  /// - Returns: the end, or nil when the time is over or the wait was interrupted.
  public func wait(
    seconds: Double? = nil, interruption: Int32 = Interruption.descriptor
  ) -> End? {
    let deadline = Deadline(seconds: seconds)
    while true {
      if let end = reap(blocking: false) { return end }
      let ready = Poll.wait(
        [.init(pidfd, .read), .init(interruption, .read)], until: deadline)
      if ready[1] || (!ready[0] && deadline.isOver) { return reap(blocking: false) }
    }
  }

  /// Kills the group and waits for the child's end, which follows at once.
  @discardableResult
  public func killAndReap() -> End? {
    kill()
    return reap(blocking: true)
  }

  /// Reaps the child if it has ended, and kills what it left behind in its group.
  private func reap(blocking: Bool) -> End? {
    end.withLock { end in
      if let end { return end }
      var record = claunch_end()
      let result = claunch_reap(pid, blocking ? 1 : 0, 1, &record)
      guard result == 1 else { return nil }
      let ended = End(
        reason: ExitReason(waitStatus: record.wait_status),
        use: ResourceUse(
          userSeconds: Double(record.user_microseconds) * 1e-6,
          systemSeconds: Double(record.system_microseconds) * 1e-6,
          maxResidentBytes: Int(record.max_resident_kilobytes) * 1024))
      end = ended
      return ended
    }
  }
}
