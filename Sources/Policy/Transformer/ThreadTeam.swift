import CKernels
import Glibc
import Synchronization

/// A fixed number of threads that work through the same code side by side.
///
/// Each thread takes its own share of the rows, calls BLAS for itself alone, and waits for the
/// others where their results are needed. Shares depend on the number of threads and on nothing
/// else, so results repeat bit for bit.
///
/// Used by one caller at a time.
final class ThreadTeam: @unchecked Sendable {
  let count: Int
  private let shared: Shared
  private var threads: [pthread_t] = []

  /// What the threads have in common; they hold it, not the team, so the team can go.
  private final class Shared: @unchecked Sendable {
    let count: Int
    let spins: Int
    let generation = Atomic<Int>(0)
    let finished = Atomic<Int>(0)
    let arrived = Atomic<Int>(0)
    let phase = Atomic<Int>(0)
    let sleepers = Atomic<Int>(0)
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Set before the generation advances and read after: the atomics order it.
    nonisolated(unsafe) var body: ((Int) -> Void)?
    nonisolated(unsafe) var isEnding = false

    init(count: Int, spins: Int) {
      self.count = count
      self.spins = spins
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(wake, nil)
    }

    deinit {
      pthread_mutex_destroy(mutex)
      pthread_cond_destroy(wake)
      mutex.deallocate()
      wake.deallocate()
    }

    func work(thread: Int) {
      var seen = 0
      while true {
        awaitGeneration(after: seen)
        seen += 1
        if isEnding { return }
        body!(thread)
        finished.add(1, ordering: .acquiringAndReleasing)
      }
    }

    private func awaitGeneration(after seen: Int) {
      for _ in 0..<spins {
        if generation.load(ordering: .acquiring) > seen { return }
        ck_pause()
      }
      pthread_mutex_lock(mutex)
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while generation.load(ordering: .sequentiallyConsistent) <= seen {
        pthread_cond_wait(wake, mutex)
      }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }

    func advance() {
      generation.add(1, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
      }
    }
  }

  /// Rounds of waiting awake, some tens of microseconds, before a thread sleeps or yields; a single one
  /// where others of the team need the processor.
  private let spins: Int

  init(count: Int) {
    precondition(count >= 1)
    // From here on OpenBLAS has a single thread in the whole process.
    _ = BLASEnvironment.current()
    self.count = count
    spins = count <= Processors.usable ? 500 : 1
    shared = Shared(count: count, spins: spins)
    for thread in 1..<max(count, 1) {
      let start = Unmanaged.passRetained(Start(shared: shared, thread: thread))
      var identifier = pthread_t()
      let status = pthread_create(
        &identifier, nil,
        { argument in
          let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
          start.shared.work(thread: start.thread)
          return nil
        }, start.toOpaque())
      precondition(status == 0, "the system gives no more threads")
      threads.append(identifier)
    }
  }

  deinit {
    guard !threads.isEmpty else { return }
    shared.isEnding = true
    shared.advance()
    for thread in threads { pthread_join(thread, nil) }
  }

  private final class Start {
    let shared: Shared
    let thread: Int
    init(shared: Shared, thread: Int) {
      self.shared = shared
      self.thread = thread
    }
  }

  /// Calls the body once on every thread, with its number from 0, and returns when all have ended.
  func run(_ body: (Int) -> Void) {
    if count == 1 { return body(0) }
    withoutActuallyEscaping(body) { body in
      shared.body = body
      shared.finished.store(0, ordering: .relaxed)
      shared.advance()
      body(0)
      wait { shared.finished.load(ordering: .acquiring) == count - 1 }
      shared.body = nil
    }
  }

  /// Waits, inside ``run(_:)``, until every thread has come here.
  func barrier() {
    if count == 1 { return }
    let phase = shared.phase.load(ordering: .acquiring)
    if shared.arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
      shared.arrived.store(0, ordering: .relaxed)
      shared.phase.add(1, ordering: .releasing)
    } else {
      wait { shared.phase.load(ordering: .acquiring) != phase }
    }
  }

  /// The part of 0..<count that belongs to a thread, cut at multiples of `unit`.
  func part(_ thread: Int, of total: Int, unit: Int = 1) -> Range<Int> {
    let units = (total + unit - 1) / unit
    return min(
      total, units * thread / count * unit)..<min(
        total, units * (thread + 1) / count * unit)
  }

  @inline(__always)
  private func wait(_ condition: () -> Bool) {
    var rounds = 0
    while !condition() {
      rounds += 1
      if rounds > spins { sched_yield() } else { ck_pause() }
    }
  }
}
