/// A growing array of trivial values outside Swift's heap: it asks before it grows, says no
/// instead of trapping, and keeps its memory from one call to the next.
///
/// Growing moves the elements, so a pointer is good until the next ``extend(by:limit:)``.
struct Buffer<Element: BitwiseCopyable> {
  private(set) var base: UnsafeMutablePointer<Element>?
  private(set) var count = 0
  private var capacity = 0

  init() {}

  /// Forgets the elements and keeps the memory.
  mutating func reset() { count = 0 }

  /// Makes room for `extra` more elements, unset.
  ///
  /// - Returns: the index of the first of them; nil when more than `limit` elements would be
  ///   needed or the system has no memory. The buffer is unchanged then.
  @inline(__always)
  mutating func extend(by extra: Int, limit: Int) -> Int? {
    let first = count
    if extra > capacity - count && !grow(by: extra, limit: limit) { return nil }
    count += extra
    return first
  }

  private mutating func grow(by extra: Int, limit: Int) -> Bool {
    guard extra <= limit - count else { return false }
    let wanted = min(limit, max(count + extra, capacity * 2, 4096))
    var memory: UnsafeMutableRawPointer?
    guard libcAllocate(&memory, 64, wanted * MemoryLayout<Element>.stride) == 0, let memory
    else { return false }
    let new = memory.bindMemory(to: Element.self, capacity: wanted)
    if let base {
      new.update(from: base, count: count)
      // The runtime keeps the name `free` for itself; its deallocation is that function.
      base.deallocate()
    }
    base = new
    capacity = wanted
    return true
  }
}
