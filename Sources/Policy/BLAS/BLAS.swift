import COpenBLAS

/// A row-major matrix in memory that somebody else owns.
public struct MatrixView<Scalar: BLASScalar> {
  let base: UnsafePointer<Scalar>
  /// Extents as the product sees them, after a transposition.
  public let rows: Int
  public let columns: Int
  let isTransposed: Bool

  /// The matrix of `rows` by `columns` elements that starts the buffer.
  ///
  /// - Precondition: the buffer holds at least rows · columns elements; both extents are above 0.
  public init(_ elements: UnsafeBufferPointer<Scalar>, rows: Int, columns: Int) {
    precondition(rows > 0 && columns > 0, "a matrix of \(rows) × \(columns) has no elements")
    precondition(
      elements.count >= rows * columns,
      "a buffer of \(elements.count) is too short for a matrix of \(rows) × \(columns)")
    base = elements.baseAddress!
    self.rows = rows
    self.columns = columns
    isTransposed = false
  }

  private init(base: UnsafePointer<Scalar>, rows: Int, columns: Int, isTransposed: Bool) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.isTransposed = isTransposed
  }

  /// The transpose; nothing is copied.
  public var transposed: MatrixView {
    MatrixView(base: base, rows: columns, columns: rows, isTransposed: !isTransposed)
  }

  var leadingDimension: Int32 { Int32(isTransposed ? rows : columns) }
  var operation: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// A scalar type for which BLAS has kernels.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// C ← α·A·B + β·C, C row-major of shape `[a.rows, b.columns]`.
  static func gemm(
    _ a: MatrixView<Self>, _ b: MatrixView<Self>, into c: UnsafeMutableBufferPointer<Self>,
    alpha: Self, beta: Self)
}

/// Matrix products through OpenBLAS.
///
/// Results repeat bit for bit at a fixed core type, thread count and shape, and at nothing less:
/// the same row in a product of another height may round differently.
public enum BLAS {
  /// C ← α·A·B + β·C for row-major matrices; with β = 0 what C held before does not matter.
  ///
  /// - Precondition: A's columns are B's rows, and C has exactly A's rows times B's columns elements.
  public static func gemm<Scalar: BLASScalar>(
    _ a: MatrixView<Scalar>, _ b: MatrixView<Scalar>,
    into c: UnsafeMutableBufferPointer<Scalar>, alpha: Scalar = 1, beta: Scalar = 0
  ) {
    precondition(
      a.columns == b.rows,
      "a matrix of \(a.rows) × \(a.columns) does not multiply one of \(b.rows) × \(b.columns)")
    precondition(
      c.count == a.rows * b.columns,
      "a product of \(a.rows) × \(b.columns) does not fit a buffer of \(c.count)")
    _ = BLASEnvironment.current()
    Scalar.gemm(a, b, into: c, alpha: alpha, beta: beta)
  }
}

extension Double: BLASScalar {
  public static func gemm(
    _ a: MatrixView<Double>, _ b: MatrixView<Double>,
    into c: UnsafeMutableBufferPointer<Double>, alpha: Double, beta: Double
  ) {
    cblas_dgemm(
      CblasRowMajor, a.operation, b.operation, Int32(a.rows), Int32(b.columns), Int32(a.columns),
      alpha, a.base, a.leadingDimension, b.base, b.leadingDimension, beta, c.baseAddress!,
      Int32(b.columns))
  }
}

extension Float: BLASScalar {
  public static func gemm(
    _ a: MatrixView<Float>, _ b: MatrixView<Float>,
    into c: UnsafeMutableBufferPointer<Float>, alpha: Float, beta: Float
  ) {
    cblas_sgemm(
      CblasRowMajor, a.operation, b.operation, Int32(a.rows), Int32(b.columns), Int32(a.columns),
      alpha, a.base, a.leadingDimension, b.base, b.leadingDimension, beta, c.baseAddress!,
      Int32(b.columns))
  }
}
