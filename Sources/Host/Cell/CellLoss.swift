import CKernelCall
import Foundation
import Losses

/// A loss whose plug-in runs in a cell.
///
/// After a failure the cell is dead; the next call starts a fresh one. A batch that does
/// not fit the regions moves the plug-in to a fresh cell with larger ones.
public final class CellLoss: RawLoss {
  public private(set) var descriptor: LossDescriptor
  public let limits: CellLimits
  private let image: PluginImage
  private let cells: any CellSource
  private var connection: CellConnection?
  private var layout: CallLayout?
  private var meter: CallMeter

  /// Starts a cell, loads the plug-in in it and reads its descriptor.
  ///
  /// - Throws: ``LossFailure``: how the plug-in's loading or `loss_describe_v1` ended, or
  ///   `rejected(descriptor)`.
  public init(
    image: PluginImage, cells: any CellSource, limits: CellLimits = CellLimits()
  ) throws(LossFailure) {
    self.image = image
    self.cells = cells
    self.limits = limits
    let starting = try StartingCell(image: image, cells: cells, limits: limits)
    meter = CallMeter(limits)
    connection = starting.connection
    descriptor = try starting.describe()
  }

  /// Replaces the cell by a fresh one that no call has touched.
  ///
  /// - Throws: ``LossFailure`` as ``init(image:cells:limits:)``, and `failed(determinism)`
  ///   when the plug-in describes itself in other words than before.
  public func restart() throws(LossFailure) {
    try restart(inputBytes: 0, outputBytes: 0)
  }

  /// The layers of the cell that runs now; nil between cells.
  public func layers() throws(LossFailure) -> CellLayers? {
    guard let connection else { return nil }
    return try connection.layersReached()
  }

  /// Ends the cell; the next call starts a fresh one.
  public func close() { connection = nil }

  public func evaluateRaw(
    _ batch: LossBatch, tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    try Self.requireFit(descriptor, batch, tunables)
    let layout = layout.flatMap { $0.fits(batch) ? $0 : nil } ?? CallLayout(descriptor, batch)
    self.layout = layout
    if connection == nil || layout.inputBytes > connection?.regions.inputCapacity ?? 0
      || layout.outputBytes > connection?.regions.outputCapacity ?? 0
    {
      try restart(inputBytes: layout.inputBytes, outputBytes: layout.outputBytes)
    }
    guard let connection else { throw LossFailure(.hostFault(cause: "there is no cell")) }
    do throws(LossFailure) {
      let raw = try Self.call(connection, layout, batch, tunables)
      try meter.add(size: layout.inputBytes / 8, wall: connection.seconds) {
        () throws(LossFailure) in try connection.processorTime()
      }
      return raw
    } catch {
      // A status leaves the plug-in alive; anything else it does not survive, nor may it.
      if !Self.leavesCellAlive(error.finding.verdict) { self.connection = nil }
      throw error
    }
  }

  private static func leavesCellAlive(_ verdict: Verdict) -> Bool {
    switch verdict {
    case .failed(let check): check == "status" || check == "shape"
    default: false
    }
  }

  private static func call(
    _ connection: CellConnection, _ layout: CallLayout, _ batch: LossBatch, _ tunables: [Double]
  ) throws(LossFailure) -> RawOutput {
    let regions = connection.regions
    let pattern = CallLayout.pattern(connection.nextSequence)
    layout.fill(batch, input: regions.columns, output: regions.outputs, pattern: pattern)
    let request = UnsafeMutableRawPointer(regions.request)
    let place = MemoryLayout<cellwire_request>.offset(of: \.arguments) ?? 0
    let arguments = (request + place).assumingMemoryBound(to: cellwire_argument.self)
    for (index, parameter) in layout.parameters.enumerated() {
      arguments[index] = wire(parameter, tunables)
    }
    regions.request.pointee.operation = UInt32(CELLWIRE_CALL)
    regions.request.pointee.argument_count = UInt32(layout.parameters.count)
    let (outcome, status) = try connection.exchange()
    // A cell makes every call that the host can ask for, so nobody else wrote that.
    guard outcome == CELLWIRE_RETURNED else { throw connection.breach() }
    // Once, before anything is looked at: the plug-in may still be writing.
    let words = layout.copy(regions.outputs)
    if let failure = KernelStatus.failure(status) { throw failure }
    return try layout.read(words, pattern: pattern)
  }

  private static func wire(
    _ parameter: CallLayout.Parameter, _ tunables: [Double]
  ) -> cellwire_argument {
    let (kind, bits): (Int, UInt64) =
      switch parameter {
      case .number(let value): (CELLWIRE_U32, UInt64(value))
      case .tunable(let index): (CELLWIRE_F64, tunables[index].bitPattern)
      case .input(_, let offset, _):
        (CELLWIRE_INPUT_OFFSET, UInt64(Int(CELLWIRE_REQUEST_SIZE) + offset))
      case .output(_, let offset, _):
        (CELLWIRE_OUTPUT_OFFSET, UInt64(Int(CELLWIRE_REPLY_SIZE) + offset))
      }
    return cellwire_argument(kind: UInt32(kind), reserved: 0, bits: bits)
  }

  /// The caller's part of the contract, which must not reach the plug-in broken.
  static func requireFit(
    _ descriptor: LossDescriptor, _ batch: LossBatch, _ tunables: [Double]
  ) throws(LossFailure) {
    do {
      try descriptor.requireColumns(of: batch)
    } catch {
      throw LossFailure(error)
    }
    guard tunables.count == descriptor.tunables.count else {
      throw LossFailure(
        .hostFault(cause: "\(tunables.count) tunables for \(descriptor.tunables.count)"))
    }
  }
}

extension CellLoss {
  /// Columns and outputs of this size fit without moving to larger regions: 4,096 pairs.
  static let smallestCapacity = 256 << 10

  private func restart(inputBytes: Int, outputBytes: Int) throws(LossFailure) {
    if let used = try connection?.processorTime() { meter.keep(processor: used) }
    connection = nil
    let starting = try StartingCell(
      image: image, cells: cells, limits: limits, inputCapacity: Self.capacity(inputBytes),
      outputCapacity: Self.capacity(outputBytes))
    guard try starting.describe() == descriptor else {
      throw LossFailure(
        .failed(check: "determinism"), "the plug-in describes itself differently each time",
        remedy: "Fill the descriptor with constants.")
    }
    connection = starting.connection
  }

  /// Rounded up to a power of two, so that growing batches do not each need a new cell.
  private static func capacity(_ bytes: Int) -> Int {
    var capacity = smallestCapacity
    while capacity < bytes { capacity *= 2 }
    return capacity
  }
}

extension CellLoss: ProcessorTimed {
  public func processorSeconds() throws(LossFailure) -> Double? {
    try connection?.processorTime().map { Double($0) * 1e-9 }
  }
}
