import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("Archive")
struct ArchiveTests {
  @Test("A replay with published scores ends with both numbers and their rank correlation")
  func published() throws {
    func line(_ name: String, _ code: String, _ score: String) -> String {
      let text = String(decoding: try! RunJSON.encode(reply(name, code)), as: UTF8.self)
      return "{\"reply\": \(text), \"published_score\": \(score)}"
    }
    let scratch = try Scratch()
    let file = scratch.url.appending(path: "transcript.jsonl")
    let script = [
      line("a", "eta 0.61", "7.1"), line("b", "eta 0.62", "7.2"), line("c", "check shape", "null"),
      line("d", "eta 0.63", "7.4"), line("e", "eta 0.64", "7.3"),
    ]
    try Data(script.joined(separator: "\n").utf8).write(to: file)
    let proposer = try ReplayProposer(path: file.path)
    let fixture = try RunFixture([])
    var parts = fixture.parts
    parts.proposer = proposer
    let outcome = try DiscoveryRun(in: try fixture.create(), parts: parts).run()
    let comparison = try #require(outcome.summary.published)
    #expect(comparison.rows.map(\.score) == [7.1, 7.2, nil, 7.4, 7.3])
    #expect(comparison.rows.map { $0.eta != nil } == [true, true, false, true, true])
    #expect(comparison.rows[2].outcome == "failed(shape)")
    #expect(comparison.compared == 4)
    // One neighbouring swap of four: 1 − 6·2/(4·15).
    #expect(abs(try #require(comparison.rankCorrelation) - 0.8) < 1e-12)
    #expect(outcome.summary.table.contains("0.80"))
    // It is read off the journal, not off the transcript.
    try FileManager.default.removeItem(at: file)
    let (config, events) = try RunDirectory.read(at: fixture.url)
    #expect(RunSummary(of: try RunState.fold(events), config: config).published == comparison)
    // A control: replies without scores have no comparison.
    let plain = try RunFixture([reply("a", "eta 0.61")])
    #expect(try plain.start().summary.published == nil)
  }

  @Test("Runs are listed, the latest first, with the best proposal; what is no run is passed over")
  func listing() throws {
    let scratch = try Scratch()
    func place(_ name: String, _ replies: [String]) throws {
      let fixture = try RunFixture(replies)
      try fixture.start()
      try FileManager.default.copyItem(
        at: fixture.url, to: scratch.url.appending(path: name))
    }
    try place("one", [reply("first", "eta 0.65"), reply("second", "eta 0.7")])
    try place("two", [reply("third", "compile")])
    try FileManager.default.createDirectory(
      at: scratch.url.appending(path: "holiday"), withIntermediateDirectories: true)
    let broken = scratch.url.appending(path: "broken")
    try FileManager.default.createDirectory(at: broken, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: broken.appending(path: "config.json"))

    let runs = try RunListing.runs(in: scratch.url)
    let named = Dictionary(
      uniqueKeysWithValues: runs.map { (URL(filePath: $0.path).lastPathComponent, $0) })
    #expect(named.keys.sorted() == ["broken", "one", "two"])
    #expect(named["one"]?.best?.name == "second")
    #expect(named["one"]?.best?.candidate == 2)
    #expect(named["one"]?.measured == 2)
    #expect(named["two"]?.best == nil)
    #expect(named["broken"]?.problem != nil)
    let table = RunListing.table(runs)
    #expect(table.contains("second") && table.contains("exhausted"))
    #expect(
      try RunListing.runs(in: scratch.url.appending(path: "one")).map(\.candidates) == [2])
    #expect(throws: LossmithError.self) {
      try RunListing.runs(in: scratch.url.appending(path: "nowhere"))
    }
  }

  @Test("A proposal is found by number and by name, whatever became of it")
  func finding() throws {
    let fixture = try RunFixture([
      reply("first", "eta 0.65"), reply("second", "compile"), "No JSON at all.\u{1B}[2J",
    ])
    try fixture.start()
    let first = try ArchivedLoss("1", in: fixture.url)
    #expect(try ArchivedLoss("first", in: fixture.url).candidate == first.candidate)
    #expect(first.eta?.n == 3)
    #expect(first.thought == "Because.")
    #expect(first.text.contains("eta 0.65"))
    let second = try ArchivedLoss("2", in: fixture.url)
    #expect(second.eta == nil && second.finding?.verdict == .rejected(.compile))
    let third = try ArchivedLoss("3", in: fixture.url)
    #expect(third.code == nil && third.text.contains("No JSON at all."))
    // What a model wrote cannot steer the terminal.
    #expect(!third.text.contains("\u{1B}"))
    #expect(throws: LossmithError.self) { try third.files(stem: "x") }
    let error = try #require(throws: LossmithError.self) {
      try ArchivedLoss("frist", in: fixture.url)
    }
    #expect(error.code == .unknownName && error.remedy?.contains("first") == true)
  }

  @Test("What fresh seeds said of a finalist stands wherever its search number stands")
  func confirmed() throws {
    let fixture = try ConfirmationTests.fixture(SearchPlanTests.confirmed) { $0.finalists = 2 }
    let summary = try fixture.start().summary
    // Chosen for 0.79, and 0.5 on fresh seeds.
    let lucky = try ArchivedLoss("lucky", in: fixture.url)
    #expect(abs(try #require(lucky.confirmation?.eta).mean - 0.5015) < 1e-9)
    #expect(lucky.confirmation?.beats == false && (lucky.confirmation?.delta?.high ?? 1) < 0)
    #expect(lucky.text.contains("over 4 fresh seeds"))
    let notes = try #require(try lucky.files(stem: "x")["README.md"])
    #expect(notes.contains("- confirmed: reward 0.50") && notes.contains("by which it was chosen"))
    let third = try ArchivedLoss("third", in: fixture.url)
    #expect(third.confirmation == nil && !third.text.contains("fresh"))
    #expect(try third.files(stem: "x")["README.md"]?.contains("confirmed") == false)
    let run = try #require(try RunListing.runs(in: fixture.url).first)
    #expect(run.best?.name == summary.finalists?.first?.name)
    #expect(run.best?.confirmed == summary.finalists?.first?.confirmed)
    #expect(RunListing.table([run]).contains("confirmed η"))
    // A finalist that failed there has a verdict and no number.
    let failing = try ConfirmationTests.fixture([
      reply("fragile", "wobble 0.01 0.8|eta 0.6|diverge 4")
    ])
    try failing.start()
    let fragile = try ArchivedLoss("fragile", in: failing.url)
    #expect(fragile.confirmation?.eta == nil)
    #expect(fragile.text.contains("diverged(4) on fresh seeds"))
  }

  @Test("Lineage goes back through the parents to the seeds")
  func lineage() throws {
    let proposer = EvolveProposer(seed: 3)
    var request = ProposalRequest(
      generation: 1, attempt: 0, index: 0, system: "", opening: "", exchanges: [])
    var replies: [String] = []
    for index in 0..<30 {
      request.index = index
      let text = try #require(try proposer.propose(request)).text
      var reply = try #require(EvolvedReply(text: text))
      request.exchanges.append(.init(reply: text, feedback: ""))
      request.outcomes.append(.init(name: reply.name, lowerBound: Double(index)))
      // What the scripted evaluator understands.
      reply.code = "eta 0.\(600 + index)"
      replies.append(try reply.text)
    }
    let fixture = try RunFixture(replies)
    try fixture.start()
    let last = try ArchivedLoss("30", in: fixture.url)
    #expect(!last.parents.isEmpty)
    #expect(last.lineage.count >= 1)
    let seeds = Set(SeedLosses.all.map(\.name))
    for ancestor in last.lineage {
      for parent in ancestor.parents {
        #expect(seeds.contains(parent) || last.lineage.contains { $0.name == parent })
      }
    }
  }

  @Test("A folder is written whole, and never over anything")
  func folder() throws {
    let scratch = try Scratch()
    let place = scratch.url.appending(path: "loss")
    try ExportFolder.write(["a.swift": "a", "README.md": "b"], to: place)
    #expect(try String(contentsOf: place.appending(path: "a.swift"), encoding: .utf8) == "a")
    let error = try #require(throws: LossmithError.self) {
      try ExportFolder.write(["a.swift": "other"], to: place)
    }
    #expect(error.code == .usage)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["loss"])
  }
}
