import CKernelCall
import CLaunch
import Foundation
import Losses

/// The two memory regions of one cell, mapped here for reading and writing.
///
/// DESIGN gives their making to the supervisor; the worker makes them, because the seal
/// that denies every later writable mapping of the input must follow the worker's own mapping.
final class CellRegions {
  let input: OwnedDescriptor
  let output: OwnedDescriptor
  /// Bytes for columns; bytes for outputs.
  let inputCapacity: Int
  let outputCapacity: Int
  private let inputBase: UnsafeMutableRawPointer
  private let outputBase: UnsafeMutableRawPointer

  /// - Throws: `LossmithError(.hostFault)` when the system gives no memory.
  init(inputCapacity: Int, outputCapacity: Int) throws(LossmithError) {
    self.inputCapacity = inputCapacity
    self.outputCapacity = outputCapacity
    input = try OwnedDescriptor.memoryFile("loss-input")
    output = try OwnedDescriptor.memoryFile("loss-output")
    inputBase = try Self.map(input, Int(CELLWIRE_REQUEST_SIZE) + inputCapacity)
    do {
      outputBase = try Self.map(output, Int(CELLWIRE_REPLY_SIZE) + outputCapacity)
    } catch {
      munmap(inputBase, Int(CELLWIRE_REQUEST_SIZE) + inputCapacity)
      throw error
    }
    try input.seal(
      CLAUNCH_SEAL_SHRINK | CLAUNCH_SEAL_GROW | CLAUNCH_SEAL_FUTURE_WRITE | CLAUNCH_SEAL_SEAL)
    try output.seal(CLAUNCH_SEAL_SHRINK | CLAUNCH_SEAL_GROW | CLAUNCH_SEAL_SEAL)
    request.pointee.magic = CELLWIRE_MAGIC
    request.pointee.version = CELLWIRE_VERSION
  }

  deinit {
    munmap(inputBase, Int(CELLWIRE_REQUEST_SIZE) + inputCapacity)
    munmap(outputBase, Int(CELLWIRE_REPLY_SIZE) + outputCapacity)
  }

  var request: UnsafeMutablePointer<cellwire_request> {
    inputBase.assumingMemoryBound(to: cellwire_request.self)
  }
  var reply: UnsafeMutablePointer<cellwire_reply> {
    outputBase.assumingMemoryBound(to: cellwire_reply.self)
  }
  var columns: UnsafeMutableRawPointer { inputBase + Int(CELLWIRE_REQUEST_SIZE) }
  var outputs: UnsafeMutableRawPointer { outputBase + Int(CELLWIRE_REPLY_SIZE) }

  /// A field of the request or the reply that the other side watches.
  static func word<Root>(
    _ base: UnsafeMutablePointer<Root>, _ path: KeyPath<Root, UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(base) + (MemoryLayout<Root>.offset(of: path) ?? 0))
      .assumingMemoryBound(to: UInt32.self)
  }

  private static func map(
    _ file: OwnedDescriptor, _ size: Int
  ) throws(LossmithError) -> UnsafeMutableRawPointer {
    guard ftruncate(file.number, size) == 0,
      let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0),
      base != MAP_FAILED
    else { throw LossmithError(.hostFault, "no shared memory: \(Errno.text(errno))") }
    return base
  }
}
