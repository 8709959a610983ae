import CKernelCall
import CLaunch
import Foundation
import Losses

/// One running cell, seen from the worker: requests go in, replies or a verdict come out.
final class CellConnection {
  let regions: CellRegions
  private let limits: CellLimits
  private let socket: OwnedDescriptor
  private var sequence: UInt32 = 0
  private var watch = CellWatch()
  private let spins = cellwire_spins()
  private var pidfd: OwnedDescriptor?
  private var layers: CellLayers?

  // Computed once: key paths are slow, and these are used in every call.
  private let requestWord: UnsafeMutablePointer<UInt32>
  private let hostWaiting: UnsafeMutablePointer<UInt32>
  private let replyWord: UnsafeMutablePointer<UInt32>
  private let cellWaiting: UnsafeMutablePointer<UInt32>

  /// How long to sleep between looks at the socket and the clocks.
  private static let slice: UInt64 = 10_000_000

  init(
    plugin: OwnedDescriptor, regions: CellRegions, limits: CellLimits, cells: any CellSource
  ) throws(LossmithError) {
    self.regions = regions
    self.limits = limits
    requestWord = CellRegions.word(regions.request, \.sequence)
    hostWaiting = CellRegions.word(regions.request, \.waiting)
    replyWord = CellRegions.word(regions.reply, \.sequence)
    cellWaiting = CellRegions.word(regions.reply, \.waiting)
    socket = try cells.startCell(
      plugin: plugin.number, input: regions.input.number,
      output: regions.output.number, limits: limits)
  }

  /// Seconds of wall time that the last call took; see ``CellWatch``.
  var seconds: Double { watch.seconds }

  /// The number that the next request will have.
  var nextSequence: UInt32 { sequence &+ 1 }

  /// Sends the request that lies in the region and waits for its reply.
  ///
  /// - Returns: what became of it (`CELLWIRE_RETURNED` …) and the plug-in's status. Everything
  ///   else in the output region is for the caller to copy and to doubt.
  /// - Throws: ``LossFailure`` with the verdict when the plug-in process dies, takes too long or
  ///   breaks the protocol. The connection is of no use afterwards.
  func exchange() throws(LossFailure) -> (outcome: Int, status: Int32) {
    try post()
    return try reply()
  }

  /// Sends the request that lies in the region; ``reply()`` follows.
  func post() throws(LossFailure) {
    guard replyWord.pointee == sequence else { throw breach() }
    sequence = nextSequence
    cellwire_post(requestWord, sequence, cellWaiting)
  }

  /// Waits for the reply to what was sent; its time counts from here.
  func reply() throws(LossFailure) -> (outcome: Int, status: Int32) {
    let previous = sequence &- 1
    watch = CellWatch()
    var baseline: UInt64? = previous == 0 ? 0 : nil
    while true {
      let seen = cellwire_wait(replyWord, previous, hostWaiting, spins, Self.slice)
      watch.look()
      if seen == sequence {
        return (Int(regions.reply.pointee.outcome), regions.reply.pointee.status)
      }
      if seen != previous { throw breach() }
      while let report = try receive(wait: 0) { try handle(report) }
      if Interruption.isRequested {
        throw kill(LossFailure(.hostFault(cause: "interrupted"), "interrupted"))
      }
      if watch.seconds > 10 * limits.cpuSecondsPerCall { throw kill(.timeout(limits)) }
      if watch.seconds > Double(Self.slice) * 1e-9, let used = try processorTime() {
        let since = baseline ?? used
        baseline = since
        if Double(used - min(used, since)) * 1e-9 > limits.cpuSecondsPerCall {
          throw kill(.timeout(limits))
        }
      }
    }
  }

  /// A reply that no request asked for, or one for another request.
  func breach() -> LossFailure {
    kill(
      LossFailure(
        .failed(check: "protocol"),
        "the plug-in answered what it was not asked: the words before the outputs were forged",
        remedy: "Write to the output arrays only."))
  }

  /// An answer from a library that has not been loaded yet.
  func unfinished() -> LossFailure {
    kill(
      LossFailure(
        .failed(check: "protocol"),
        "the library answered calls while it was being loaded: a constructor of it does not return",
        remedy: "Do nothing in constructors."))
  }

  /// Kills the plug-in process and waits for the report of its end.
  ///
  /// - Parameter verdict: what the kill is for; an end of its own that came first has precedence.
  private func kill(_ verdict: LossFailure) -> LossFailure {
    var order = cellwire_order(order: UInt32(CELLWIRE_KILL))
    _ = claunch_send(socket.number, &order, MemoryLayout<cellwire_order>.size, nil, 0)
    do throws(LossFailure) {
      while let report = try receive(wait: 5) {
        if Int(report.report) == CELLWIRE_ENDED || Int(report.report) == CELLWIRE_FAULT {
          return CellEnd(report: report, limits: limits).failure(ordered: verdict)
        }
      }
    } catch {
      return error
    }
    return LossFailure(.hostFault(cause: "the cell's reporter does not answer"))
  }

  /// Whether the plug-in is still being loaded, by the reporter's word; nil where a kernel that cannot
  /// notify the reporter leaves that unknown.
  func isLoading() throws(LossFailure) -> Bool? {
    guard let report = try ask() else { return false }
    return report.notifying == 0 ? nil : Int(report.stage) == CELLWIRE_LOADING
  }

  /// Nanoseconds of processor time of the plug-in process; nil when the reporter has none to tell.
  func processorTime() throws(LossFailure) -> UInt64? { try ask()?.cpu_nanoseconds }

  private func ask() throws(LossFailure) -> cellwire_report? {
    var order = cellwire_order(order: UInt32(CELLWIRE_ASK_CPU))
    _ = claunch_send(socket.number, &order, MemoryLayout<cellwire_order>.size, nil, 0)
    while let report = try receive(wait: 1) {
      if Int(report.report) == CELLWIRE_CPU { return report }
      try handle(report)
    }
    return nil
  }

  private func handle(_ report: cellwire_report) throws(LossFailure) {
    switch Int(report.report) {
    case CELLWIRE_ENDED, CELLWIRE_FAULT:
      throw CellEnd(report: report, limits: limits).failure(ordered: nil)
    case CELLWIRE_ENTERED: layers = CellLayers(report: report)
    default: break
    }
  }

  /// The layers of this cell; known once it has answered.
  ///
  /// - Throws: ``LossFailure`` when the plug-in process has died meanwhile.
  func layersReached() throws(LossFailure) -> CellLayers? {
    while layers == nil, let report = try receive(wait: 1) { try handle(report) }
    return layers
  }

  /// The next packet of the reporter; nil when none comes in time.
  ///
  /// - Throws: `hostFault` when the reporter is gone without its last report.
  private func receive(wait seconds: Double) throws(LossFailure) -> cellwire_report? {
    if seconds > 0 {
      let ready = Poll.wait([.init(socket.number, .read)], until: Deadline(seconds: seconds))
      guard ready[0] else { return nil }
    }
    var report = cellwire_report()
    var descriptor: Int32 = -1
    var count: UInt32 = 1
    let size = MemoryLayout<cellwire_report>.size
    let received = claunch_receive(socket.number, &report, size, &descriptor, &count, 1)
    if count == 1, descriptor >= 0 { pidfd = OwnedDescriptor(descriptor) }
    if received == Int64(size) { return report }
    if received == Int64(-EAGAIN) { return nil }
    throw LossFailure(
      .hostFault(cause: "the cell's reporter is gone"),
      "the cell's reporter ended without a report")
  }
}
