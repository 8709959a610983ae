import COpenBLAS

typealias FloatPointer = UnsafeMutablePointer<Float>

/// Products of row-major matrices with strides, on the calling thread.
///
/// For the inner loops of the transformer: no checks. ``BLAS`` is the checked door.
enum Matrices {
  /// C ← α·A·B + β·C with A `[m, k]`, B `[k, n]`.
  @inline(__always)
  static func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int, beta: Float, _ c: FloatPointer, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda),
      b, Int32(ldb), beta, c, Int32(ldc))
  }

  /// C ← A·Bᵀ + β·C with A `[m, k]`, B `[n, k]`.
  @inline(__always)
  static func multiplyTransposed(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int, beta: Float, _ c: FloatPointer, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda),
      b, Int32(ldb), beta, c, Int32(ldc))
  }

  /// C ← Aᵀ·B + β·C with A `[k, m]`, B `[k, n]`.
  @inline(__always)
  static func transposedMultiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int, beta: Float, _ c: FloatPointer, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(lda),
      b, Int32(ldb), beta, c, Int32(ldc))
  }
}
