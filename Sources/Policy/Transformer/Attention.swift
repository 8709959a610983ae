import CKernels

/// Causal attention of one segment, all heads, by the kernels of ``ck_kernels``.
struct Attention {
  let kernels: UnsafePointer<ck_kernels>
  let heads: Int
  /// Each serves as many heads in a row as come to it (Ainslie et al. 2023, arXiv 2305.13245).
  let keyValueHeads: Int
  let headWidth: Int
  /// Room for what ``scratchCount(_:)`` counts.
  let scratch: FloatPointer

  /// Elements of scratch that a thread needs.
  static func scratchCount(_ configuration: TransformerConfiguration) -> Int {
    // CK_ATTENTION_SCRATCH.
    (configuration.contextLength + Int(CK_PANEL))
      * (4 * configuration.headWidth + 2 * Int(CK_QUERIES))
  }

  /// Width of all heads.
  private var width: Int { heads * headWidth }
  /// From a row's queries to its keys, and from its keys to its values.
  private var keyOffset: Int { width }
  private var valueOffset: Int { keyValueHeads * headWidth }
  private var rowStride: Int { width + 2 * valueOffset }

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

  /// What the kernels need to know of a head, but for the slopes.
  private func job(
    _ span: Span, head: Int, qkv: FloatPointer, sums: FloatPointer, out: FloatPointer
  ) -> ck_attention {
    let first = span.own.lowerBound
    let keys = qkv + keyPlace(head)
    var job = ck_attention()
    job.n = span.own.count
    job.prefix = span.prefix.count
    job.d = headWidth
    job.ld = rowStride
    job.ldo = width
    job.scale = 1 / Float(headWidth).squareRoot()
    job.queries = UnsafePointer(qkv + head * headWidth + first * rowStride)
    job.keys = UnsafePointer(keys + first * rowStride)
    job.values = job.keys + valueOffset
    job.prefix_keys = UnsafePointer(keys + span.prefix.lowerBound * rowStride)
    job.prefix_values = job.prefix_keys + valueOffset
    job.out = out + first * width + head * headWidth
    job.sums = sums + first * heads + head
    job.sum_stride = heads
    job.scratch = scratch
    return job
  }

  private func keyPlace(_ head: Int) -> Int {
    keyOffset + head * keyValueHeads / heads * headWidth
  }

  /// out[own] = attention; `qkv`, `sums` and `out` start at the micro-batch's first token.
  func forward(_ span: Span, qkv: FloatPointer, sums: FloatPointer, out: FloatPointer) {
    guard !span.own.isEmpty else { return }
    for head in 0..<heads {
      var job = job(span, head: head, qkv: qkv, sums: sums, out: out)
      kernels.pointee.attend(&job)
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
    guard !span.own.isEmpty else { return }
    let first = span.own.lowerBound
    for head in 0..<heads {
      var job = job(span, head: head, qkv: qkv, sums: sums, out: out)
      let keys = dqkv + keyPlace(head)
      job.dout = UnsafePointer(dout + first * width + head * headWidth)
      job.dqueries = dqkv + head * headWidth + first * rowStride
      job.dkeys = keys + first * rowStride
      job.dvalues = job.dkeys + valueOffset
      job.dprefix_keys = keys + span.prefix.lowerBound * rowStride
      job.dprefix_values = job.dprefix_keys + valueOffset
      // The other heads of the same keys add.
      job.adds = isAdding || head % (heads / keyValueHeads) != 0 ? 1 : 0
      kernels.pointee.attend_backward(&job)
    }
  }
}
