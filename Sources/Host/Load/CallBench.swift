import CKernelCall
import Foundation
import Losses

/// What calls of an inline plug-in cost, in nanoseconds.
///
/// Each number is the least mean of many rounds of calls: other programs only ever add time.
public struct CallBench: Sendable, Codable {
  public var rows: Int
  /// A prepared call beyond its kernel: filling the outputs, the jump through libffi, looking at
  /// what was written. Measured on a kernel that computes next to nothing, against the same
  /// kernel called directly.
  public var overhead: Double
  /// One prepared call of the loss: value and gradients.
  public var call: Double
  /// The same from Swift arrays to Swift arrays, as a trainer makes it.
  public var evaluate: Double

  /// Measures.
  ///
  /// - Parameter progress: told before each of three parts.
  /// - Throws: whatever the loss throws.
  public init(
    _ loss: InlineLoss, rows: Int, tunables: [Double], seconds: Double = 0.4,
    progress: (_ fraction: Double) -> Void = { _ in }
  ) throws(LossFailure) {
    self.rows = rows
    let batch = ProbeBatches(seed: 0, descriptor: loss.descriptor).typical(rows: rows)
    let prepared = try loss.prepare(for: batch, tunables: tunables)
    prepared.load(batch)
    try prepared.run()
    progress(0)
    call = try Self.nanoseconds(seconds) { () throws(LossFailure) in try prepared.run() }
    progress(1 / 3)
    evaluate = try Self.nanoseconds(seconds) { () throws(LossFailure) in
      _ = try loss.evaluate(batch, tunables: tunables)
    }
    progress(2 / 3)
    overhead = try Self.overhead(rows: rows, seconds: seconds)
  }

  private static func overhead(rows: Int, seconds: Double) throws(LossFailure) -> Double {
    let columns: [LossColumn] = [
      .policyChosen, .policyRejected, .referenceChosen, .referenceRejected,
    ]
    let tunables = (0..<16).map {
      Tunable(name: "t\($0)", minimum: 0, maximum: 1, initial: 0.1)
    }
    let arguments: [LossDescriptor.Argument] =
      [.rows] + columns.map { .input($0) } + (0..<16).map { .tunable($0) }
      + [.value, .gradient(.policyChosen), .gradient(.policyRejected)]
    let descriptor = LossDescriptor(
      name: "idle", summary: "", family: .pairwise, claims: [], arguments: arguments,
      tunables: tunables)
    let batch = ProbeBatches(seed: 0, descriptor: descriptor).typical(rows: rows)
    typealias Pointer = UnsafePointer<Double>?
    typealias Output = UnsafeMutablePointer<Double>?
    let kernel:
      @convention(c) (
        UInt32, Pointer, Pointer, Pointer, Pointer, Double, Double, Double, Double, Double, Double,
        Double, Double, Double, Double, Double, Double, Double, Double, Double, Double, Output,
        Output, Output
      ) -> Int32 = kernelcall_idle_kernel
    let prepared = try PreparedCall(
      kernel: unsafeBitCast(kernel, to: UnsafeMutableRawPointer.self), descriptor: descriptor,
      batch: batch, tunables: descriptor.tunableValues())
    prepared.load(batch)
    let input = [Double](repeating: -1, count: rows)
    var outputs = [Double](repeating: 0, count: 3 * rows)
    let count = UInt32(rows)
    // Both in turn, so that a machine that slows down slows both.
    var least = (whole: Double.infinity, bare: Double.infinity)
    for _ in 0..<8 {
      let whole = try nanoseconds(seconds / 16) { () throws(LossFailure) in try prepared.run() }
      let bare = outputs.withUnsafeMutableBufferPointer { outputs in
        input.withUnsafeBufferPointer { input in
          let (x, out) = (input.baseAddress, outputs.baseAddress)
          return nanoseconds(seconds / 16) {
            _ = kernel(
              count, x, x, x, x, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, out,
              out.map { $0 + rows }, out.map { $0 + 2 * rows })
          }
        }
      }
      least = (min(least.whole, whole), min(least.bare, bare))
    }
    return max(0, least.whole - least.bare)
  }

  /// The least mean time of one call over rounds of 200.
  private static func nanoseconds<Failure: Error>(
    _ seconds: Double, _ body: () throws(Failure) -> Void
  ) throws(Failure) -> Double {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var least = Double.infinity
    repeat {
      let start = clock.now
      for _ in 0..<200 { try body() }
      let parts = (clock.now - start).components
      least = min(least, (Double(parts.seconds) * 1e9 + Double(parts.attoseconds) * 1e-9) / 200)
    } while clock.now < end
    return least
  }
}
