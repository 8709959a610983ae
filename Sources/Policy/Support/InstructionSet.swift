import CKernels

/// The vector instructions that the element-wise kernels of this process use.
public enum InstructionSet {
  /// `avx512`, `avx2` or `plain`: the best that the processor has.
  public static var current: String {
    switch ck_best_isa() {
    case CK_AVX512: "avx512"
    case CK_AVX2: "avx2"
    default: "plain"
    }
  }
}
