import CKernels

/// Causal attention of one segment, all heads, with small products and a fused softmax.
///
/// Scores are made for blocks of queries, so the room they take grows with the context and not with
/// its square, and are made again in the backward pass (Dao et al. 2022, arXiv 2205.14135): of each
/// query only log Σ exp is kept.
struct Attention {
  /// Queries of one block.
  static let blockHeight = 64

  let kernels: UnsafePointer<ck_kernels>
  let width: Int
  let heads: Int
  /// Room for the scores of a block, twice, and a float for each of its queries.
  let scratch: FloatPointer

  /// Elements of scratch that a thread needs.
  static func scratchCount(_ configuration: TransformerConfiguration) -> Int {
    2 * blockHeight * (configuration.contextLength + 16) + blockHeight
  }

  private var headWidth: Int { width / heads }
  private var rowStride: Int { 3 * width }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// Keys that a segment sees before its own: those of its prefix, at most one stretch.
  struct Span {
    var own: Range<Int>
    var prefix: Range<Int>

    init(_ segment: PackedBatch.Segment, in segments: [PackedBatch.Segment], from base: Int) {
      func shifted(_ range: Range<Int>) -> Range<Int> {
        (range.lowerBound - base)..<(range.upperBound - base)
      }
      own = shifted(segment.tokens)
      prefix = segment.prefix.map { shifted(segments[$0].tokens) } ?? 0..<0
    }
  }

  /// out[own] = attention; `qkv`, `sums` and `out` start at the micro-batch's first token.
  func forward(_ span: Span, qkv: FloatPointer, sums: FloatPointer, out: FloatPointer) {
    let table = kernels.pointee
    let d = headWidth
    let prefixCount = span.prefix.count
    let scores = scratch
    for head in 0..<heads {
      let q = qkv + head * d
      let ownRow = q + span.own.lowerBound * rowStride
      let prefixRow = q + span.prefix.lowerBound * rowStride
      for start in stride(from: 0, to: span.own.count, by: Self.blockHeight) {
        let end = min(start + Self.blockHeight, span.own.count)
        let n = end - start
        let columns = prefixCount + end
        let queries = ownRow + start * rowStride
        if prefixCount > 0 {
          Matrices.multiplyTransposed(
            n, prefixCount, d, queries, rowStride, prefixRow + width, rowStride, beta: 0, scores,
            columns)
        }
        Matrices.multiplyTransposed(
          n, end, d, queries, rowStride, ownRow + width, rowStride, beta: 0, scores + prefixCount,
          columns)
        let row = span.own.lowerBound + start
        table.causal_softmax(
          scores, columns, scale, prefixCount + start + 1, sums + row * heads + head, heads, n,
          columns)
        let result = out + row * width + head * d
        if prefixCount > 0 {
          Matrices.multiply(
            n, d, prefixCount, scores, columns, prefixRow + 2 * width, rowStride, beta: 0, result,
            width)
        }
        Matrices.multiply(
          n, d, end, scores + prefixCount, columns, ownRow + 2 * width, rowStride,
          beta: prefixCount > 0 ? 1 : 0, result, width)
      }
    }
  }

  /// dqkv[own] and, added, dqkv[prefix], from dout.
  ///
  /// - Parameter isAdding: whether keys' and values' gradients already hold those of segments that
  ///   have this one as their prefix.
  func backward(
    _ span: Span, qkv: FloatPointer, sums: FloatPointer, out: FloatPointer, dout: FloatPointer,
    dqkv: FloatPointer, isAdding: Bool
  ) {
    let table = kernels.pointee
    let d = headWidth
    let prefixCount = span.prefix.count
    let probabilities = scratch
    let slopes = scratch + Self.blockHeight * (prefixCount + span.own.count)
    let deltas = slopes + Self.blockHeight * (prefixCount + span.own.count)
    for head in 0..<heads {
      let offset = head * d
      let own = qkv + offset + span.own.lowerBound * rowStride
      let downOwn = dqkv + offset + span.own.lowerBound * rowStride
      let prefix = qkv + offset + span.prefix.lowerBound * rowStride
      let downPrefix = dqkv + offset + span.prefix.lowerBound * rowStride
      // The last block sees all keys, so it can be the one that sets rather than adds.
      var isFirst = true
      let blocks = (span.own.count + Self.blockHeight - 1) / Self.blockHeight
      for block in (0..<blocks).reversed() {
        let start = block * Self.blockHeight
        let end = min(start + Self.blockHeight, span.own.count)
        let n = end - start
        let columns = prefixCount + end
        let row = span.own.lowerBound + start
        let queries = own + start * rowStride
        let down = dout + row * width + offset
        if prefixCount > 0 {
          Matrices.multiplyTransposed(
            n, prefixCount, d, queries, rowStride, prefix + width, rowStride, beta: 0,
            probabilities, columns)
          Matrices.multiplyTransposed(
            n, prefixCount, d, down, width, prefix + 2 * width, rowStride, beta: 0, slopes,
            columns)
        }
        Matrices.multiplyTransposed(
          n, end, d, queries, rowStride, own + width, rowStride, beta: 0,
          probabilities + prefixCount, columns)
        Matrices.multiplyTransposed(
          n, end, d, down, width, own + 2 * width, rowStride, beta: 0, slopes + prefixCount,
          columns)
        table.causal_probabilities(
          probabilities, columns, scale, prefixCount + start + 1, sums + row * heads + head, heads,
          n, columns)
        table.row_dots(down, width, out + row * width + offset, width, deltas, 1, n, d)
        let beta: Float = isAdding || !isFirst ? 1 : 0
        isFirst = false
        Matrices.transposedMultiply(
          end, d, n, probabilities + prefixCount, columns, down, width, beta: beta,
          downOwn + 2 * width, rowStride)
        if prefixCount > 0 {
          Matrices.transposedMultiply(
            prefixCount, d, n, probabilities, columns, down, width, beta: 1,
            downPrefix + 2 * width, rowStride)
        }
        table.softmax_backward(probabilities, slopes, columns, scale, deltas, n, columns)
        let downQueries = downOwn + start * rowStride
        if prefixCount > 0 {
          Matrices.multiply(
            n, d, prefixCount, slopes, columns, prefix + width, rowStride, beta: 0, downQueries,
            rowStride)
          Matrices.transposedMultiply(
            prefixCount, d, n, slopes, columns, queries, rowStride, beta: 1, downPrefix + width,
            rowStride)
        }
        Matrices.multiply(
          n, d, end, slopes + prefixCount, columns, own + width, rowStride,
          beta: prefixCount > 0 ? 1 : 0, downQueries, rowStride)
        Matrices.transposedMultiply(
          end, d, n, slopes + prefixCount, columns, queries, rowStride, beta: beta,
          downOwn + width, rowStride)
      }
    }
  }
}
