import Policy
import Synchronization

/// Keeps what a preparation tells.
final class ProgressLog: Sendable {
  private let kept = Mutex<[TaskProgress]>([])

  var all: [TaskProgress] { kept.withLock { $0 } }

  func add(_ progress: TaskProgress) { kept.withLock { $0.append(progress) } }
}
