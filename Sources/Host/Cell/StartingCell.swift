import CKernelCall
import Foundation
import Losses

/// A cell that was started and asked to describe its plug-in.
///
/// When the last reference goes, the cell ends.
final class StartingCell {
  let image: PluginImage
  let cells: any CellSource
  let limits: CellLimits
  let connection: CellConnection

  /// - Throws: ``LossFailure`` (`hostFault`) when no cell can be started.
  init(
    image: PluginImage, cells: any CellSource, limits: CellLimits,
    inputCapacity: Int = CellLoss.smallestCapacity, outputCapacity: Int = CellLoss.smallestCapacity
  ) throws(LossFailure) {
    self.image = image
    self.cells = cells
    self.limits = limits
    do throws(LossmithError) {
      let regions = try CellRegions(
        inputCapacity: inputCapacity, outputCapacity: outputCapacity)
      DescribeCall.prepare(regions.outputs)
      regions.request.pointee.operation = UInt32(CELLWIRE_DESCRIBE)
      connection = try CellConnection(
        plugin: image.descriptor, regions: regions, limits: limits, cells: cells)
    } catch {
      throw LossFailure(error)
    }
    try connection.post()
  }

  /// Waits for the descriptor. To be called once.
  ///
  /// - Throws: ``LossFailure`` as ``CellLoss/init(image:cells:limits:)``.
  func describe() throws(LossFailure) -> LossDescriptor {
    do throws(LossFailure) {
      let (outcome, status) = try connection.reply()
      let isLoading = try connection.isLoading()
      if outcome == CELLWIRE_RETURNED {
        // A library whose constructor does not return, and answers itself, would keep what only the
        // dynamic loader may do.
        if isLoading == true { throw connection.unfinished() }
        return try DescribeCall.read(connection.regions.outputs, status: status)
      }
      // Only before it was loaded has a plug-in had no chance to write to the reply itself.
      guard isLoading ?? true else { throw connection.breach() }
      switch outcome {
      case CELLWIRE_NO_DESCRIBE: throw DescribeCall.missing("loss_describe_v1")
      case CELLWIRE_NO_KERNEL: throw DescribeCall.missing("loss_kernel_v1")
      case CELLWIRE_NOT_LOADED:
        throw DescribeCall.notLoaded(connection.regions.text, image, limits)
      default: throw connection.breach()
      }
    } catch {
      throw DescribeCall.explained(error)
    }
  }
}

extension CellRegions {
  /// The reply's text in ASCII. Whoever wrote it: ``DescribeCall/notLoaded(_:_:_:)`` finds known
  /// words in it and shows none of it.
  var text: String {
    let place = MemoryLayout<cellwire_reply>.offset(of: \.text) ?? 0
    let bytes = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(reply) + place, count: Int(CELLWIRE_TEXT_SIZE))
    return String(
      decoding: bytes.prefix { $0 != 0 }.map { (0x20..<0x7f).contains($0) ? $0 : 0x3f },
      as: UTF8.self)
  }
}
