import Policy
import Testing

@Suite("BLAS")
struct BLASTests {
  /// [1 2 3; 4 5 6] · [7 8; 9 10; 11 12] = [58 64; 139 154].
  @Test("a product of rectangular matrices is the product by hand", arguments: [false, true])
  func product(transposed: Bool) {
    let a: [Double] = transposed ? [1, 4, 2, 5, 3, 6] : [1, 2, 3, 4, 5, 6]
    let b: [Double] = transposed ? [7, 9, 11, 8, 10, 12] : [7, 8, 9, 10, 11, 12]
    var c = [Double](repeating: .nan, count: 4)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          BLAS.gemm(
            transposed
              ? MatrixView(a, rows: 3, columns: 2).transposed : MatrixView(a, rows: 2, columns: 3),
            transposed
              ? MatrixView(b, rows: 2, columns: 3).transposed : MatrixView(b, rows: 3, columns: 2),
            into: c)
        }
      }
    }
    #expect(c == [58, 64, 139, 154])
  }

  @Test("single precision and the factors α and β work")
  func singlePrecision() {
    let a: [Float] = [1, 2]
    let b: [Float] = [3, 4]
    var c: [Float] = [10]
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          BLAS.gemm(
            MatrixView(a, rows: 1, columns: 2), MatrixView(b, rows: 2, columns: 1), into: c,
            alpha: 2, beta: 0.5)
        }
      }
    }
    #expect(c == [27])
  }

  @Test("matrices that do not fit are refused before BLAS sees them")
  func shapes() async {
    await #expect(processExitsWith: .failure) {
      let a: [Double] = [1, 2, 3, 4]
      var c = [Double](repeating: 0, count: 4)
      a.withUnsafeBufferPointer { a in
        c.withUnsafeMutableBufferPointer { c in
          BLAS.gemm(
            MatrixView(a, rows: 2, columns: 2), MatrixView(a, rows: 1, columns: 2), into: c)
        }
      }
    }
  }

  @Test("the environment names core, threads and version")
  func environment() {
    let environment = BLASEnvironment.current()
    #expect(!environment.core.isEmpty)
    #expect(environment.threads >= 1)
    #expect(environment.version.split(separator: ".").count >= 2)
    let sample = BLASEnvironment(
      core: "Haswell", threads: 1, configuration: "OpenBLAS 0.3.21 DYNAMIC_ARCH MAX_THREADS=64")
    #expect(sample.version == "0.3.21")
  }
}
