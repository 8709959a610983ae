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
  let heads: Int
  /// Each serves as many heads in a row as come to it (Ainslie et al. 2023, arXiv 2305.13245).
  let keyValueHeads: Int
  let headWidth: Int
  /// Room for the scores of a block, twice, and a float for each of its queries.
  let scratch: FloatPointer

  /// Elements of scratch that a thread needs.
  static func scratchCount(_ configuration: TransformerConfiguration) -> Int {
    2 * blockHeight * (configuration.contextLength + 16) + blockHeight
  }

  /// Width of all heads.
  private var width: Int { heads * headWidth }
  /// From a row's queries to its keys, and from its keys to its values.
  private var keyOffset: Int { width }
  private var valueOffset: Int { keyValueHeads * headWidth }
  private var rowStride: Int { width + 2 * valueOffset }
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
      let keys = qkv + keyOffset + head * keyValueHeads / heads * d
      let ownQueries = qkv + head * d + span.own.lowerBound * rowStride
      let ownKeys = keys + span.own.lowerBound * rowStride
      let prefixKeys = keys + span.prefix.lowerBound * rowStride
      for start in stride(from: 0, to: span.own.count, by: Self.blockHeight) {
        let end = min(start + Self.blockHeight, span.own.count)
        let n = end - start
        let columns = prefixCount + end
        let queries = ownQueries + start * rowStride
        if prefixCount > 0 {
          Matrices.multiplyTransposed(
            n, prefixCount, d, queries, rowStride, prefixKeys, rowStride, beta: 0, scores, columns)
        }
        Matrices.multiplyTransposed(
          n, end, d, queries, rowStride, ownKeys, rowStride, beta: 0, scores + prefixCount,
          columns)
        let row = span.own.lowerBound + start
        table.causal_softmax(
          scores, columns, scale, prefixCount + start + 1, sums + row * heads + head, heads, n,
          columns)
        let result = out + row * width + head * d
        if prefixCount > 0 {
          Matrices.multiply(
            n, d, prefixCount, scores, columns, prefixKeys + valueOffset, rowStride, beta: 0,
            result, width)
        }
        Matrices.multiply(
          n, d, end, scores + prefixCount, columns, ownKeys + valueOffset, rowStride,
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
      let keyPlace = keyOffset + head * keyValueHeads / heads * d
      let own = qkv + offset + span.own.lowerBound * rowStride
      let ownKeys = qkv + keyPlace + span.own.lowerBound * rowStride
      let downOwn = dqkv + offset + span.own.lowerBound * rowStride
      let downKeys = dqkv + keyPlace + span.own.lowerBound * rowStride
      let prefixKeys = qkv + keyPlace + span.prefix.lowerBound * rowStride
      let downPrefixKeys = dqkv + keyPlace + span.prefix.lowerBound * rowStride
      // The last block sees all keys, so it can be the one that sets rather than adds; the other
      // heads of the same keys add.
      var isFirst = head % (heads / keyValueHeads) == 0
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
            n, prefixCount, d, queries, rowStride, prefixKeys, rowStride, beta: 0,
            probabilities, columns)
          Matrices.multiplyTransposed(
            n, prefixCount, d, down, width, prefixKeys + valueOffset, rowStride, beta: 0, slopes,
            columns)
        }
        Matrices.multiplyTransposed(
          n, end, d, queries, rowStride, ownKeys, rowStride, beta: 0,
          probabilities + prefixCount, columns)
        Matrices.multiplyTransposed(
          n, end, d, down, width, ownKeys + valueOffset, rowStride, beta: 0, slopes + prefixCount,
          columns)
        table.causal_probabilities(
          probabilities, columns, scale, prefixCount + start + 1, sums + row * heads + head, heads,
          n, columns)
        table.row_dots(down, width, out + row * width + offset, width, deltas, 1, n, d)
        let beta: Float = isAdding || !isFirst ? 1 : 0
        isFirst = false
        Matrices.transposedMultiply(
          end, d, n, probabilities + prefixCount, columns, down, width, beta: beta,
          downKeys + valueOffset, rowStride)
        if prefixCount > 0 {
          Matrices.transposedMultiply(
            prefixCount, d, n, probabilities, columns, down, width, beta: 1,
            downPrefixKeys + valueOffset, rowStride)
        }
        table.softmax_backward(probabilities, slopes, columns, scale, deltas, n, columns)
        let downQueries = downOwn + start * rowStride
        if prefixCount > 0 {
          Matrices.multiply(
            n, d, prefixCount, slopes, columns, prefixKeys, rowStride, beta: 0, downQueries,
            rowStride)
          Matrices.transposedMultiply(
            prefixCount, d, n, slopes, columns, queries, rowStride, beta: 1, downPrefixKeys,
            rowStride)
        }
        Matrices.multiply(
          n, d, end, slopes + prefixCount, columns, ownKeys, rowStride,
          beta: prefixCount > 0 ? 1 : 0, downQueries, rowStride)
        Matrices.transposedMultiply(
          end, d, n, slopes + prefixCount, columns, queries, rowStride, beta: beta,
          downKeys, rowStride)
      }
    }
  }
}
