import Foundation
import Policy

/// What a bench took of memory: made before its work, asked after it.
///
/// In MB of 10⁶ bytes, resident, as `ru_maxrss` counts; the program's own pages and libraries are in it.
struct BenchMemory: Encodable {
  /// Before the work: program and libraries.
  var startMB: Double
  /// The most at any time.
  var peakMB: Double

  init() {
    startMB = Double(PeakMemory.resident) / 1e6
    peakMB = startMB
  }

  /// Of `bench train`, which measures several shapes in one process.
  init(_ result: TransformerBench.Result) {
    startMB = Double(result.startBytes) / 1e6
    peakMB = Double(result.peakBytes) / 1e6
  }

  /// The same after the work.
  func ended() -> BenchMemory {
    var memory = self
    memory.peakMB = Double(PeakMemory.bytes) / 1e6
    return memory
  }

  var text: String {
    String(format: "peak %.0f MB, %.0f MB above the start", peakMB, peakMB - startMB)
  }
}
