import Foundation
import Synchronization

/// A wish of the supervisor that a worker's job keeps its state and ends: SIGINT.
///
/// A job that does not listen dies of the signal.
public enum StopRequest {
  private static let flag = Atomic<Bool>(false)

  /// Whether it came while somebody listened.
  public static var isMade: Bool { flag.load(ordering: .relaxed) }

  /// Starts or ends listening.
  public static func listen(_ isListening: Bool) {
    // The handler must find the flag made.
    flag.store(false, ordering: .relaxed)
    if isListening {
      signal(SIGINT) { _ in StopRequest.flag.store(true, ordering: .relaxed) }
    } else {
      signal(SIGINT, SIG_DFL)
    }
  }
}
