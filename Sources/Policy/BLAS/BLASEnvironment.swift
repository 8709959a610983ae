import COpenBLAS

/// What decides the bits of a product: recorded with every result.
public struct BLASEnvironment: Hashable, Sendable, Codable {
  /// The kernels that OpenBLAS picked: `Haswell`, `SkylakeX` …
  public var core: String
  /// BLAS threads of this process; fixed by `OPENBLAS_NUM_THREADS` before the process starts.
  public var threads: Int
  /// Version and build options in OpenBLAS's own words.
  public var configuration: String

  public init(core: String, threads: Int, configuration: String) {
    self.core = core
    self.threads = threads
    self.configuration = configuration
  }

  /// That of this process, as it was when it was first asked for: a team of threads lowers OpenBLAS's
  /// own number while it works.
  public static func current() -> BLASEnvironment { measured }

  private static let measured: BLASEnvironment = {
    BLASEnvironment(
      core: String(cString: openblas_get_corename()), threads: Int(openblas_get_num_threads()),
      configuration: String(cString: openblas_get_config())
        .split(separator: " ").joined(separator: " "))
  }()

  /// The version alone, such as `0.3.21`; the whole configuration when it holds none.
  public var version: String {
    configuration.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init)
      ?? configuration
  }
}
