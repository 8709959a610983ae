import CKernels

/// Chooses a token from a row of logits and one uniform number.
struct TokenChooser {
  private let options: SamplingOptions
  private let kernels: UnsafePointer<ck_kernels>
  private var weights: [Float]
  private var blockSums: [Float]
  private var heap: [Int32] = []

  init(_ options: SamplingOptions, vocabularySize: Int, kernels: UnsafePointer<ck_kernels>) {
    self.options = options
    self.kernels = kernels
    weights = Array(repeating: 0, count: vocabularySize)
    blockSums = Array(repeating: 0, count: (vocabularySize + 63) / 64)
  }

  /// - Parameter uniform: in [0, 1).
  /// - Returns: nil when a logit is NaN or the largest one infinite.
  mutating func choose(_ logits: UnsafePointer<Float>, uniform: Double) -> Int32? {
    let count = weights.count
    let largest = kernels.pointee.maximum(logits, count)
    guard largest.isFinite else { return nil }
    if options.temperature == 0 {
      var index = 0
      while logits[index] != largest { index += 1 }
      return Int32(index)
    }
    kernels.pointee.exponentials(
      logits, Float(1 / options.temperature), largest, &weights, &blockSums, count)
    if options.topK != nil || options.topP != nil { return chooseAmongLikeliest(uniform) }
    let total = blockSums.reduce(0.0) { $0 + Double($1) }
    return chooseAmongAll(target: uniform * total)
  }

  /// The inverse of the cumulative distribution: blocks of 64 first, then the block's tokens.
  private func chooseAmongAll(target: Double) -> Int32 {
    var target = target
    var block = 0
    while block + 1 < blockSums.count, target >= Double(blockSums[block]) {
      target -= Double(blockSums[block])
      block += 1
    }
    var last = Int32(0)
    for index in (block * 64)..<weights.count where weights[index] > 0 {
      last = Int32(index)
      target -= Double(weights[index])
      if target < 0 { return last }
    }
    // What rounding leaves goes to the last token that can come; if none is behind the block, to the
    // likeliest, whose weight is 1.
    return weights[Int(last)] > 0 ? last : Int32(weights.firstIndex { $0 == 1 } ?? 0)
  }

  /// Takes tokens off a heap, likeliest first, until top-k or top-p says enough.
  private mutating func chooseAmongLikeliest(_ uniform: Double) -> Int32 {
    heap = weights.indices.compactMap { weights[$0] > 0 ? Int32($0) : nil }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
    // top-p is a share of what top-k leaves, so those come first.
    let most = min(options.topK ?? heap.count, heap.count)
    var kept: [Int32] = []
    var sum = 0.0
    let whole =
      options.topK == nil ? blockSums.reduce(0.0) { $0 + Double($1) } : .infinity
    while kept.count < most, options.topP.map({ sum < $0 * whole }) ?? true {
      let token = pop()
      kept.append(token)
      sum += Double(weights[Int(token)])
    }
    if let topP = options.topP, options.topK != nil {
      let limit = topP * sum
      var partial = 0.0
      let enough = kept.firstIndex { token in
        partial += Double(weights[Int(token)])
        return partial >= limit
      }
      if let enough {
        kept.removeLast(kept.count - enough - 1)
        sum = partial
      }
    }
    var target = uniform * sum
    for token in kept {
      target -= Double(weights[Int(token)])
      if target < 0 { return token }
    }
    return kept.last!
  }

  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let (x, y) = (weights[Int(a)], weights[Int(b)])
    return x > y || (x == y && a < b)
  }

  private mutating func pop() -> Int32 {
    let top = heap[0]
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return top
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], heap[place]) else { return }
      heap.swapAt(child, place)
      place = child
    }
  }
}
