/// What a loss may take from the system: arithmetic, and memory to compute in.
enum GateAllowList {
  /// Libraries, as DT_NEEDED names them.
  static let libraries: Set<String> = [
    "libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
  ]

  /// Functions that may be imported.
  static let symbols: Set<String> = {
    var symbols: Set<String> = [
      // Memory that the loss computes in, and what compilers make of loops and copies.
      "malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc",
      "memcpy", "memmove", "memset", "memcmp", "bcmp",
      "__memcpy_chk", "__memmove_chk", "__memset_chk",
      // Ways to stop: these end the process, which the cell reports.
      "__stack_chk_fail", "abort", "__assert_fail",
      // Weak symbols that start files and thread-local storage bring along.
      "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize",
      "__gmon_start__", "__tls_get_addr", "qsort",
    ]
    for name in mathematics {
      for suffix in ["", "f", "l"] { symbols.insert(name + suffix) }
    }
    // glibc's names for the same functions under -ffast-math, and for classification.
    for name in ["exp", "exp2", "log", "log2", "log10", "pow", "sqrt", "exp10", "sinh", "cosh"] {
      symbols.insert("__\(name)_finite")
    }
    for name in ["isnan", "isinf", "isfinite", "finite", "signbit", "fpclassify"] {
      symbols.formUnion(["__\(name)", "__\(name)f"])
    }
    return symbols
  }()

  /// Functions of <math.h>, each also with the suffixes f and l.
  private static let mathematics = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign",
    "cos", "cosh", "erf", "erfc", "exp", "exp10", "exp2", "expm1", "fabs", "fdim", "floor", "fma",
    "fmax", "fmin", "fmod", "frexp", "hypot", "ilogb", "ldexp", "lgamma", "lgamma_r", "llrint",
    "llround", "log", "log10", "log1p", "log2", "logb", "lrint", "lround", "modf", "nan",
    "nearbyint", "nextafter", "pow", "remainder", "remquo", "rint", "round", "roundeven",
    "scalbln", "scalbn", "sin", "sincos", "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc",
  ]

  /// How an author gets rid of a symbol.
  static func remedy(for symbol: String) -> String {
    switch symbol {
    case "arc4random_buf", "getrandom", "rand", "random":
      "Use neither Dictionary, Set nor random numbers: a loss gives the same result every time."
    case "putchar", "puts", "printf", "write", "fwrite":
      "Remove print: a loss has no output but its values."
    case _ where symbol.hasPrefix("_swift_stdlib") || symbol.hasPrefix("$s"):
      "Use numbers and vectors only; text and collections of text are not available."
    default:
      "Use arithmetic, the functions of the loss vocabulary and memory only."
    }
  }
}
