import Foundation
import Host
import Losses

/// Trains losses on two disjoint sets of seeds, a pair of seeds at a time, and remembers each in a
/// file, so that it may be stopped anywhere and go on.
///
/// All losses have their first pair before any has its second: whenever it stops, what is there is a
/// study of fewer seeds.
public final class AgreementStudy {
  /// What decides the numbers. A folder belongs to one plan, but for the number of seeds: more may be
  /// asked for later.
  public struct Plan: Hashable, Sendable, Codable {
    public var format = 1
    public var task: String
    public var taskDigest: String
    public var metric: String
    /// In the order in which they are trained.
    public var losses: [String]
    public var tunables: [String: Double]
    public var settings: [String: String]

    public init(
      task: String, taskDigest: String, metric: String, losses: [String],
      tunables: [String: Double] = [:], settings: [String: String] = [:]
    ) {
      self.task = task
      self.taskDigest = taskDigest
      self.metric = metric
      self.losses = losses
      self.tunables = tunables
      self.settings = settings
    }
  }

  /// The seeds of a pair: even numbers are the first set, odd ones the second.
  public static func pair(_ index: Int) -> [UInt64] { [UInt64(2 * index), UInt64(2 * index + 1)] }

  static let fileName = "agreement.jsonl"
  /// Why a loss is left out whose gradients nobody could take.
  public static let notCallable = "could not be called"
  /// Pairs that workers are told of, the present one included.
  static let ahead = 3

  public let folder: URL
  public let plan: Plan
  private let lock: RunLock
  private let file: FileHandle
  private var records: [String: EvaluationRecord] = [:]

  /// Begins a study in a new folder, or goes on with the one that is there.
  ///
  /// - Throws: `LossmithError`: `runDirectory` for a folder of another plan or with anything else in
  ///   it, or that another process works on; `malformedInput` for a damaged line; `storage`.
  public init(in folder: URL, plan: Plan) throws {
    self.folder = folder.absoluteURL.standardizedFileURL
    self.plan = plan
    let url = self.folder
    let path = url.appending(path: Self.fileName)
    let found = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let isNew = !found.contains(Self.fileName)
    guard !isNew || found.allSatisfy({ $0 == RunLock.fileName || $0.hasSuffix(".tmp") }) else {
      throw LossmithError(
        .runDirectory, "The directory exists and is no study of agreement.", at: url.path,
        remedy: "Give another directory with --out.")
    }
    try DurableFile.makeFolder(url, run: url)
    lock = try RunLock(in: url)
    if isNew {
      try DurableFile.write(try RunJSON.encode(plan) + Data("\n".utf8), to: path, run: url)
    }
    guard let handle = FileHandle(forUpdatingAtPath: path.path) else {
      throw StorageFault.posix(errno, doing: "open the file", path: path.path, run: url.path)
    }
    file = handle
    try load(path)
  }

  deinit { try? file.close() }

  private struct Line: Codable {
    var loss: String
    var record: EvaluationRecord
  }

  private func load(_ path: URL) throws {
    let data = try file.readToEnd() ?? Data()
    // A line that a kill cut short has no end, and is done again.
    let whole = data.lastIndex(of: 0x0A).map { data[...$0] } ?? data[..<data.startIndex]
    let lines = whole.split(separator: 0x0A)
    for (number, line) in lines.enumerated() {
      do {
        if number == 0 {
          let stored = try RunJSON.decode(Plan.self, from: Data(line))
          guard stored == plan else {
            throw LossmithError(
              .runDirectory, "The study was begun with another task, losses or settings.",
              at: folder.path, remedy: "Give the flags that it began with, or another --out.")
          }
        } else {
          let entry = try RunJSON.decode(Line.self, from: Data(line))
          take(entry.record, of: entry.loss)
        }
      } catch let error as LossmithError {
        throw error
      } catch {
        throw LossmithError(
          .malformedInput, "The line is not a record of the study.",
          at: "\(path.path):\(number + 1)",
          remedy: "Delete the line, or start anew with another --out.", underlying: error)
      }
    }
    try file.truncate(atOffset: UInt64(whole.count))
    try file.seekToEnd()
  }

  private func take(_ record: EvaluationRecord, of loss: String) {
    records[loss] = records[loss]?.joined(with: record) ?? record
  }

  /// The next losses and pairs for a study of so many seeds a side, in order; empty when all is there.
  func next(_ count: Int, seeds: Int) -> [(loss: String, pair: [UInt64])] {
    var next: [(loss: String, pair: [UInt64])] = []
    for index in 0..<seeds {
      let pair = Self.pair(index)
      for loss in plan.losses where next.count < count {
        if let record = records[loss] {
          guard record.finding.verdict.isOK else { continue }
          if pair.allSatisfy({ seed in record.seeds.contains { $0.seed == seed } }) { continue }
        }
        next.append((loss, pair))
      }
    }
    return next
  }

  /// Pairs of a study of so many seeds a side that are there, and all that there will be.
  func extent(seeds: Int) -> (done: Int, all: Int) {
    let wanted = (0..<seeds).map(Self.pair)
    var extent = (done: 0, all: 0)
    for loss in plan.losses {
      if let record = records[loss], !record.finding.verdict.isOK { continue }
      extent.all += seeds
      extent.done += wanted.count { pair in
        pair.allSatisfy { seed in records[loss]?.seeds.contains { $0.seed == seed } ?? false }
      }
    }
    return extent
  }

  /// Trains until all is there or the time is up.
  ///
  /// - Parameters:
  ///   - seeds: of each side.
  ///   - pool: whose workers the evaluator has: they are told of the pairs that come next, so that none
  ///     waits for the other.
  ///   - isOver: asked between two trainings.
  ///   - progress: what is being done, the pairs that are there and all that there will be.
  /// - Returns: the agreement over the pairs that every loss has.
  public func run(
    seeds: Int, with evaluator: any CandidateEvaluator, pool: WorkerPool? = nil,
    isOver: () -> Bool = { false },
    progress: (String, (done: Int, all: Int)) throws -> Void = { _, _ in }
  ) throws -> Agreement {
    defer { pool?.announce([]) }
    while !isOver(), let (loss, pair) = next(1, seeds: seeds).first {
      pool?.announce(
        next(Self.ahead, seeds: seeds).flatMap {
          PooledEvaluator.items(.init(.baseline, name: $0.loss, seeds: $0.pair))
        })
      let extent = extent(seeds: seeds)
      let what = "\(loss), seeds \(pair[0]) and \(pair[1])"
      try progress(what, extent)
      var record: EvaluationRecord
      do {
        record = try evaluator.evaluate(baseline: loss, seeds: pair) { update in
          try progress("\(what): \(update.message)", extent)
        }
      } catch let failure as LossFailure {
        record = EvaluationRecord(
          plugin: loss, finding: failure.finding, referenceHash: "", seeds: [], seconds: 0)
      }
      if case .hostFault(let cause) = record.finding.verdict {
        throw LossmithError(.hostFault, cause, remedy: record.finding.message)
      }
      for index in record.seeds.indices { record.seeds[index].curve = nil }
      if record.finding.verdict.isOK,
        record.seeds.contains(where: { !($0.metrics[plan.metric]?.isFinite ?? false) })
      {
        record.finding = Finding(
          .failed(check: "eta"), "The trained policy's \(plan.metric) is not a finite number.")
        record.seeds = []
      }
      try write(Line(loss: loss, record: record))
      take(record, of: loss)
    }
    return agreement(seeds: seeds)
  }

  /// Over the pairs that every loss has which did not fail. Before every loss has its first pair, over
  /// the losses that have it; the others are named as left out.
  public func agreement(seeds: Int, dropped: [Agreement.Dropped] = []) -> Agreement {
    let all = plan.losses.compactMap { records[$0] }
    let sound = plan.losses.filter { records[$0]?.finding.verdict.isOK ?? true }
    var common = Array(0..<seeds).prefix { index in
      sound.allSatisfy { loss in
        Self.pair(index).allSatisfy { seed in
          records[loss]?.seeds.contains { $0.seed == seed } ?? false
        }
      }
    }
    var left = dropped
    if common.isEmpty, seeds > 0 {
      common = [0]
      left += plan.losses.filter { records[$0] == nil }.map {
        .init(name: $0, reason: "not trained yet")
      }
    }
    return Agreement(
      of: all, metric: plan.metric, first: common.map { Self.pair($0)[0] },
      second: common.map { Self.pair($0)[1] }, dropped: left)
  }

  private func write(_ line: Line) throws {
    do {
      try file.write(contentsOf: try RunJSON.encode(line) + Data("\n".utf8))
      try file.synchronize()
    } catch {
      throw LossmithError(
        .storage, "A result could not be written.", at: folder.path,
        remedy: "Make room, then give the same command again.", underlying: error)
    }
  }

  /// The losses to train, one for each set of gradients, and those that are left out.
  ///
  /// The first of several that equal each other, up to a factor or not, stands for them.
  public static func distinct(_ probed: [JournalEvent.Probed]) -> (
    losses: [String], dropped: [Agreement.Dropped]
  ) {
    var kept: [JournalEvent.Probed] = []
    var dropped: [Agreement.Dropped] = []
    for loss in probed {
      guard let mine = loss.fingerprint, mine.family == "pairwise" else {
        dropped.append(
          .init(
            name: loss.name,
            reason: loss.fingerprint.map { "\($0.family)" } ?? Self.notCallable))
        continue
      }
      let twin = kept.first { other in
        other.fingerprint.map { mine.likeness(to: $0) != .different } ?? false
      }
      if let twin {
        dropped.append(.init(name: loss.name, reason: "same gradients as \(twin.name)"))
      } else {
        kept.append(loss)
      }
    }
    return (kept.map(\.name), dropped)
  }
}
