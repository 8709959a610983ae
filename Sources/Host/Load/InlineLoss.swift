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
  private var prepared: PreparedCall?

  /// Loads a plug-in and reads its descriptor.
  ///
  /// - Parameter folder: where the library is put under the name of its content. `dlopen` gives
  ///   back the old image for a path that it knows, so a path may never have two contents.
  /// - Throws: ``LossFailure``: `rejected(gate)`, `rejected(descriptor)`, or `hostFault` when the
  ///   folder cannot be written.
  public init(image: PluginImage, folder: URL) throws(LossFailure) {
    let path = try Self.store(image, in: folder)
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw DescribeCall.notLoaded(String(cString: dlerror()), image, CellLimits())
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
    defer { kernelcall_destroy(plan) }
    self.kernel = kernel
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

  public func evaluateRaw(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    try CellLoss.requireFit(descriptor, batch, tunables)
    let call = try prepare(for: batch, tunables: tunables)
    call.load(batch)
    return try call.read(isGood: try call.run())
  }

  /// A call for batches of these extents: the one of the last call where it fits, else a new one.
  ///
  /// - Throws: ``LossFailure``: `hostFault` when there is no memory.
  public func prepare(
    for batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> PreparedCall {
    if let prepared, prepared.layout.fits(batch), prepared.tunables == tunables { return prepared }
    let call = try PreparedCall(
      kernel: kernel, descriptor: descriptor, batch: batch, tunables: tunables)
    prepared = call
    return call
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

extension InlineLoss: ProcessorTimed {
  /// The calling thread's clock: a loss runs on the thread that calls it.
  public func processorSeconds() -> Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
