import Foundation

/// A moment on the clock that does not jump.
struct Deadline {
  private let nanoseconds: UInt64?

  /// - Parameter seconds: from now; nil: never.
  init(seconds: Double?) {
    nanoseconds = seconds.map { Self.now + UInt64(max(0, min($0, 1e9)) * 1e9) }
  }

  /// Nanoseconds of the monotonic clock.
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  var isOver: Bool { nanoseconds.map { Self.now >= $0 } ?? false }

  /// What `poll` wants: milliseconds, rounded up, −1 for never.
  var pollTimeout: Int32 {
    guard let nanoseconds else { return -1 }
    let now = Self.now
    guard nanoseconds > now else { return 0 }
    return Int32(clamping: (nanoseconds - now + 999_999) / 1_000_000)
  }
}

/// Waiting on several descriptors at once.
enum Poll {
  struct Interest {
    enum Kind { case read, write }
    var descriptor: Int32
    var kind: Kind

    /// A negative descriptor is never ready.
    init(_ descriptor: Int32, _ kind: Kind) {
      self.descriptor = descriptor
      self.kind = kind
    }
  }

  /// Which of the descriptors are ready, hung up or broken; all false when the time is over.
  static func wait(_ interests: [Interest], until deadline: Deadline) -> [Bool] {
    var entries = interests.map {
      pollfd(
        fd: $0.descriptor, events: Int16($0.kind == .read ? POLLIN : POLLOUT), revents: 0)
    }
    let count = poll(&entries, nfds_t(entries.count), deadline.pollTimeout)
    // EINTR: the interruption descriptor, if given, is readable at the next call.
    return entries.map { count > 0 && $0.revents != 0 }
  }
}
