import Testing

@testable import Host

@Suite("OpenBLAS core type")
struct OpenBLASCoreTests {
  @Test("the CPU's abilities choose the kernels")
  func flags() {
    let avx512 =
      "processor\t: 0\nflags\t\t: fpu avx2 fma avx512f avx512cd avx512bw avx512dq avx512vl\n"
    #expect(OpenBLASCore.choose(cpuinfo: avx512) == "SKYLAKEX")
    #expect(OpenBLASCore.choose(cpuinfo: "flags : fpu avx2 fma avx512f\n") == "HASWELL")
    #expect(OpenBLASCore.choose(cpuinfo: "flags : fpu sse2 avx\n") == nil)
    #expect(OpenBLASCore.choose(cpuinfo: "Features : fp asimd\n") == nil)
    #expect(OpenBLASCore.choose(cpuinfo: "") == nil)
  }

  @Test("kernels of a lesser processor do not fit, and where nothing is known all do")
  func fitting() {
    for core in ["SkylakeX", "Cooperlake", "SapphireRapids"] {
      #expect(OpenBLASCore.isFitting(core, wanted: "SKYLAKEX"))
      #expect(OpenBLASCore.isFitting(core, wanted: "HASWELL"))
    }
    for core in ["Haswell", "Zen"] {
      #expect(!OpenBLASCore.isFitting(core, wanted: "SKYLAKEX"))
      #expect(OpenBLASCore.isFitting(core, wanted: "HASWELL"))
    }
    for core in ["Prescott", "Sandybridge"] {
      #expect(!OpenBLASCore.isFitting(core, wanted: "SKYLAKEX"))
      #expect(!OpenBLASCore.isFitting(core, wanted: "HASWELL"))
      #expect(OpenBLASCore.isFitting(core, wanted: nil))
    }
  }
}
