// The functions of libc and libm that LossKit calls. They are declared here, not imported, so
// that the module needs no other module in Embedded Swift and the author's file sees none.

@_extern(c, "exp") func libmExp(_ x: Double) -> Double
@_extern(c, "expm1") func libmExpm1(_ x: Double) -> Double
@_extern(c, "log") func libmLog(_ x: Double) -> Double
@_extern(c, "log1p") func libmLog1p(_ x: Double) -> Double
@_extern(c, "pow") func libmPow(_ x: Double, _ y: Double) -> Double
@_extern(c, "tanh") func libmTanh(_ x: Double) -> Double
@_extern(c, "exp2") func libmExp2(_ x: Double) -> Double
@_extern(c, "log2") func libmLog2(_ x: Double) -> Double
@_extern(c, "log10") func libmLog10(_ x: Double) -> Double
@_extern(c, "sin") func libmSin(_ x: Double) -> Double
@_extern(c, "cos") func libmCos(_ x: Double) -> Double
@_extern(c, "asinh") func libmAsinh(_ x: Double) -> Double
@_extern(c, "erfc") func libmErfc(_ x: Double) -> Double
@_extern(c, "erf") func libmErf(_ x: Double) -> Double
@_extern(c, "atan") func libmAtan(_ x: Double) -> Double

/// Returns 0, or an error number when there is no memory; never ends the process.
@_extern(c, "posix_memalign")
func libcAllocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32
