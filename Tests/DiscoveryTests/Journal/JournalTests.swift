import Foundation
import GRDB
import Losses
import Testing

@testable import Discovery

@Suite("The journal")
struct JournalTests {
  @Test("gives back what was written, in order, after it is opened again")
  func roundTrip() throws {
    let fixture = try ResumeTests.fixture()
    try fixture.start()
    let events = try fixture.events()
    #expect(events.map(\.id) == (1...Int64(events.count)).map { $0 })
    #expect(Set(events.map(\.body.kind)).count >= 14)
    for event in events {
      let again = try JournalEvent.Body(kind: event.body.kind, payload: try event.body.payload())
      #expect(again == event.body)
    }
    #expect(events[0].time == "2023-11-14T22:13:20.000Z")
  }

  @Test("keeps NaN and infinities of metrics that are not η")
  func nonFiniteMetrics() throws {
    let record = EvaluationRecord(
      plugin: "x", finding: Finding(.ok), referenceHash: "r",
      seeds: [.init(seed: 0, metrics: ["reward": 1, "kl": .infinity, "length": -.infinity])],
      seconds: 1)
    let body = JournalEvent.Body.evaluated(.init(record: record))
    #expect(try JournalEvent.Body(kind: body.kind, payload: try body.payload()) == body)
  }

  @Test("is on the disk before an append returns, in WAL mode with FULL synchronisation")
  func durability() throws {
    let fixture = try RunFixture([])
    let directory = try fixture.create()
    let pragmas = try directory.journal.database.read { db in
      try ["journal_mode", "synchronous", "user_version"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)")
      }
    }
    #expect(pragmas == ["wal", "2", "\(JournalSchema.version)"])
  }

  @Test("cannot be changed, only added to")
  func appendOnly() throws {
    let fixture = try RunFixture([])
    try fixture.start()
    let database = try DatabaseQueue(path: fixture.url.appending(path: Journal.fileName).path)
    for sql in ["UPDATE event SET kind = 'x'", "DELETE FROM event"] {
      let error = #expect(throws: DatabaseError.self) {
        try database.write { try $0.execute(sql: sql) }
      }
      #expect(error?.message?.contains("append-only") == true)
    }
    // The control: adding a row is allowed.
    try database.write {
      try $0.execute(
        sql: """
          INSERT INTO event (time, elapsed, kind, payload) VALUES ('t', 0, 'exhausted', '{}')
          """)
    }
  }

  @Test("has a view of the candidates for people with sqlite3")
  func views() throws {
    let fixture = try ResumeTests.fixture()
    try fixture.start()
    let database = try DatabaseQueue(path: fixture.url.appending(path: Journal.fileName).path)
    let rows = try database.read { try Row.fetchAll($0, sql: "SELECT * FROM candidates") }
    #expect(rows.count == eventfulScript.count)
    #expect(rows[0]["name"] == "first")
    #expect(abs((rows[0]["eta"] as Double) - 0.651) < 1e-9)
    #expect(rows[1]["name"] == "unreadable")
    #expect(rows[1]["verdict"] == "rejected(parse)")
    #expect(rows[1]["eta"] == (nil as Double?))
    let baselines = try database.read { try String.fetchAll($0, sql: "SELECT name FROM baselines") }
    #expect(baselines == ["dpo", "slic"])
  }

  @Test("can be read while another process works on the run")
  func concurrentReader() throws {
    let fixture = try RunFixture([reply("a", "eta 0.7")])
    var seen: [Int] = []
    let url = fixture.url
    fixture.evaluator.onEvaluation = { _ in
      seen.append((try? RunDirectory.read(at: url).events.count) ?? -1)
    }
    try fixture.start()
    #expect(seen == [2, 4, 12])
  }

  @Test("of a newer program is refused")
  func newerSchema() throws {
    let fixture = try RunFixture([])
    try fixture.start()
    let path = fixture.url.appending(path: Journal.fileName).path
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "PRAGMA user_version = \(JournalSchema.version + 1)")
    }
    for attempt in [{ try fixture.goOn() as Any }, { try fixture.events() as Any }] {
      let error = #expect(throws: LossmithError.self) { _ = try attempt() }
      #expect(error?.code == .runDirectory)
      #expect(error?.message.contains("newer Lossmith") == true)
      #expect(error?.message.contains("schema \(JournalSchema.version + 1)") == true)
    }
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "PRAGMA user_version = \(JournalSchema.version)")
    }
    #expect(try fixture.goOn().reason == .exhausted)
  }

  @Test("of an older program is read as it is, goes on, and is lifted to the new tables")
  func olderSchema() throws {
    let whole = try ResumeTests.fixture()
    let end = settled(try whole.start().summary)
    let fixture = try ResumeTests.fixture()
    fixture.interruptAfter = 40
    try fixture.start()
    fixture.interruptAfter = nil
    // What version 1 had: the same events, a view without the cheap stage, a configuration without it.
    let path = fixture.url.appending(path: Journal.fileName).path
    try DatabaseQueue(path: path).write {
      try $0.execute(
        sql: """
          DROP VIEW candidates;
          CREATE VIEW candidates AS SELECT candidate FROM event GROUP BY candidate;
          PRAGMA user_version = 1;
          """)
    }
    let file = fixture.url.appending(path: RunDirectory.configName)
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    for key in ["cheapStage", "firstSeeds", "finalists"] { #expect(!text.contains(key)) }

    let before = try fixture.events()
    #expect(try version(path) == 1)
    let outcome = try fixture.goOn()
    #expect(settled(outcome.summary) == end)
    #expect(try fixture.events().prefix(before.count) == before[...])
    #expect(try version(path) == JournalSchema.version)
    let columns = try DatabaseQueue(path: path).read { try $0.columns(in: "candidates") }
    #expect(columns.contains { $0.name == "cheap_eta" })
  }

  private func version(_ path: String) throws -> Int? {
    try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
  }

  @Test("has the cheap stage and the learning curves of every candidate, also for sqlite3")
  func stagesAndCurves() throws {
    let fixture = try CheapStageTests.fixture()
    var curve = LearningCurve()
    curve.step = [1, 2]
    curve.loss = [0.7, .infinity]
    fixture.evaluator.curve = curve
    try fixture.start()
    let database = try DatabaseQueue(path: fixture.url.appending(path: Journal.fileName).path)
    let rows = try database.read { try Row.fetchAll($0, sql: "SELECT * FROM candidates") }
    #expect(rows[1]["name"] == "idle" && rows[1]["stopped_at"] == "cheap")
    #expect(abs((rows[1]["cheap_eta"] as Double) - 0.401) < 1e-12)
    #expect(rows[1]["eta"] == (nil as Double?))
    #expect(rows[0]["stopped_at"] == (nil as String?))
    let losses = try database.read {
      try String.fetchAll(
        $0,
        sql: """
          SELECT payload ->> '$.record.seeds[2].curve.loss' FROM event
          WHERE kind = 'evaluated' AND candidate = 1
          """)
    }
    #expect(losses == ["[0.7,\"inf\"]"])
    let read = try RunState.fold(try fixture.events()).candidates[0].record?.seeds.map(\.curve)
    #expect(read == [curve, curve, curve])
  }

  @Test("that is no database, another program's database, or damaged is refused in plain words")
  func damaged() throws {
    func error(_ damage: (URL) throws -> Void) throws -> LossmithError? {
      let fixture = try RunFixture([reply("a", "eta 0.7")])
      try fixture.start()
      let file = fixture.url.appending(path: Journal.fileName)
      try damage(file)
      let error = #expect(throws: LossmithError.self) { try fixture.goOn() }
      #expect(error?.code == .runDirectory)
      #expect(error?.remedy != nil)
      return error
    }
    let text = try error {
      try Data(String(repeating: "no database ", count: 99).utf8).write(to: $0)
    }
    #expect(text?.message.contains("damaged") == true)
    let foreign = try error {
      try FileManager.default.removeItem(at: $0)
      try DatabaseQueue(path: $0.path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
    }
    #expect(foreign?.message.contains("not a journal") == true)
    let row = try error {
      try DatabaseQueue(path: $0.path).write {
        try $0.execute(
          sql: "INSERT INTO event (time, elapsed, kind, payload) VALUES ('', 0, 'judged', '{}')")
      }
    }
    #expect(row?.message.contains("cannot be read") == true)
    let order = try error {
      try DatabaseQueue(path: $0.path).write {
        try $0.execute(
          sql: """
            INSERT INTO event (time, elapsed, kind, candidate, payload)
            VALUES ('', 0, 'build-started', 77, '{}')
            """)
      }
    }
    #expect(order?.message.contains("cannot follow") == true)
  }
}
