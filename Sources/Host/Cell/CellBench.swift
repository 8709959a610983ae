import Foundation
import Losses

/// What keeping a plug-in in a cell costs: medians, on a machine that should be idle.
public struct CellBench: Sendable, Codable {
  /// Seconds from the wish for a cell to the outputs of its first call.
  public var start: Double
  /// Seconds of one call, from Swift arrays to Swift arrays.
  public var roundTrip: Double
  /// Seconds of the same call with the library in this process.
  public var inline: Double
  /// Seconds of one audit (see ``AuditedLoss``) of ``AuditedLoss/interval`` calls.
  public var audit: Double
  /// Bytes of the cell's processes that no library's file backs.
  public var residentBytes: Int
  public var rows: Int
  public var layers: [String]

  /// Measures a pairwise plug-in.
  ///
  /// - Parameters:
  ///   - folder: where the library is put for the call in this process.
  ///   - starts, calls: how many of each are measured.
  ///   - progress: told what is measured, about twenty times for each.
  /// - Throws: ``LossFailure``: whatever the plug-in or its cell throws.
  public init(
    _ image: PluginImage, cells: LocalCells, folder: URL, rows: Int = 64, starts: Int = 40,
    calls: Int = 4000, progress: (_ stage: String, _ fraction: Double) -> Void = { _, _ in }
  ) throws(LossFailure) {
    self.rows = rows
    let reached = try CellLayers.probe(cells)
    layers = reached.names
    let first = try CellLoss(image: image, cells: cells)
    let batch = ProbeBatches(seed: 0, descriptor: first.descriptor).typical(rows: rows)
    let tunables = first.descriptor.tunableValues()
    func open() throws(LossFailure) -> any RawLoss { try CellLoss(image: image, cells: cells) }

    start = try Self.median(starts, { progress("starts", $0) }) { () throws(LossFailure) in
      _ = try open().evaluate(batch, tunables: tunables)
    }
    _ = try first.evaluate(batch, tunables: tunables)
    residentBytes = cells.reporters.reduce(0) { $0 + Self.resident(treeOf: $1) }
    roundTrip = try Self.median(calls, { progress("round trips", $0) }) { () throws(LossFailure) in
      _ = try first.evaluate(batch, tunables: tunables)
    }
    let loaded = try InlineLoss(image: image, folder: folder)
    inline = try Self.median(calls, { progress("inline calls", $0) }) { () throws(LossFailure) in
      _ = try loaded.evaluate(batch, tunables: tunables)
    }
    audit = try Self.median(3, { progress("audits", $0) }) { () throws(LossFailure) in
      let loss = AuditedLoss(loaded, seed: 0, fresh: open)
      for _ in 0..<AuditedLoss.interval { _ = try loss.evaluate(batch, tunables: tunables) }
      try loss.finish()
    }
  }

  /// Seconds that a cell adds to each step of a training, audits included.
  public var perStep: Double { roundTrip - inline + audit / Double(AuditedLoss.interval) }

  private static func median(
    _ count: Int, _ progress: (Double) -> Void, _ body: () throws(LossFailure) -> Void
  ) throws(LossFailure) -> Double {
    let clock = ContinuousClock()
    var times: [Double] = []
    for round in 0..<count {
      if round % max(1, count / 20) == 0 { progress(Double(round) / Double(count)) }
      let began = clock.now
      try body()
      times.append((clock.now - began) / .seconds(1))
    }
    return times.sorted()[count / 2]
  }

  /// Anonymous and shared memory of a process and all below it.
  private static func resident(treeOf process: Int32) -> Int {
    let folder = "/proc/\(process)"
    let status = (try? String(contentsOfFile: "\(folder)/status", encoding: .utf8)) ?? ""
    let kilobytes = status.split(separator: "\n")
      .filter { $0.hasPrefix("RssAnon:") || $0.hasPrefix("RssShmem:") }
      .compactMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } }
    let children =
      (try? String(contentsOfFile: "\(folder)/task/\(process)/children", encoding: .utf8)) ?? ""
    return kilobytes.reduce(0, +) * 1024
      + children.split(separator: " ").compactMap { Int32($0) }.reduce(0) {
        $0 + resident(treeOf: $1)
      }
  }
}
