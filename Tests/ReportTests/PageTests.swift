import Foundation
import Losses
import Testing

@testable import Report

@Suite("Page")
struct PageTests {
  static func html(_ model: RunModel) throws -> String {
    try RunReport.html(model, templates: SampleRun.templates)
  }

  @Test("the page holds headline, pictures, table, failures and every proposal")
  func contents() throws {
    let page = try Self.html(SampleRun.model)
    #expect(page.contains("<h1>The best of 6 proposals is winner: η = 0.6680 ± 0.0060.</h1>"))
    #expect(page.contains("+0.023 [+0.011, +0.035]"))
    #expect(page.components(separatedBy: "<svg").count == 3)
    for candidate in SampleRun.model.candidates {
      #expect(page.contains("<details id=\"c\(candidate.index)\""))
      #expect(page.contains("The idea of \(candidate.name)."))
      #expect(page.contains("<b>let</b> source = <q>&quot;\(candidate.name)&quot;</q>"))
    }
    #expect(page.contains("rejected(compile)") && page.contains("How to mend broken."))
    #expect(page.contains("kink at 0 in winner"))
    #expect(page.contains("A transcript was replayed."))
    #expect(page.contains("Haswell") && page.contains("0.4089"))
    // A template key without a value would leave nothing; a misspelt tag would stay.
    #expect(!page.contains("{{"))
    #expect(try Self.html(SampleRun.model) == page)
  }

  @Test("the page asks nothing of the network and runs nothing")
  func selfContained() throws {
    let page = try Self.html(SampleRun.model)
    #expect(page.contains("default-src 'none'; style-src 'unsafe-inline'"))
    for forbidden in ["<script", "src=", "<link", "@import", "url(", "<iframe"] {
      #expect(!page.contains(forbidden))
    }
    let targets = page.components(separatedBy: "href=\"").dropFirst()
    #expect(
      targets.allSatisfy {
        $0.hasPrefix("#c") || $0.hasPrefix("#main") || $0.hasPrefix("data:text/csv;")
      })
    let addresses = page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    #expect(!addresses.contains("http://") && !addresses.contains("https://"))
  }

  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</pre></details><script>",
    "{{{title}}}<b>", "' onmouseover='alert(1)", "]]></style><script>",
    // Swift sees one character in a quote with a combining mark; a browser ends the attribute.
    "\"\u{301} onload=alert(1) <\u{301}script>", "nul\0 esc\u{1B}[31m \u{202E}txt",
  ]

  /// The sample with one text wherever a model, a plug-in or a user can write.
  static func filled(with text: String) -> RunModel {
    var model = closed
    model.title = text
    for index in closed.closing!.finalists.indices { model.closing?.finalists[index].name = text }
    model.closing?.untold = [text]
    model.closing?.sentences = [text]
    for index in closed.equalBudget!.sides.indices { model.equalBudget?.sides[index].best = text }
    model.closing?.finalists[1].verdict = .failed(check: text)
    model.proposer = text
    model.notes = [text]
    model.stopReason = text
    model.environment = [text: text]
    model.baselines[1].name = text
    for index in model.candidates.indices {
      model.candidates[index].name = text
      model.candidates[index].thought = text
      model.candidates[index].source = text
      model.candidates[index].message = text
      model.candidates[index].remedy = text
      model.candidates[index].warnings = [text]
    }
    model.candidates[2].verdict = .failed(check: text)
    return model
  }

  @Test("whatever a model or a plug-in wrote is escaped wherever it stands", arguments: hostile)
  func escaping(text: String) throws {
    let model = Self.filled(with: text)
    let plain = Self.unmarked(try Self.html(Self.filled(with: "harmless")))
    let page = Self.unmarked(try Self.html(model))
    // The same tags, in the same number: nothing that was written became markup. On bytes, because
    // characters would hide what combines with a bracket.
    #expect(Self.count("<", in: page) == Self.count("<", in: plain))
    #expect(Self.count(">", in: page) == Self.count(">", in: plain))
    #expect(Self.count("\"", in: page) == Self.count("\"", in: plain))
    #expect(!page.unicodeScalars.contains { $0 == "\0" || $0 == "\u{1B}" || $0 == "\u{202E}" })
    #expect(throws: Never.self) { try DrawingReader(RunReport.trajectorySVG(model)) }
    let ranking = try #require(RunReport.rankingSVG(model))
    #expect(throws: Never.self) { try DrawingReader(ranking) }
  }

  /// Without the elements that mark a source's words, whose number depends on the source.
  private static func unmarked(_ page: String) -> String {
    ["b", "i", "q", "u"].reduce(page) {
      $0.replacingOccurrences(of: "<\($1)>", with: "").replacingOccurrences(
        of: "</\($1)>", with: "")
    }
  }

  private static func count(_ mark: Unicode.Scalar, in text: String) -> Int {
    text.unicodeScalars.count { $0 == mark }
  }

  @Test("escaping keeps every other character")
  func markup() {
    #expect(
      Markup("a & b < c > d \"e\" 'f'").description
        == "a &amp; b &lt; c &gt; d &quot;e&quot; &#39;f&#39;")
    #expect(Markup("β·ρ → ∞\n\tη").description == "β·ρ → ∞\n\tη")
    #expect(Markup("\u{202E}").description == "⟨U+202E⟩")
    #expect(Markup("\u{200F}\u{200D}").description == "⟨U+200F⟩\u{200D}")
    #expect(Markup("a\r\nb").description == "a\nb")
  }

  @Test("the headline says no more than the interval does")
  func honesty() throws {
    func caution(_ delta: RunModel.Delta?) throws -> String {
      var model = SampleRun.model
      model.candidates[3].delta = delta
      let page = try Self.html(model)
      let start = try #require(page.range(of: "<p class=\"caution\">")).upperBound
      let end = try #require(page.range(of: "</p>", range: start..<page.endIndex)).lowerBound
      return String(page[start..<end])
    }
    let better = try caution(.init(mean: 0.023, low: 0.011, high: 0.035))
    #expect(better.contains("lies above 0") && better.contains("picked from 3"))
    let unclear = try caution(.init(mean: 0.01, low: -0.002, high: 0.022))
    #expect(unclear.contains("not distinguishable from DPO"))
    let worse = try caution(.init(mean: -0.1, low: -0.2, high: -0.05))
    #expect(worse.contains("worse than DPO"))
    #expect(try caution(.init(mean: 0.01, low: nil, high: nil)).contains("one seed"))
    #expect(try caution(nil).contains("no difference to DPO"))
  }

  /// The sample with finalists: the best of the search is not the best on fresh seeds.
  static let closed: RunModel = {
    var model = SampleRun.model
    model.closing = .init(
      finalists: [
        .init(
          name: "late", candidate: 6, search: SampleRun.eta(0.652), confirmed: SampleRun.eta(0.649),
          delta: .init(mean: 0.004, low: -0.003, high: 0.011), holm: 0.1234,
          atEqualKL: .init(mean: 0.002, low: -0.004, high: 0.008), equalKLHolm: 0.4321,
          beats: false, untold: [SampleRun.eta(0.58)]),
        .init(
          name: "winner", candidate: 4, search: SampleRun.eta(0.668),
          confirmed: nil, verdict: .diverged(step: 7), untold: [nil]),
        .init(
          name: "first", candidate: 1, search: SampleRun.eta(0.61), confirmed: SampleRun.eta(0.6),
          outside: 3, beats: false, untold: [SampleRun.eta(0.5)], isFormer: true),
      ], untold: ["winrate, untold"],
      sentences: ["No finalist is shown to beat DPO at equal KL."])
    model.equalBudget = .init(
      sides: [
        .init(
          name: "search", proposals: 6, measured: 3, trainings: 17, tokens: 1234, best: "late",
          search: SampleRun.eta(0.652), confirmed: SampleRun.eta(0.649),
          delta: .init(mean: 0.004, low: -0.003, high: 0.011)),
        .init(
          name: "best-of-n", proposals: 6, measured: 5, trainings: 25, best: "lucky",
          search: SampleRun.eta(0.66), confirmed: SampleRun.eta(0.641)),
      ], difference: .init(mean: 0.008, low: 0.002, high: 0.014))
    return model
  }()

  @Test("both numbers of a finalist are on the page, and the first line is of the fresh seeds")
  func finalists() throws {
    let page = try Self.html(Self.closed)
    #expect(
      page.contains(
        "<h1>The best of 6 proposals is late: η = 0.6490 ± 0.0060 on fresh seeds.</h1>"))
    #expect(page.contains("chosen for 0.6520 ± 0.0060 in the search"))
    #expect(page.contains("p = 0.1234 (Holm)"))
    #expect(page.contains("No finalist is shown to beat DPO at equal KL."))
    let start = try #require(page.range(of: "<section id=\"finalists\"")).lowerBound
    let end = try #require(page.range(of: "</section>", range: start..<page.endIndex)).upperBound
    let section = String(page[start..<end])
    for word in [
      "0.6520 ± 0.0060", "0.6490 ± 0.0060", "+0.0040 [−0.0030, +0.0110]", "0.1234", "0.4321",
      "diverged(7)", "KL outside of DPO’s frontier on 3 seeds", "winrate, untold",
      "0.5800 ± 0.0060", "href=\"#c4\"", "(former)",
    ] { #expect(section.contains(word), "\(word)") }
    #expect(!page.contains("{{"))
    // Without a confirmation there is no such section.
    #expect(!(try Self.html(SampleRun.model)).contains("id=\"finalists\""))
    // Without equal KL there are no such columns.
    var plain = Self.closed
    for index in plain.closing!.finalists.indices { plain.closing?.finalists[index].beats = nil }
    #expect(!(try Self.html(plain)).contains("at equal KL [95 %]"))
  }

  /// The section of this id on the page of a model.
  private static func section(_ id: String, _ model: RunModel) throws -> String {
    let page = try html(model)
    let start = try #require(page.range(of: "<section id=\"\(id)\"")).lowerBound
    let end = try #require(page.range(of: "</section>", range: start..<page.endIndex)).upperBound
    return String(page[start..<end])
  }

  @Test("search and blind sampling stand side by side, with what their difference says")
  func equalBudget() throws {
    let section = try Self.section("equal-budget", Self.closed)
    #expect(section.components(separatedBy: "<th scope=\"row\">").count == 3)
    for words in [
      "<th scope=\"row\">search</th><td class=\"number\">6</td><td class=\"number\">3</td>"
        + "<td class=\"number\">17</td><td class=\"number\">1234</td><td>late</td>"
        + "<td class=\"number\">0.6520 ± 0.0060</td><td class=\"number\">0.6490 ± 0.0060</td>"
        + "<td class=\"number\">+0.0040 [−0.0030, +0.0110]</td>",
      "<th scope=\"row\">best-of-n</th><td class=\"number\">6</td><td class=\"number\">5</td>"
        + "<td class=\"number\">25</td><td class=\"number\">0</td><td>lucky</td>"
        + "<td class=\"number\">0.6600 ± 0.0060</td><td class=\"number\">0.6410 ± 0.0060</td>"
        + "<td class=\"number\"></td>",
      "+0.0080 [+0.0020, +0.0140]: the search’s loss is the better one.",
    ] { #expect(section.contains(words), "\(words)") }
    #expect(!section.contains("not equal") && !section.contains("cheap stage"))
    // The table follows the finalists.
    let page = try Self.html(Self.closed)
    let places = ["finalists", "equal-budget", "trajectory"].map {
      page.range(of: "<section id=\"\($0)\"")?.lowerBound
    }
    #expect(places.allSatisfy { $0 != nil })
    #expect(places[0]! < places[1]! && places[1]! < places[2]!)
    // Without blind sampling there is no such section.
    #expect(!(try Self.html(SampleRun.model)).contains("id=\"equal-budget\""))
  }

  @Test("of search and blind sampling no more is said than the numbers do")
  func equalBudgetVerdicts() throws {
    func words(_ change: (inout RunModel.EqualBudget) -> Void) throws -> String {
      var model = Self.closed
      change(&model.equalBudget!)
      return try Self.section("equal-budget", model)
    }
    let open = try words { $0.difference = .init(mean: 0.01, low: -0.002, high: 0.022) }
    #expect(open.contains("these seeds show no difference"))
    let worse = try words { $0.difference = .init(mean: -0.01, low: -0.02, high: -0.001) }
    #expect(worse.contains("blind sampling’s loss is the better one"))
    let bare = try words { $0.difference = .init(mean: 0.01, low: nil, high: nil) }
    #expect(bare.contains("+0.0100: from one seed") && !bare.contains("better one"))
    let none = try words {
      $0.difference = nil
      $0.sides[1].best = nil
      $0.sides[1].proposals = 4
      $0.sides[0].cheapTrainings = 8
    }
    #expect(none.contains("they are not compared") && none.contains("<td>none</td>"))
    #expect(none.contains("not equal: best-of-n has 4 proposals, search has 6."))
    #expect(none.contains("on the cheap stage") && none.contains("<td class=\"number\">8</td>"))
  }

  @Test("a run in which everything failed, and one without proposals, have a page")
  func nothingMeasured() throws {
    var model = SampleRun.model
    model.candidates = model.candidates.filter { $0.eta == nil }
    let failed = try Self.html(model)
    #expect(failed.contains("No candidate was measured: 3 proposals failed."))
    #expect(failed.contains("The best baseline is dpo"))
    model.candidates = []
    model.baselines = []
    model.reference = nil
    let empty = try Self.html(model)
    #expect(empty.contains("No candidate has been proposed yet."))
    #expect(!empty.contains("<svg"))
  }

  /// A long run with all that a candidate can have.
  static var long: RunModel {
    var model = SampleRun.model
    model.candidates = (1...200).map { index in
      var candidate = SampleRun.candidate(
        index, generation: index, name: "loss_\(index)", mean: 0.5 + 0.0005 * Double(index),
        delta: .init(mean: 0.01, low: -0.01, high: 0.03))
      candidate.source = String(repeating: "let x = softplus(-batch.margin) // why\n", count: 24)
      candidate.thought = String(repeating: "A thought. ", count: 30)
      candidate.curves = CurveTests.curves(seeds: 3, steps: 64)
      candidate.curveTask = "reviews"
      candidate.shape = FigureTests.shape
      candidate.tradeoff = [
        .init(beta: 0.1, reward: SampleRun.eta(0.5 + 0.0005 * Double(index)), kl: SampleRun.eta(9))
      ]
      candidate.parents =
        index > 1 ? [.init(candidate: index - 1, name: "", relation: "parent")] : []
      return candidate
    }
    model.ledger = (0...200).map { .init(generation: $0, seconds: [.train: 3, .build: 1]) }
    return model
  }

  @Test("a run of 200 candidates stays under two megabytes and keeps every curve")
  func size() throws {
    let page = try Self.html(Self.long)
    #expect(page.utf8.count < 2_000_000)
    #expect(page.contains("the first 40 rows"))
    #expect(page.components(separatedBy: "<title>Learning curves of").count == 201)
    #expect(page.components(separatedBy: "<b>let</b>").count > 4800)
    // A short one has all the points.
    var short = Self.long
    short.candidates = Array(short.candidates.prefix(3))
    #expect(try Self.html(short).contains("the band reaches from"))
  }

  @Test("long texts are cut so that the page stays small, and it says where they are whole")
  func longTexts() throws {
    var model = Self.long
    // Every character of these wants to be escaped or marked.
    let source = String(repeating: "let a = \"<&>\" // '\n", count: 4000)
    for index in model.candidates.indices {
      model.candidates[index].source = "let start_\(index + 1) = 0\n" + source
      model.candidates[index].thought = String(repeating: "\"<&>\" ", count: 2000)
      model.candidates[index].message = String(repeating: "it 'fails' & ", count: 2000)
      model.candidates[index].remedy = String(repeating: "<mend> ", count: 2000)
      model.candidates[index].warnings = [String](
        repeating: String(repeating: "\"kink\" ", count: 100), count: 50)
      if index % 2 == 0 {
        model.candidates[index].eta = nil
        model.candidates[index].verdict = .rejected(.compile)
      }
    }
    let page = try Self.html(model)
    #expect(page.utf8.count < 2_000_000)
    for index in 1...200 {
      #expect(page.contains("<details id=\"c\(index)\""))
      #expect(page.contains("start_\(index) "))
    }
    #expect(page.contains("lossmith show A run NUMBER") && page.contains("… and 46 more"))
    #expect(try Self.html(model) == page)
    // What has room is whole.
    var short = model
    short.candidates = Array(short.candidates.prefix(2))
    let whole = try Self.html(short)
    #expect(whole.utf8.count < 2_000_000)
    #expect(!whole.contains("lossmith show") && !whole.contains("more</li>"))
  }

  @Test("a model reads back from its JSON")
  func coding() throws {
    let data = try JSON.encode(SampleRun.model)
    #expect(try JSON.decode(RunModel.self, from: data) == SampleRun.model)
  }

  @Test("a missing and a broken template are named")
  func templates() {
    let missing = #expect(throws: LossmithError.self) {
      try ReportTemplates(folder: URL(fileURLWithPath: "/nowhere"))
    }
    #expect(missing?.code == .missingFile)
    #expect(missing?.location == "/nowhere")
    let texts = Dictionary(
      uniqueKeysWithValues: ReportTemplates.names.map { ($0, $0 == "page" ? "{{#open}}" : "") })
    let broken = #expect(throws: LossmithError.self) {
      try ReportTemplates(texts: texts)
    }
    #expect(broken?.code == .malformedInput)
    #expect(broken?.location == "page.mustache")
  }
}
