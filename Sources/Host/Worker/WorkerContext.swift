import Foundation
import Losses

/// What a job has in its hands inside a worker.
public final class WorkerContext {
  private let channel: ControlChannel
  private let cells: ChannelCells
  private var layers: CellLayers?
  /// Limits of the plug-ins of this job.
  public let limits: CellLimits
  /// A folder of this worker's own; goes with the session.
  public let scratch: URL

  init(channel: ControlChannel, limits: CellLimits, scratch: URL) {
    self.channel = channel
    self.limits = limits
    self.scratch = scratch
    cells = ChannelCells(channel)
  }

  /// Opens a plug-in in a fresh cell.
  ///
  /// - Throws: ``LossFailure`` as ``PluginImage/init(path:)`` and
  ///   ``CellLoss/init(image:cells:limits:)``.
  public func openCell(plugin: URL) throws(LossFailure) -> CellLoss {
    try openCell(image: try PluginImage(path: plugin.path))
  }

  /// The same for an image that is already read: how one plug-in gets several fresh cells.
  public func openCell(image: PluginImage) throws(LossFailure) -> CellLoss {
    try CellLoss(image: image, cells: cells, limits: limits)
  }

  /// Loads a plug-in into this worker: only for code that the user trusts.
  ///
  /// - Throws: ``LossFailure`` as ``PluginImage/init(path:)`` and
  ///   ``InlineLoss/init(image:folder:)``.
  public func openInline(plugin: URL) throws(LossFailure) -> InlineLoss {
    try InlineLoss(
      image: try PluginImage(path: plugin.path), folder: scratch.appendingPathComponent("inline"))
  }

  /// The layers that plug-ins' cells have here; found out once.
  ///
  /// - Throws: ``LossFailure``: `hostFault` where a cell cannot have all that it must have.
  public func cellLayers() throws(LossFailure) -> CellLayers {
    if let layers { return layers }
    let probed = try CellLayers.probe(cells, limits: limits)
    layers = probed
    return probed
  }

  /// The layers around this process, a worker, as it finds them itself.
  public static var ownLayers: [String] { WorkerJail.reached }

  /// Tells the supervisor how far the job is; lost without harm when the supervisor is gone.
  public func progress(_ data: Data) {
    try? channel.send(.progress(data))
  }
}

/// Cells that the supervisor starts on the worker's request.
private final class ChannelCells: CellSource {
  private let channel: ControlChannel

  init(_ channel: ControlChannel) { self.channel = channel }

  func startCell(
    plugin: Int32, input: Int32, output: Int32, limits: CellLimits
  ) throws(LossmithError) -> OwnedDescriptor {
    do throws(ControlChannel.Silence) {
      try channel.send(.startCell(limits), descriptors: [plugin, input, output])
      let (frame, descriptors) = try channel.receive()
      if case .cellStarted = frame, descriptors.count == 1 { return descriptors[0] }
      if case .cellRefused(let refusal) = frame { throw ControlChannel.Silence.refused(refusal) }
    } catch .refused(let refusal) {
      throw refusal.error
    } catch {
      throw LossmithError(.hostFault, "the supervisor does not answer: \(error)")
    }
    throw LossmithError(
      .hostFault, "the supervisor answered a request for a cell with something else")
  }
}
