import Foundation
import Losses
import PluginABI

/// The call of `loss_describe_v1`: what both loaders do around it.
enum DescribeCall {
  /// Zeroes the descriptor's place and says how much room there is.
  static func prepare(_ place: UnsafeMutableRawPointer) {
    memset(place, 0, DescriptorDecoder.size)
    place.assumingMemoryBound(to: loss_descriptor.self).pointee.struct_size =
      UInt32(DescriptorDecoder.size)
  }

  /// Copies the descriptor once and reads the copy.
  ///
  /// - Throws: ``LossFailure``: `rejected(descriptor)`.
  static func read(
    _ place: UnsafeRawPointer, status: Int32
  ) throws(LossFailure) -> LossDescriptor {
    let copy = [UInt8](UnsafeRawBufferPointer(start: place, count: DescriptorDecoder.size))
    guard status == 0 else {
      throw LossFailure(
        .rejected(.descriptor), "loss_describe_v1 returned \(status)",
        remedy: "Fill the descriptor and return 0.")
    }
    return try DescriptorDecoder.decode(copy)
  }

  static func missing(_ name: String) -> LossFailure {
    LossFailure(
      .rejected(.gate), "the library does not export \(name)",
      remedy: "Export loss_describe_v1 and loss_kernel_v1 as C functions; see loss_abi.h.")
  }

  static func notLoaded(_ text: String) -> LossFailure {
    // The loader names the file by the descriptor through which it was opened.
    let message = text.replacing("/proc/self/fd/3: ", with: "")
    return LossFailure(
      .rejected(.gate), "the dynamic loader refuses the library: \(message)",
      remedy: "Link the plug-in so that every symbol is found in libc and libm.")
  }
}
