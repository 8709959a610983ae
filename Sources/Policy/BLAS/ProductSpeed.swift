import CKernels
import Losses

/// How fast this process multiplies matrices in single precision, on one thread.
public struct ProductSpeed: Hashable, Sendable, Codable {
  /// The kernels that OpenBLAS picked.
  public var core: String
  /// The instruction set of our own kernels.
  public var instructionSet: String
  /// Of OpenBLAS's `sgemm`, in 10⁹ floating-point operations a second.
  public var openblasGigaflops: Double
  /// Of our panel kernel, in the same unit; laying the weight out, once a step, is not in it.
  public var panelGigaflops: Double

  /// Multiplies 256 rows by a weight of 512 × 512, as a small model's layers do. The fastest of the
  /// products counts: other programs only ever add time.
  ///
  /// - Parameter seconds: how long each of the two is measured; at least three products are.
  public static func measure(seconds: Double = 0.05) -> ProductSpeed {
    let (rows, inputs, outputs) = (256, 512, 512)
    var stream = RandomStream(seed: 1, purpose: "bench.products")
    func numbers(_ count: Int) -> FloatStorage {
      let storage = FloatStorage(count: count)
      for place in 0..<count { storage.elements[place] = Float(stream.below(1024)) / 512 - 1 }
      return storage
    }
    let (x, weight) = (numbers(rows * inputs), numbers(inputs * outputs))
    let panels = FloatStorage(
      count: (outputs + Int(CK_PANEL) - 1) / Int(CK_PANEL) * Int(CK_PANEL) * inputs)
    let result = FloatStorage(count: rows * outputs)
    let kernels = ck_kernels_for(ck_best_isa())!.pointee
    ck_pack_panels(
      weight.elements.baseAddress!, outputs, 1, panels.elements.baseAddress!, inputs, outputs)
    func gigaflops(_ product: () -> Void) -> Double {
      product()
      var (least, spent, count) = (Double.infinity, 0.0, 0)
      while spent < seconds || count < 3 {
        let time = TransformerBench.seconds(product)
        least = min(least, time)
        spent += time
        count += 1
      }
      return 2 * Double(rows * inputs * outputs) / max(least, 1e-9) / 1e9
    }
    let blas = gigaflops {
      BLAS.gemm(
        MatrixView(UnsafeBufferPointer(x.elements), rows: rows, columns: inputs),
        MatrixView(UnsafeBufferPointer(weight.elements), rows: inputs, columns: outputs),
        into: result.elements)
    }
    let own = gigaflops {
      kernels.panel_multiply(
        x.elements.baseAddress!, inputs, panels.elements.baseAddress!, nil, nil,
        result.elements.baseAddress!, outputs, rows, outputs, inputs)
    }
    return ProductSpeed(
      core: BLASEnvironment.current().core, instructionSet: InstructionSet.current,
      openblasGigaflops: blas, panelGigaflops: own)
  }
}
