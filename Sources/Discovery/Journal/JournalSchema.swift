import GRDB
import Losses

/// The tables of `journal.sqlite`.
enum JournalSchema {
  /// Raised whenever an older program could misread the file.
  ///
  /// 2: the cheap stage and the finalists' further seeds. The events of version 1 are read as they are.
  /// 3: fingerprints, tuning, races of several looks, confirmation. Older events are read as they are.
  /// 4: an event for each request that failed or was repeated. Older events are read as they are.
  static let version = 4
  /// The bytes "Loss": tells a journal from any other SQLite file.
  static let applicationID = 0x4C6F_7373

  /// Makes the tables in an empty database, lifts a journal of an older version to this one and leaves
  /// one of this version alone.
  ///
  /// - Throws: `LossmithError` (`runDirectory`) for another program's database or a journal of a
  ///   newer Lossmith.
  static func prepare(_ db: Database, path: String) throws {
    if try isEmpty(db) {
      try db.execute(sql: tables + views)
    } else {
      let found = try check(db, path: path)
      if found < version {
        // Events never change; what people look at is made anew.
        for view in ["candidates", "baselines", "disturbances", "confirmations"] {
          try db.execute(sql: "DROP VIEW IF EXISTS \(view)")
        }
        try db.execute(sql: views + "PRAGMA user_version = \(version);")
      }
    }
  }

  static func isEmpty(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
  }

  /// - Returns: the version of the file.
  @discardableResult
  static func check(_ db: Database, path: String) throws -> Int {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard application == applicationID else {
      throw LossmithError(
        .runDirectory, "The file is a database, but not a journal of Lossmith.", at: path,
        remedy: "Name the directory of a run.")
    }
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found <= version else {
      throw LossmithError(
        .runDirectory,
        "A newer Lossmith wrote the journal (schema \(found); this program knows \(version)).",
        at: path, remedy: "Use the newer program, or start a new run.")
    }
    return found
  }

  private static let tables = """
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);

    -- Append-only: the state of a run is a fold over these rows.
    CREATE TABLE event (
      id INTEGER PRIMARY KEY,
      time TEXT NOT NULL,          -- ISO 8601, UTC
      elapsed REAL NOT NULL,       -- seconds worked, over all sessions
      kind TEXT NOT NULL,
      generation INTEGER,
      attempt INTEGER,             -- 0 is the first try, then 1...R
      candidate INTEGER,           -- number of the reply, from 1
      payload TEXT NOT NULL CHECK (json_valid(payload))
    ) STRICT;
    CREATE TRIGGER event_never_changes BEFORE UPDATE ON event
      BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER event_never_goes BEFORE DELETE ON event
      BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

    """

  private static let views = """
    -- For people with sqlite3; the program itself reads events only.
    CREATE VIEW candidates AS
      SELECT
        candidate, generation, attempt,
        max(CASE WHEN kind IN ('proposed', 'refused') THEN payload ->> '$.name' END) AS name,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.finding.verdict' END) AS verdict,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.stoppedAt' END) AS stopped_at,
        max(CASE kind WHEN 'fingerprinted' THEN payload ->> '$.twin.name' END) AS twin,
        max(CASE kind WHEN 'fingerprinted' THEN payload ->> '$.twin.scale' END) AS twin_scale,
        max(CASE kind WHEN 'tuned' THEN payload -> '$.tunables' END) AS tuned,
        max(CASE kind WHEN 'screened' THEN payload ->> '$.eta.mean' END) AS cheap_eta,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.eta.mean' END) AS eta,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.eta.se' END) AS se,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.delta.mean' END) AS delta,
        max(CASE kind WHEN 'judged' THEN payload ->> '$.finding.message' END) AS message,
        max(CASE kind WHEN 'evaluated' THEN payload ->> '$.record.seconds' END) AS seconds
      FROM event
      WHERE candidate IN (SELECT candidate FROM event WHERE kind = 'received')
      GROUP BY candidate;
    CREATE VIEW baselines AS
      SELECT
        payload ->> '$.record.plugin' AS name,
        payload ->> '$.record.finding.verdict' AS verdict,
        payload ->> '$.record.seconds' AS seconds
      FROM event WHERE kind = 'baseline-evaluated';
    -- One row a seed; candidate is null for DPO.
    CREATE VIEW confirmations AS
      SELECT
        event.candidate, event.payload ->> '$.record.plugin' AS name,
        seed.value ->> '$.seed' AS seed, seed.value ->> '$.metrics.reward' AS reward,
        seed.value ->> '$.metrics.kl' AS kl
      FROM event, json_each(event.payload, '$.record.seeds') AS seed
      WHERE event.kind = 'confirmed';
    CREATE VIEW disturbances AS
      SELECT id, time, kind, payload FROM event
      WHERE kind IN ('resumed', 'host-fault', 'stopped', 'attempted', 'repeated');

    """
}
