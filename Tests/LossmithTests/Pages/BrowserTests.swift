import Discovery
import Foundation
import Losses
import Testing

/// Pages in a real browser. One browser at a time: machines that test are small.
@Suite(.serialized) struct BrowserTests {
  /// Does the work with a browser, on a thread of its own; says in one line when there is none.
  func withBrowser(_ work: @escaping @Sendable (Browser) throws -> Void) async throws {
    guard let program = Browser.program else {
      #expect(!Browser.isRequired, "There is no browser: scripts/install-dependencies.sh --tests")
      return print("pages: no Chromium here, so they are not opened in one")
    }
    try await onThread { try work(try Browser(program)) }
  }

  @Test("a report opens without complaint, asks for nothing and shows the journal's numbers")
  func report() async throws {
    let made = try await SampleRun.made.value
    try await withBrowser { browser in
      let address = made.run.appending(path: "report.html").absoluteString
      let page = try BrowserPage(address, in: browser)
      #expect(page.complaints.isEmpty, "\(page.complaints)")
      #expect(page.requests == [address])
      let best = try #require(made.summary.candidates.first)
      #expect(try page.text("h1").contains(best.name))
      #expect(try page.texts("#ranking tbody th") == made.summary.measured.map(\.name))
      try Self.requireDrawnNumbers(page, made.run)
      try Self.requireLegibleTables(page)
      try Self.requireHarmless(page, scripts: 0)
    }
  }

  /// Points stand where the journal's η are: read off the drawing by the ticks of its axis.
  private static func requireDrawnNumbers(_ page: BrowserPage, _ run: URL) throws {
    let (config, events) = try RunDirectory.read(at: run)
    let etas = try RunState.fold(events).candidates.compactMap {
      $0.measurement?.estimate(config.metric)?.mean
    }
    let drawn = try page.evaluate(
      """
      (() => {
        const chart = document.querySelector("#trajectory svg");
        const ticks = [...chart.querySelectorAll("line[data-tick]")];
        const at = (line) => line.getBoundingClientRect().top;
        const [a, b] = [ticks[0], ticks[ticks.length - 1]];
        const slope = (b.dataset.tick - a.dataset.tick) / (at(b) - at(a));
        return [...chart.querySelectorAll("circle.point")].map((circle) => {
          const box = circle.getBoundingClientRect();
          return Number(a.dataset.tick) + slope * (box.top + box.height / 2 - at(a));
        });
      })()
      """)
    let values = try #require(drawn as? [Double])
    #expect(values.count == etas.count)
    // Half a pixel of some 300.
    let tolerance = ((etas.max() ?? 0) - (etas.min() ?? 0) + 0.2) / 200
    for (value, eta) in zip(values, etas) { #expect(abs(value - eta) < tolerance) }
  }

  /// No column is so narrow that the words of its head are broken.
  static func requireLegibleTables(_ page: BrowserPage) throws {
    let broken = try page.evaluate(
      """
      [...document.querySelectorAll("thead tr")].filter((row) => {
        const line = parseFloat(getComputedStyle(row.cells[0]).fontSize) * 1.55;
        const words = Math.max(...[...row.cells].map((head) => head.textContent.split(" ").length));
        return row.getBoundingClientRect().height > line * (words + 1);
      }).map((row) => row.textContent)
      """)
    #expect(broken as? [String] == [])
  }

  /// Nothing that a proposal wrote ran or became an element; it is there to be read.
  private static func requireHarmless(_ page: BrowserPage, scripts: Int) throws {
    #expect(try page.evaluate("typeof hacked") as? String == "undefined")
    #expect(try page.count("script") == scripts)
    #expect(try page.count("img") == 0)
    #expect(
      try page.evaluate("document.documentElement.textContent.includes('<script>hacked')") as? Bool
        == true)
    #expect(try page.text("#c3 .thought").contains(SampleRun.attack))
    #expect(try page.text("#c3 pre").contains("</code></pre></details>" + SampleRun.attack))
  }

  @Test("a report can be read with ears and used with a keyboard")
  func accessible() async throws {
    let made = try await SampleRun.made.value
    try await withBrowser { browser in
      let page = try BrowserPage(
        made.run.appending(path: "report.html").absoluteString, in: browser)
      let nodes = try page.accessibleNodes()
      #expect(nodes.count { $0.role == "main" } == 1)
      #expect(nodes.count { $0.role == "heading" } >= 6)
      // Every picture has a name; pictures with links inside are groups, so that the links are told.
      let pictures = nodes.filter { ["image", "img", "SvgRoot", "group"].contains($0.role) }
      #expect(pictures.contains { $0.name.hasPrefix("Ranking. ") })
      #expect(pictures.contains { $0.name.hasPrefix("η over generations. ") })
      #expect(nodes.filter { $0.role == "link" }.allSatisfy { !$0.name.isEmpty })
      #expect(nodes.contains { $0.role == "columnheader" && $0.name.contains("η") })
      #expect(nodes.contains { $0.role == "rowheader" && $0.name == "dpo" })
      #expect(try page.evaluate("document.documentElement.lang") as? String == "en")
      #expect(try page.count("svg:not([aria-label])") == 0)
      #expect(try page.count("svg > title") == (try page.count("svg")))
      #expect(try page.count("th:not([scope])") == 0)
      // The first stop leads past what stands above; links and proposals come in the page's order.
      try page.press("Tab", code: 9)
      #expect(try page.text(":focus") == "Skip to the contents")
      var stops: [Double] = []
      for _ in 0..<8 {
        try page.press("Tab", code: 9)
        let top = "document.activeElement.getBoundingClientRect().top + scrollY"
        stops.append((try page.evaluate(top) as? NSNumber)?.doubleValue ?? .nan)
      }
      #expect(stops.last ?? 0 > stops.first ?? 0)
      try page.evaluate("document.querySelector('#c1 summary').focus()")
      try page.press(" ", code: 32)
      try page.press("Enter", code: 13)
      #expect(try page.count("#c1[open]") + page.count("#c1:not([open])") == 1)
      try page.evaluate("document.querySelector('#c1').open = true")
      #expect(try page.count("#c1[open] svg") == 2)
    }
  }

  @Test("a served run appears while it works, and again when server or run begin anew")
  func live() async throws {
    let folder = try TemporaryFolder()
    let run = folder.url.appending(path: "run")
    // Halted when DPO is measured, so that it is not done before the page is there to see it die. Looked at
    // from a thread of its own: Swift's few may be held by other tests for longer than the run takes.
    let first = try await onThread {
      let first = try StartedProgram([
        "discover", "--json", "--task", "bandit", "--seeds", "2", "--baselines", "dpo",
        "--proposer", "replay:\(Program.fixture("honest.jsonl"))", "--out", run.path,
      ])
      while try !Self.hasBaseline(run) {
        guard first.isRunning else { throw Browser.Failure(description: "The run has ended.") }
        usleep(20_000)
      }
      first.send(SIGSTOP)
      return first
    }
    let served = try await onThread { try ServedRun(run) }
    try await withBrowser { browser in
      let page = try BrowserPage(served.url, in: browser)
      try page.wait(until: "document.querySelector('#connection').textContent === 'live'")
      try page.wait(until: "document.querySelectorAll('#ranking tbody tr').length >= 1")
      #expect(try page.count("#ranking tbody tr") < 4)
      try page.evaluate("window.same = 1")
      first.send(SIGKILL)
      #expect(first.wait() == SIGKILL)
      let second = try StartedProgram(["discover", "--json", "--resume", run.path])
      // The table grows by itself until the run is done.
      try page.wait(
        until: "document.querySelectorAll('#ranking tbody tr').length === 4", seconds: 240)
      try page.wait(
        until: "document.querySelector('#live').textContent.includes('No process works')",
        seconds: 120)
      #expect(try page.text("h1").contains("The best of 3 proposals"))
      #expect(second.wait() == 0)
      #expect(page.complaints.isEmpty, "\(page.complaints)")
      #expect(page.requests.allSatisfy { $0.hasPrefix(served.url) || $0.hasPrefix("data:") })
      // What the reader has opened stays open when the server comes back.
      try page.evaluate("document.querySelector('#c2').open = true")
      served.stop()
      try page.wait(
        until: "document.querySelector('#connection').textContent.includes('connection lost')")
      let again = try ServedRun(run, port: served.port)
      try page.wait(until: "document.querySelector('#connection').textContent === 'live'")
      #expect(try page.count("#c2[open]") == 1)
      #expect(try page.evaluate("window.same") as? Int == 1)
      #expect(try page.count("#ranking tbody tr") == 4)
      again.stop()
    }
    if Browser.program == nil { return }
    #expect(!FileManager.default.fileExists(atPath: run.appending(path: "status.json").path))
  }

  /// Whether a baseline of a run that may be under way is measured.
  private static func hasBaseline(_ run: URL) throws -> Bool {
    guard FileManager.default.fileExists(atPath: run.appending(path: "journal.sqlite").path),
      // Half made while it begins.
      let (_, events) = try? RunDirectory.read(at: run)
    else { return false }
    return try RunState.fold(events).baselines.contains { $0.record != nil }
  }

  @Test("a served run shows what proposals wrote and runs none of it")
  func harmless() async throws {
    let made = try await SampleRun.made.value
    let served = try await onThread { try ServedRun(made.run) }
    try await withBrowser { browser in
      let page = try BrowserPage(served.url, in: browser)
      try page.wait(until: "document.querySelector('#connection').textContent === 'live'")
      try Self.requireHarmless(page, scripts: 1)
      #expect(page.complaints.isEmpty, "\(page.complaints)")
      // Even markup that got through would not run: the policy forbids it.
      try page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', \"<img src='data:,' onerror='hacked = 1'>\")"
      )
      try page.wait(until: "performance.now() > 0")
      #expect(try page.evaluate("typeof hacked") as? String == "undefined")
    }
  }
}
