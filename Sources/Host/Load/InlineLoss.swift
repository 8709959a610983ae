import CKernelCall
import Foundation
import Losses

/// A loss whose plug-in is loaded into this process: for code that the user trusts.
///
/// Its library stays loaded until the process ends: unloading code that may have left pointers
/// behind is never safe. A crash of the plug-in is a crash of the process.
public final class InlineLoss: RawLoss {
  public let descriptor: LossDescriptor
  private let kernel: UnsafeMutableRawPointer
  private let plan: OpaquePointer
  private var sequence: UInt32 = 0
  private var layout: CallLayout?
  private var input = AlignedBuffer(bytes: 0)
  private var output = AlignedBuffer(bytes: 0)

  /// Loads a plug-in and reads its descriptor.
  ///
  /// - Parameter folder: where the library is put under the name of its content. `dlopen` gives
  ///   back the old image for a path that it knows, so a path may never have two contents.
  /// - Throws: ``LossFailure``: `rejected(gate)`, `rejected(descriptor)`, or `hostFault` when the
  ///   folder cannot be written.
  public init(image: PluginImage, folder: URL) throws(LossFailure) {
    let path = try Self.store(image, in: folder)
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw DescribeCall.notLoaded(String(cString: dlerror()).replacing("\(path): ", with: ""))
    }
    guard let describe = dlsym(handle, "loss_describe_v1") else {
      throw DescribeCall.missing("loss_describe_v1")
    }
    guard let kernel = dlsym(handle, "loss_kernel_v1") else {
      throw DescribeCall.missing("loss_kernel_v1")
    }
    guard let plan = kernelcall_create() else {
      throw LossFailure(.hostFault(cause: "no memory for a call"))
    }
    self.kernel = kernel
    self.plan = plan
    let place = AlignedBuffer(bytes: DescriptorDecoder.size)
    DescribeCall.prepare(place.base)
    var argument = kernelcall_argument(
      kind: UInt32(KERNELCALL_POINTER), reserved: 0, bits: UInt64(UInt(bitPattern: place.base)))
    var status: Int32 = 0
    guard kernelcall_call(plan, describe, &argument, 1, &status) == 0 else {
      throw LossFailure(.hostFault(cause: "libffi refuses a call"))
    }
    descriptor = try DescribeCall.read(place.base, status: status)
  }

  deinit { kernelcall_destroy(plan) }

  public func evaluateRaw(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    try CellLoss.requireFit(descriptor, batch, tunables)
    let layout = layout.flatMap { $0.fits(batch) ? $0 : nil } ?? CallLayout(descriptor, batch)
    self.layout = layout
    if input.bytes < layout.inputBytes { input = AlignedBuffer(bytes: layout.inputBytes) }
    if output.bytes < layout.outputBytes { output = AlignedBuffer(bytes: layout.outputBytes) }
    sequence &+= 1
    let pattern = CallLayout.pattern(sequence)
    layout.fill(batch, input: input.base, output: output.base, pattern: pattern)
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
      return kernelcall_argument(kind: UInt32(kind), reserved: 0, bits: bits)
    }
    var status: Int32 = 0
    guard kernelcall_call(plan, kernel, arguments, UInt32(arguments.count), &status) == 0 else {
      throw LossFailure(.hostFault(cause: "libffi refuses a call"))
    }
    if let failure = KernelStatus.failure(status) { throw failure }
    return try layout.read(layout.copy(output.base), pattern: pattern)
  }

  /// Writes the library under its content's name; a complete file of that name is kept.
  private static func store(_ image: PluginImage, in folder: URL) throws(LossFailure) -> String {
    let file = folder.appendingPathComponent("\(image.digest.hex).so")
    if let size = try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int,
      size == image.bytes.count
    {
      return file.path
    }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try image.bytes.write(to: file, options: .atomic)
    } catch {
      throw LossFailure(
        .hostFault(cause: "the library cannot be stored"),
        "\(file.path) cannot be written: \(error)")
    }
    return file.path
  }
}

/// Memory on a boundary of 64 bytes.
private final class AlignedBuffer {
  let base: UnsafeMutableRawPointer
  let bytes: Int

  init(bytes: Int) {
    self.bytes = bytes
    base = .allocate(byteCount: max(bytes, 64), alignment: CallLayout.alignment)
  }

  deinit { base.deallocate() }
}
