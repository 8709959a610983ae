import Foundation
import Losses

/// The directory of a run:
///
///     config.json                     what decides the run
///     journal.sqlite                  what happened, event by event
///     baselines/dpo/evaluation.json
///     candidates/0007-name/           reply.txt proposal.json loss.swift loss.so evaluation.json
///     lock                            held by the process that works on the run
///
/// Files are for people and other programs. The journal alone decides how a run goes on; only
/// a built library is read back.
public final class RunDirectory {
  static let configName = "config.json"

  public let url: URL
  public let config: RunConfig
  public let journal: Journal
  private let lock: RunLock

  private init(url: URL, config: RunConfig, journal: Journal, lock: RunLock) {
    self.url = url
    self.config = config
    self.journal = journal
    self.lock = lock
  }

  /// Makes the directory of a new run.
  ///
  /// - Throws: `LossmithError`: `usage` for a configuration that makes no sense, `runDirectory`
  ///   when the directory holds anything, `storage` when it cannot be written.
  public static func create(at url: URL, config: RunConfig, clock: RunClock = .system) throws
    -> RunDirectory
  {
    try config.validate()
    let url = url.absoluteURL.standardizedFileURL
    try refuseOccupied(url)
    try DurableFile.makeFolder(url, run: url)
    let lock = try RunLock(in: url)
    // Between the first look and the lock another process may have begun a run here.
    try refuseOccupied(url)
    try DurableFile.write(
      try RunJSON.encode(config, pretty: true), to: url.appending(path: configName), run: url)
    return RunDirectory(
      url: url, config: config, journal: try Journal(in: url, clock: clock), lock: lock)
  }

  /// `runs/20260131-142501-reviews` under a folder, in UTC; numbered when it is taken.
  public static func defaultURL(task: String, under folder: URL, now: Date = Date()) -> URL {
    let digits = Date.ISO8601FormatStyle().format(now).filter(\.isNumber)
    let name = "\(digits.prefix(8))-\(digits.dropFirst(8))-\(CandidateName.slug(task))"
    let runs = folder.appending(path: "runs")
    var url = runs.appending(path: name)
    var number = 2
    while FileManager.default.fileExists(atPath: url.path) {
      url = runs.appending(path: "\(name)-\(number)")
      number += 1
    }
    return url
  }

  /// Opens the directory of an interrupted run.
  ///
  /// - Parameter flags: what the command line says; it must not contradict the run.
  /// - Throws: `LossmithError`: `missingFile` when there is no such directory, `runDirectory` when
  ///   it is no run, another process works on it, or the flags disagree; `malformedInput` for a
  ///   damaged configuration; `storage`.
  public static func resume(
    at url: URL, flags: RunFlags = RunFlags(), clock: RunClock = .system
  ) throws -> RunDirectory {
    let url = url.absoluteURL.standardizedFileURL
    let config = try readConfig(in: url)
    let lock = try RunLock(in: url)
    let disagreements = config.disagreements(with: flags)
    guard disagreements.isEmpty else {
      throw LossmithError(
        .runDirectory,
        "The run was started with other settings: "
          + disagreements.joined(separator: "; ") + ".",
        at: url.path,
        remedy: "Leave these flags out to continue the run, or start a new one with --out.")
    }
    return RunDirectory(
      url: url, config: config, journal: try Journal(in: url, clock: clock), lock: lock)
  }

  /// The configuration and the events of a run, also of one that another process works on.
  ///
  /// - Throws: as ``resume(at:flags:clock:)`` but for the lock; nothing is written.
  public static func read(at url: URL) throws -> (config: RunConfig, events: [JournalEvent]) {
    let url = url.absoluteURL.standardizedFileURL
    return (try readConfig(in: url), try Journal.read(in: url))
  }

  /// The folder of a candidate or baseline, made if need be.
  func folder(_ relative: String) throws -> URL {
    let folder = url.appending(path: relative)
    try DurableFile.makeFolder(folder, run: url)
    return folder
  }

  /// Writes a file of a candidate or baseline whole or not at all.
  func write(_ bytes: Data, _ name: String, in relative: String) throws {
    try DurableFile.write(bytes, to: try folder(relative).appending(path: name), run: url)
  }

  private static func refuseOccupied(_ url: URL) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
      return
    }
    guard isDirectory.boolValue else {
      throw LossmithError(
        .runDirectory, "There is a file of this name.", at: url.path,
        remedy: "Give another directory with --out.")
    }
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: url.path)
    } catch {
      throw LossmithError(
        .runDirectory, "The directory cannot be read.", at: url.path,
        remedy: "Give another directory with --out.", underlying: error)
    }
    // A run that was killed before its configuration was written leaves these and is no run.
    guard entries.allSatisfy({ $0 == RunLock.fileName || $0.hasSuffix(".tmp") }) else {
      throw LossmithError(
        .runDirectory, "The directory exists and is not empty.", at: url.path,
        remedy: entries.contains(configName)
          ? "Continue the run in it with `lossmith discover --resume \(url.path)`, or give another"
            + " directory with --out."
          : "Give another directory with --out.")
    }
  }

  private static func readConfig(in url: URL) throws -> RunConfig {
    let file = url.appending(path: configName)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw LossmithError(
        .missingFile, "There is no such directory.", at: url.path,
        remedy: "Give the directory of a run that `lossmith discover` started.")
    }
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw LossmithError(
        .runDirectory, "The directory is not a run: it has no \(configName).", at: url.path,
        remedy: "Give the directory of a run that `lossmith discover` started.")
    }
    struct Header: Decodable { var format: Int }
    do {
      let data = try Data(contentsOf: file)
      let format = try RunJSON.decode(Header.self, from: data).format
      guard format <= 1 else {
        throw LossmithError(
          .runDirectory, "A newer Lossmith wrote the run (configuration format \(format)).",
          at: file.path, remedy: "Use the newer program, or start a new run.")
      }
      let config = try RunJSON.decode(RunConfig.self, from: data)
      try config.validate()
      return config
    } catch let error as LossmithError where error.code == .runDirectory {
      throw error
    } catch {
      throw LossmithError(
        .malformedInput, "The configuration of the run is damaged.", at: file.path,
        remedy: "Restore the file from a copy, or start a new run.", underlying: error)
    }
  }
}
