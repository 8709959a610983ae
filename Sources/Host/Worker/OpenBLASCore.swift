import Foundation

/// The kernels that OpenBLAS should use.
///
/// OpenBLAS picks them by the CPU's name when it loads; a version older than the CPU picks badly. What
/// the CPU can do is the better guide.
public enum OpenBLASCore {
  /// A value for `OPENBLAS_CORETYPE`; nil leaves the choice to OpenBLAS.
  public static func choose() -> String? {
    choose(cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
  }

  /// Whether kernels are as good as this processor allows, as far as their name tells.
  ///
  /// - Parameter core: as OpenBLAS names those that it uses: `Haswell`, `SkylakeX` …
  public static func isFitting(_ core: String) -> Bool { isFitting(core, wanted: choose()) }

  /// - Parameter wanted: what ``choose()`` gives; any kernels fit where that is nil.
  static func isFitting(_ core: String, wanted: String?) -> Bool {
    let wide = ["SKYLAKEX", "COOPERLAKE", "SAPPHIRERAPIDS"]
    return switch wanted {
    case "SKYLAKEX": wide.contains(core.uppercased())
    case "HASWELL": (wide + ["HASWELL", "ZEN"]).contains(core.uppercased())
    default: true
    }
  }

  /// - Parameter cpuinfo: the text of `/proc/cpuinfo`.
  static func choose(cpuinfo: String) -> String? {
    let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("flags") }
    guard let list = line?.split(separator: ":").last else { return nil }
    let flags = Set(list.split(separator: " "))
    // What OpenBLAS's SkylakeX kernels are compiled for.
    if flags.isSuperset(of: ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "fma"]) {
      return "SKYLAKEX"
    }
    return flags.isSuperset(of: ["avx2", "fma"]) ? "HASWELL" : nil
  }
}
