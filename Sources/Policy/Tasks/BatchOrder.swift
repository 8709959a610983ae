import Losses

/// The order in which a training visits its rows: a fresh permutation every epoch.
///
/// Rows left over at the end of an epoch, fewer than a batch, are dropped, so every batch has the same
/// size and no row comes twice in an epoch.
struct BatchOrder {
  private let count: Int
  private let batch: Int
  private let seed: UInt64
  private let purpose: String
  private var epoch: UInt64 = 0
  private var order: [Int] = []
  private var position = 0

  /// - Precondition: 0 < `batch` ≤ `count`.
  init(count: Int, batch: Int, seed: UInt64, task: String) {
    precondition(0 < batch && batch <= count, "a batch of \(batch) does not fit \(count) rows")
    self.count = count
    self.batch = batch
    self.seed = seed
    purpose = "\(task).order"
  }

  mutating func next() -> ArraySlice<Int> {
    if position + batch > order.count {
      var stream = RandomStream(seed: seed, purpose: purpose, epoch)
      order = stream.permutation(count)
      epoch += 1
      position = 0
    }
    defer { position += batch }
    return order[position..<(position + batch)]
  }
}
