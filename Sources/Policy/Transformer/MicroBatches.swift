/// The part of a batch that is in memory at once, and how threads share it.
struct MicroBatch {
  /// What one thread does alone, from the embedding to the last block.
  struct Share {
    var tokens: Range<Int>
    var segments: Range<Int>
    var outputs: Range<Int>

    /// Tokens of a block, at most, unless a segment has more: what a block leaves in a layer should fit a core's cache.
    static let blockTokens = 128

    /// The tokens and segments in blocks, each computed as a whole before the next one.
    func blocks(_ batch: PackedBatch) -> [Share] {
      var blocks: [Share] = []
      for index in segments {
        let own = batch.segments[index].tokens
        if let last = blocks.last, last.tokens.count + own.count <= Self.blockTokens {
          blocks[blocks.count - 1].tokens = last.tokens.lowerBound..<own.upperBound
          blocks[blocks.count - 1].segments = last.segments.lowerBound..<(index + 1)
        } else {
          blocks.append(Share(tokens: own, segments: index..<(index + 1), outputs: 0..<0))
        }
      }
      return blocks
    }
  }

  var tokens: Range<Int>
  var outputs: Range<Int>
  var shares: [Share]

  /// Cuts a batch at the borders of its groups.
  ///
  /// The cuts follow from the batch, the limit and the number of threads alone, so every model that
  /// sees the batch multiplies matrices of the same shapes.
  ///
  /// - Parameters:
  ///   - tokenLimit: the most tokens of one part; a single group may exceed it.
  ///   - rowLimit: the most rows of one part; a single group may exceed it.
  static func cut(
    _ batch: PackedBatch, tokenLimit: Int, rowLimit: Int = .max, threads: Int
  ) -> [MicroBatch] {
    var parts: [MicroBatch] = []
    var start = 0
    while start < batch.groups.count {
      var end = start + 1
      let first = batch.groups[start].tokens.lowerBound
      var rows = batch.groups[start].rows
      while end < batch.groups.count,
        batch.groups[end].tokens.upperBound - first <= tokenLimit,
        rows + batch.groups[end].rows <= rowLimit
      {
        rows += batch.groups[end].rows
        end += 1
      }
      parts.append(MicroBatch(batch.groups[start..<end], threads: threads))
      start = end
    }
    return parts
  }

  /// All of a batch as the share of one thread, which works alone.
  init(whole batch: PackedBatch, thread: Int, of threads: Int) {
    tokens = batch.tokens.indices
    outputs = batch.outputs.indices
    shares = Array(
      repeating: Share(tokens: 0..<0, segments: 0..<0, outputs: 0..<0), count: threads)
    shares[thread] = Share(tokens: tokens, segments: batch.segments.indices, outputs: outputs)
  }

  private init(_ groups: ArraySlice<PackedBatch.Group>, threads: Int) {
    let first = groups.first!
    let last = groups.last!
    tokens = first.tokens.lowerBound..<last.tokens.upperBound
    outputs = first.outputs.lowerBound..<last.outputs.upperBound
    shares = []
    var next = groups.startIndex
    for thread in 0..<threads {
      let goal = tokens.lowerBound + tokens.count * (thread + 1) / threads
      var share = Share(tokens: 0..<0, segments: 0..<0, outputs: 0..<0)
      if next < groups.endIndex {
        let start = groups[next]
        share = Share(
          tokens: start.tokens.lowerBound..<start.tokens.lowerBound,
          segments: start.segments.lowerBound..<start.segments.lowerBound,
          outputs: start.outputs.lowerBound..<start.outputs.lowerBound)
      }
      // A group belongs to the thread in whose part its middle lies.
      while next < groups.endIndex,
        thread == threads - 1
          || (groups[next].tokens.lowerBound + groups[next].tokens.upperBound) / 2 < goal
      {
        let group = groups[next]
        share.tokens = share.tokens.lowerBound..<group.tokens.upperBound
        share.segments = share.segments.lowerBound..<group.segments.upperBound
        share.outputs = share.outputs.lowerBound..<group.outputs.upperBound
        next += 1
      }
      shares.append(share)
    }
  }
}
