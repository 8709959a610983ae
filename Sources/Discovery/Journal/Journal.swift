import Foundation
import GRDB
import Losses

/// The append-only record of a run, an SQLite database in WAL mode.
///
/// Each event is a transaction that is on the disk when ``append(_:at:)`` returns
/// (`synchronous = FULL`). Other processes may read at any time.
public final class Journal {
  public static let fileName = "journal.sqlite"

  public let path: String
  let database: DatabaseQueue
  private let run: String
  private let clock: RunClock
  private var lastID: Int64
  private let elapsedBefore: Double
  private let openedAt: Double

  /// Opens the journal of a run for writing; a missing or empty file is made a new journal.
  ///
  /// - Throws: `LossmithError`: `runDirectory` for a file that is no journal, is damaged or was
  ///   written by a newer program; `storage` when the disk does not let it be opened.
  public init(in run: URL, clock: RunClock = .system) throws {
    let path = run.appending(path: Self.fileName).path
    self.path = path
    self.run = run.path
    self.clock = clock
    do {
      var configuration = Configuration()
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(10)
      configuration.label = "journal"
      database = try DatabaseQueue(path: path, configuration: configuration)
      // After opening: entering WAL mode would set NORMAL, which can lose the last events
      // at a power cut.
      try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      let last = try database.write { db in
        try JournalSchema.prepare(db, path: path)
        return try Row.fetchOne(db, sql: "SELECT id, elapsed FROM event ORDER BY id DESC LIMIT 1")
      }
      lastID = last?["id"] ?? 0
      elapsedBefore = last?["elapsed"] ?? 0
    } catch {
      throw StorageFault.sqlite(error, path: path, run: run.path)
    }
    openedAt = clock.seconds()
  }

  /// Seconds that the run has worked: earlier sessions up to their last event, and this one.
  public var elapsed: Double { elapsedBefore + max(0, clock.seconds() - openedAt) }

  /// Writes an event and waits until the disk has it.
  ///
  /// - Throws: `LossmithError` (`storage`), for example on a full disk; the events before stay.
  @discardableResult
  public func append(_ body: JournalEvent.Body, at place: JournalEvent.Place = .init()) throws
    -> JournalEvent
  {
    let event = JournalEvent(
      id: lastID + 1,
      time: Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(clock.now()),
      elapsed: elapsed, place: place, body: body)
    let payload = String(decoding: try body.payload(), as: UTF8.self)
    do {
      try database.write { db in
        try db.execute(
          sql: """
            INSERT INTO event (id, time, elapsed, kind, generation, attempt, candidate, payload)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            event.id, event.time, event.elapsed, body.kind, place.generation, place.attempt,
            place.candidate, payload,
          ])
      }
    } catch {
      throw StorageFault.sqlite(error, path: path, run: run)
    }
    lastID = event.id
    return event
  }

  /// All events, oldest first.
  ///
  /// - Throws: `LossmithError`: `runDirectory` for a row that cannot be read, `storage`.
  public func events() throws -> [JournalEvent] {
    try Self.events(in: database, path: path, run: run)
  }

  /// The events of a run that another process may be working on; nothing is written.
  ///
  /// - Throws: as ``events()``.
  public static func read(in run: URL) throws -> [JournalEvent] {
    let path = run.appending(path: fileName).path
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    if let events = try? readAtRest(path, run: run) { return events }
    return try read(path, opening: path, run: run)
  }

  /// The events of a journal that nobody writes to, without a trace.
  ///
  /// SQLite's readers put two files beside a database in WAL mode, and leave them there. They are not
  /// needed while there is no log: the database is then opened as one that cannot change, and read again
  /// the other way if it did all the same.
  private static func readAtRest(_ path: String, run: URL) throws -> [JournalEvent]? {
    func size(_ file: String) -> Int? {
      (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int
    }
    guard size(path + "-wal") ?? 0 == 0 else { return nil }
    let before = size(path)
    let address = URL(fileURLWithPath: path).absoluteString + "?immutable=1"
    let events = try read(path, opening: address, run: run)
    return size(path + "-wal") ?? 0 == 0 && size(path) == before ? events : nil
  }

  private static func read(
    _ path: String, opening name: String, run: URL
  ) throws -> [JournalEvent] {
    do {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let database = try DatabaseQueue(path: name, configuration: configuration)
      let isEmpty = try database.read { db in
        if try JournalSchema.isEmpty(db) { return true }
        try JournalSchema.check(db, path: path)
        return false
      }
      return isEmpty ? [] : try events(in: database, path: path, run: run.path)
    } catch {
      throw StorageFault.sqlite(error, path: path, run: run.path)
    }
  }

  private static func events(in database: DatabaseQueue, path: String, run: String) throws
    -> [JournalEvent]
  {
    do {
      return try database.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM event ORDER BY id").map { row in
          let id: Int64 = row["id"]
          do {
            return JournalEvent(
              id: id, time: row["time"], elapsed: row["elapsed"],
              place: .init(
                generation: row["generation"], attempt: row["attempt"],
                candidate: row["candidate"]),
              body: try .init(kind: row["kind"], payload: Data((row["payload"] as String).utf8)))
          } catch {
            throw LossmithError(
              .runDirectory, "Event \(id) of the journal cannot be read.", at: path,
              remedy: "Restore the file from a copy, or start a new run.", underlying: error)
          }
        }
      }
    } catch {
      throw StorageFault.sqlite(error, path: path, run: run)
    }
  }
}
