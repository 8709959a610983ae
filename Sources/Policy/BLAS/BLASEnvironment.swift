import COpenBLAS
import Foundation

/// What decides the bits of a product: recorded with every result.
public struct BLASEnvironment: Hashable, Sendable, Codable {
  /// The kernels that OpenBLAS picked: `Haswell`, `SkylakeX` …
  public var core: String
  /// Threads that share the work in this process: what `LOSSMITH_THREADS` says when it starts, as it does
  /// for workers, whatever cores there are; else as many as OpenBLAS would take.
  public var threads: Int
  /// Version and build options in OpenBLAS's own words.
  public var configuration: String

  public init(core: String, threads: Int, configuration: String) {
    self.core = core
    self.threads = threads
    self.configuration = configuration
  }

  /// That of this process: asked for once, whereupon OpenBLAS's own threads are switched off.
  ///
  /// From then on every product is computed by the thread that asks for it, and work is shared only by
  /// teams of threads whose shares are fixed. OpenBLAS's number of threads belongs to the whole process:
  /// were it turned down and up around each piece of work, one piece's end would change the bits of
  /// another that still runs.
  public static func current() -> BLASEnvironment { measured }

  private static let measured: BLASEnvironment = {
    let environment = BLASEnvironment(
      core: String(cString: openblas_get_corename()),
      threads: told ?? Int(openblas_get_num_threads()),
      configuration: String(cString: openblas_get_config())
        .split(separator: " ").joined(separator: " "))
    openblas_set_num_threads(1)
    return environment
  }()

  private static var told: Int? {
    ProcessInfo.processInfo.environment["LOSSMITH_THREADS"].flatMap(Int.init).flatMap {
      (1...1024).contains($0) ? $0 : nil
    }
  }

  /// The version alone, such as `0.3.21`; the whole configuration when it holds none.
  public var version: String {
    configuration.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init)
      ?? configuration
  }
}
