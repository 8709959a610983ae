import CKernelCall
import Foundation
import Losses

/// Calls of one kernel with fixed extents and tunables, over buffers that stay.
///
/// Everything that does not change from call to call is done once: the layout, the call
/// interface of libffi, the arguments. What is left of a call beyond the kernel is filling the
/// outputs, the jump, and a look at what was written: about a hundred nanoseconds at 64 rows.
///
/// The kernel must outlive the call; it runs in this process.
public final class PreparedCall {
  /// The extents that the buffers have.
  let layout: CallLayout
  public let tunables: [Double]
  private let kernel: UnsafeMutableRawPointer
  private let plan: OpaquePointer
  private let input: AlignedBuffer
  private let output: AlignedBuffer
  private let outputs: [Output]
  private var sequence: UInt32 = 0

  private struct Output {
    var column: LossColumn?
    var values: UnsafeMutablePointer<Double>
    var count: Int
    /// Words behind the values that the kernel has no business with.
    var zone: Int
  }

  /// - Parameters:
  ///   - batch: gives the extents; its columns are not read.
  ///   - tunables: one value for each of the descriptor's.
  /// - Throws: ``LossFailure``: `hostFault` when there is no memory or libffi refuses.
  init(
    kernel: UnsafeMutableRawPointer, descriptor: LossDescriptor, batch: LossBatch,
    tunables: [Double]
  ) throws(LossFailure) {
    self.kernel = kernel
    self.tunables = tunables
    let layout = CallLayout(descriptor, batch)
    let input = AlignedBuffer(bytes: layout.inputBytes)
    let output = AlignedBuffer(bytes: layout.outputBytes)
    guard let plan = kernelcall_create() else {
      throw LossFailure(.hostFault(cause: "no memory for a call"))
    }
    var outputs: [Output] = []
    let arguments = layout.parameters.map { parameter in
      let (kind, bits): (Int, UInt64) =
        switch parameter {
        case .number(let value): (KERNELCALL_U32, UInt64(value))
        case .tunable(let index): (KERNELCALL_F64, tunables[index].bitPattern)
        case .input(_, let offset, _):
          (KERNELCALL_POINTER, UInt64(UInt(bitPattern: input.base + offset)))
        case .output(_, let offset, _):
          (KERNELCALL_POINTER, UInt64(UInt(bitPattern: output.base + offset)))
        }
      if case .output(let column, let offset, let count) = parameter {
        outputs.append(
          Output(
            column: column, values: (output.base + offset).assumingMemoryBound(to: Double.self),
            count: count, zone: CallLayout.zoneWords(after: count)))
      }
      return kernelcall_argument(kind: UInt32(kind), reserved: 0, bits: bits)
    }
    guard kernelcall_bind(plan, arguments, UInt32(arguments.count)) == 0 else {
      kernelcall_destroy(plan)
      throw LossFailure(.hostFault(cause: "libffi refuses a call"))
    }
    (self.layout, self.input, self.output, self.plan) = (layout, input, output, plan)
    self.outputs = outputs
  }

  deinit { kernelcall_destroy(plan) }

  /// Copies a batch of the same extents into the buffers.
  public func load(_ batch: LossBatch) {
    layout.fill(
      batch, input: input.base, output: output.base, pattern: CallLayout.pattern(sequence))
  }

  /// Calls the kernel on what was loaded. The outputs are then in ``read()``.
  ///
  /// - Returns: whether every element was written with a number and nothing beyond; if not,
  ///   ``read()`` tells what is wrong.
  /// - Throws: ``LossFailure`` for a status of the kernel.
  @discardableResult
  public func run() throws(LossFailure) -> Bool {
    sequence &+= 1
    let pattern = CallLayout.pattern(sequence)
    kernelcall_fill(
      output.base.assumingMemoryBound(to: UInt64.self), layout.outputBytes / 8, pattern)
    let status = kernelcall_run(plan, kernel)
    if let failure = KernelStatus.failure(status) { throw failure }
    var isGood = true
    for place in outputs {
      let behind = UnsafeRawPointer(place.values + place.count)
        .assumingMemoryBound(to: UInt64.self)
      isGood =
        isGood && kernelcall_any_nan(place.values, place.count) == 0
        && kernelcall_all_equal(behind, place.zone, pattern) != 0
    }
    return isGood
  }

  /// What the last call of ``run()`` left.
  ///
  /// - Parameter isGood: what ``run()`` returned.
  /// - Throws: ``LossFailure``: `failed(bounds)`.
  func read(isGood: Bool) throws(LossFailure) -> RawOutput {
    guard isGood else {
      return try layout.read(layout.copy(output.base), pattern: CallLayout.pattern(sequence))
    }
    var result = LossOutput(values: [], gradients: [:])
    for place in outputs {
      let values = [Double](UnsafeBufferPointer(start: place.values, count: place.count))
      if let column = place.column {
        result.gradients[column] = values
      } else {
        result.values = values
      }
    }
    return RawOutput(output: result, unwritten: [])
  }
}

extension CallLayout {
  /// Words behind an output of `count` elements that must keep the pattern: the padding and the
  /// red zone.
  fileprivate static func zoneWords(after count: Int) -> Int {
    let bytes = (count * 8 + alignment - 1) / alignment * alignment
    return bytes / 8 - count + alignment / 8
  }
}

/// Memory on a boundary of 64 bytes.
final class AlignedBuffer {
  let base: UnsafeMutableRawPointer

  init(bytes: Int) {
    base = .allocate(byteCount: max(bytes, 64), alignment: CallLayout.alignment)
  }

  deinit { base.deallocate() }
}
