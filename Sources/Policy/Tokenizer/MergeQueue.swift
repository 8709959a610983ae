/// The merging of one word's symbols: always the pair of lowest rank, the leftmost first.
///
/// A heap of candidate merges over a linked list of symbols makes it n log n in the word's length,
/// so that a text without a single blank is no trap.
struct MergeQueue {
  private struct Candidate {
    /// Rank in the upper half, place in the lower: the order of merging.
    var order: UInt64
    var result: Int32

    var place: Int { Int(truncatingIfNeeded: order & 0xFFFF_FFFF) }
  }

  private var symbols: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var heap: [Candidate] = []

  /// A symbol that was merged into its left neighbour.
  private static let gone: Int32 = -1

  /// Merges symbols until no pair is in the table, and appends what is left to `output`.
  mutating func merge(_ word: [Int32], with table: PairTable, into output: inout [Int32]) {
    guard word.count > 1 else {
      output.append(contentsOf: word)
      return
    }
    symbols = word
    let count = Int32(word.count)
    next = (1...count).map { $0 < count ? $0 : -1 }
    previous = (0..<count).map { $0 - 1 }
    heap.removeAll(keepingCapacity: true)
    for place in 0..<(word.count - 1) { propose(place, with: table) }
    while let candidate = pop() {
      let place = candidate.place
      guard symbols[place] != Self.gone, next[place] >= 0 else { continue }
      let right = Int(next[place])
      // The pair may have changed since it was proposed.
      guard let merge = table.merge(symbols[place], symbols[right]),
        merge.result == candidate.result
      else { continue }
      symbols[place] = merge.result
      symbols[right] = Self.gone
      next[place] = next[right]
      if next[place] >= 0 { previous[Int(next[place])] = Int32(place) }
      if previous[place] >= 0 { propose(Int(previous[place]), with: table) }
      propose(place, with: table)
    }
    for symbol in symbols where symbol != Self.gone { output.append(symbol) }
  }

  /// Puts the pair that starts at a place into the heap, if it can be merged.
  private mutating func propose(_ place: Int, with table: PairTable) {
    guard next[place] >= 0, let merge = table.merge(symbols[place], symbols[Int(next[place])])
    else { return }
    heap.append(Candidate(order: UInt64(merge.rank) << 32 | UInt64(place), result: merge.result))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].order < heap[parent].order else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> Candidate? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return last }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].order < heap[child].order { child += 1 }
      guard heap[child].order < heap[parent].order else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return first
  }
}
