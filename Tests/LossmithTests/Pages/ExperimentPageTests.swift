import Discovery
import Foundation
import Losses
import Testing

@testable import Report

/// A sweep and a transfer that several tests look at, of tasks that train in milliseconds.
enum SampleExperiments {
  static let sweep = Task { try await made("sweep") }
  static let transfer = Task { try await made("transfer") }

  private static func made(_ name: String) async throws -> URL {
    let folder = try await SampleRun.made.value.run.deletingLastPathComponent()
    func task(_ name: String, steps: Int) throws -> String {
      let file = folder.appending(path: "\(name).yaml")
      try Data("task: bandit\nname: \(name)\nrecipe:\n  steps: \(steps)\n  batch: 16\n".utf8)
        .write(to: file, options: .atomic)
      return file.path
    }
    let (short, long) = (try task("short", steps: 12), try task("long", steps: 24))
    let out = folder.appending(path: name)
    let arguments =
      name == "sweep"
      ? ["sweep", "dpo", "slic", "sft", "--task", long, "--beta", "0.05,0.5", "--seeds", "2"]
      : [
        "transfer", "slic", "exp", "sft", "ipo", "--to", "\(long),\(short)", "--seeds", "2,1",
        "--frontier", "0.02,0.05,0.1,0.2,0.5",
      ]
    let result = try await Program.run(arguments + ["--out", out.path])
    guard result.status == 0 else { throw Browser.Failure(description: result.errors) }
    return out
  }

  static func summary<Summary: Decodable>(_ folder: URL) throws -> Summary {
    try JSON.decode(
      Summary.self, from: try Data(contentsOf: folder.appending(path: "summary.json")))
  }
}

/// Sweeps and transfers in a real browser.
extension BrowserTests {
  private func eta(_ estimate: Estimate?) -> String {
    estimate.map { NumberText.eta(.init(mean: $0.mean, se: $0.se, n: $0.n)) } ?? ""
  }

  private func delta(_ difference: Difference?) -> String {
    difference.map { NumberText.delta(.init(mean: $0.mean, low: $0.low, high: $0.high)) } ?? ""
  }

  /// The rows of a table's body, cell by cell.
  private static func cells(_ page: BrowserPage, _ table: String) throws -> [[String]] {
    try page.evaluate(
      """
      [...document.querySelectorAll(`\(table) tbody tr`)].map(
        (row) => [...row.children].map((cell) => cell.textContent))
      """) as? [[String]] ?? []
  }

  /// The numbers that a link of the page offers, by column.
  private static func csv(_ page: BrowserPage, _ file: String) throws -> [[String: String]] {
    let text =
      try page.evaluate(
        """
        decodeURIComponent(document.querySelector(`a[download="\(file)"]`).href.split(",")
          .slice(1).join(","))
        """) as? String ?? ""
    let lines = text.components(separatedBy: "\r\n").filter { !$0.isEmpty }
      .map { $0.components(separatedBy: ",") }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  /// Where the dots of a picture stand, in the units of its axes, as the ticks on the screen tell.
  private static func drawn(
    _ page: BrowserPage, in picture: String
  ) throws -> [(loss: String, x: Double, y: Double)] {
    let values = try page.evaluate(
      """
      (() => {
        const chart = document.querySelector(`\(picture)`);
        const scale = (axis, side) => {
          const ticks = [...chart.querySelectorAll(`line[data-axis="${axis}"]`)];
          const at = (line) => line.getBoundingClientRect()[side];
          const [a, b] = [ticks[0], ticks[ticks.length - 1]];
          const [from, to] = [Number(a.dataset.tick), Number(b.dataset.tick)];
          return (place) => from + (to - from) * (place - at(a)) / (at(b) - at(a));
        };
        const [x, y] = [scale("x", "left"), scale("y", "top")];
        return [...chart.querySelectorAll("circle.dot")]
          .filter((dot) => dot.closest("[data-loss]")).map((dot) => {
            const box = dot.getBoundingClientRect();
            return [dot.closest("[data-loss]").dataset.loss,
              x(box.left + box.width / 2), y(box.top + box.height / 2)];
          });
      })()
      """)
    return try (values as? [[Any]] ?? []).map { row in
      let numbers = try row.dropFirst().map { try #require($0 as? NSNumber).doubleValue }
      return (try #require(row.first as? String), numbers[0], numbers[1])
    }
  }

  /// Loads without complaint, asks for nothing, runs nothing, and each id is there once.
  private static func requireSound(_ page: BrowserPage, _ address: String) throws {
    #expect(page.complaints.isEmpty, "\(page.complaints)")
    #expect(page.requests == [address])
    #expect(try page.count("script") == 0)
    let ids =
      try page.evaluate("[...document.querySelectorAll('[id]')].map((item) => item.id)")
      as? [String] ?? []
    #expect(ids.count == Set(ids).count && ids.contains("main"))
    try requireLegibleTables(page)
  }

  /// What a screen reader is told, and where the keyboard leads.
  private static func requireAccessible(_ page: BrowserPage, pictures: [String]) throws {
    let nodes = try page.accessibleNodes()
    #expect(nodes.count { $0.role == "main" } == 1)
    #expect(nodes.count { $0.role == "heading" } == (try page.count("h1, h2")))
    let images = nodes.filter { ["image", "img", "SvgRoot"].contains($0.role) }.map(\.name)
    for picture in pictures {
      #expect(images.contains { $0.hasPrefix(picture) }, "\(picture): \(images)")
    }
    #expect(nodes.contains { $0.role == "rowheader" && $0.name == "dpo" })
    #expect(nodes.contains { $0.role == "columnheader" && $0.name.contains("KL") })
    let named = nodes.filter { ["link", "region"].contains($0.role) }
    #expect(named.count > 3 && named.allSatisfy { !$0.name.isEmpty })
    #expect(try page.evaluate("document.documentElement.lang") as? String == "en")
    #expect(try page.count("svg:not([aria-label])") == 0)
    #expect(try page.count("svg > title") == (try page.count("svg")))
    #expect(try page.count("th:not([scope])") == 0)
    #expect(try page.text("title") != "" && page.count("h1") == 1)
    // The skip link is the first stop and does what it says.
    try page.press("Tab", code: 9)
    #expect(try page.text(":focus") == "Skip to the contents")
    try page.press("Enter", code: 13)
    try page.wait(until: "location.hash === '#main' && document.activeElement.id === 'main'")
    // From there the stops are every table, picture and link in the page's order, each to be seen.
    let stops = try page.count("main a[href], main [tabindex='0']")
    #expect(stops > 3)
    for place in 0..<stops {
      try page.press("Tab", code: 9)
      let isNext =
        try page.evaluate(
          """
          document.activeElement ===
            document.querySelectorAll("main a[href], main [tabindex='0']")[\(place)]
            && getComputedStyle(document.activeElement).outlineStyle === "solid"
          """) as? Bool
      #expect(isNext == true, "stop \(place)")
    }
  }

  /// Whatever the reader prefers, text stands out from what is behind it (WCAG 2.2, 1.4.3: 4.5 to 1) and
  /// marks do (1.4.11: 3 to 1).
  private static func requireBothSchemes(_ page: BrowserPage) throws {
    var pictures: [Data] = []
    for isDark in [false, true] {
      pictures.append(try page.screenshot(width: 1100, height: 900, dark: isDark))
      let found = try page.evaluate(
        """
        (() => {
          const light = (colour) => {
            const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => {
              const share = part / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const contrast = (one, other) => {
            const [a, b] = [light(one), light(other)].sort((a, b) => b - a);
            return (a + 0.05) / (b + 0.05);
          };
          const all = (names, property) => [...new Set([...document.querySelectorAll(names)]
            .map((item) => getComputedStyle(item)[property]))];
          const ground = getComputedStyle(document.body).backgroundColor;
          const paper = all(".chart .paper", "fill");
          const least = (colours, ground) =>
            Math.min(...colours.map((colour) => contrast(colour, ground)));
          return [light(ground), least(all("h1, h2, p, th, td, a, dt, dd, figcaption", "color"), ground),
            least(all(".chart text", "fill"), paper[0]),
            least(all(".chart .dot", "fill"), paper[0]), paper.length, contrast(paper[0], ground)];
        })()
        """)
      let values = try #require(found as? [NSNumber]).map(\.doubleValue)
      #expect(isDark ? values[0] < 0.05 : values[0] > 0.9)
      #expect(values[1] >= 4.5 && values[2] >= 4.5 && values[3] >= 3, "\(isDark): \(values)")
      #expect(values[4] == 1 && values[5] == 1, "a picture's ground is the page's")
    }
    #expect(pictures.allSatisfy { $0.count > 10_000 } && pictures[0] != pictures[1])
  }

  @Test("the page of a sweep shows the summary's numbers in tables, picture and CSV")
  func sweepNumbers() async throws {
    let folder = try await SampleExperiments.sweep.value
    let summary: SweepSummary = try SampleExperiments.summary(folder)
    let points = summary.curves.flatMap { curve in curve.points.map { (curve.loss, $0) } }
    #expect(points.count == 6 && points.allSatisfy { $0.1.reward != nil })
    try await withBrowser { browser in
      let address = folder.appending(path: "sweep.html").absoluteString
      let page = try BrowserPage(address, in: browser)
      try Self.requireSound(page, address)
      let shown: [[String]] = points.map { loss, point in
        let beta = point.beta.map(NumberText.short) ?? "none"
        return [loss, beta, "2", eta(point.reward), eta(point.kl), delta(point.advantage), ""]
      }
      #expect(try Self.cells(page, "section[aria-labelledby=points-title]") == shown)
      let areas = try Self.cells(page, "section[aria-labelledby=areas-title]")
      #expect(areas.count == summary.curves.count { $0.hypervolume != nil } && areas.count >= 2)
      for row in areas {
        let curve = try #require(summary.curves.first { $0.loss == row[0] })
        #expect(
          row == [curve.loss, eta(curve.hypervolume), "2", delta(curve.hypervolumeDifference)])
      }
      // Headings end where their panels do, whatever font the reader has.
      let wide = try page.evaluate(
        """
        [...document.querySelectorAll("svg text[data-heading]")].filter((line) => {
          const grid = line.closest("[data-loss]").querySelector("line[data-axis=y]");
          return line.getBoundingClientRect().right > grid.getBoundingClientRect().right;
        }).map((line) => line.textContent)
        """)
      #expect(try page.count("svg text[data-heading=difference]") > 0)
      #expect(wide as? [String] == [])
      let rows = try Self.csv(page, "sweep.csv")
      #expect(rows.count == points.count)
      for (row, (loss, point)) in zip(rows, points) {
        let (reward, kl) = (try #require(point.reward), try #require(point.kl))
        #expect(row["loss"] == loss && row["beta"] == (point.beta.map { "\($0)" } ?? ""))
        #expect(row["reward"] == "\(reward.mean)" && row["kl"] == "\(kl.mean)")
        #expect(row["reward_se"] == "\(try #require(reward.se))")
      }
      // On the screen, panel by panel: KL grows with the square root.
      for curve in summary.curves {
        let panel = "svg g[data-loss='\(curve.loss)']"
        let ends = try page.evaluate(
          """
          [...document.querySelectorAll(`\(panel) line[data-axis='x']`)].map(
            (tick) => [Number(tick.dataset.tick), tick.getBoundingClientRect().left])
          """)
        let ticks = try #require(ends as? [[NSNumber]]).map { $0.map(\.doubleValue) }
        let (first, last) = (try #require(ticks.first), try #require(ticks.last))
        let dots = try Self.drawn(page, in: panel)
        #expect(first[0] == 0 && dots.count == curve.points.count)
        for (dot, point) in zip(dots, curve.points) {
          let (reward, kl) = (try #require(point.reward), try #require(point.kl))
          #expect(abs(dot.y - reward.mean) < 0.001, "\(curve.loss)")
          // Read off as if the axis were straight: the share of the way to the last tick.
          let share = dot.x / last[0]
          #expect(abs(share - (kl.mean / last[0]).squareRoot()) < 0.01, "\(curve.loss)")
        }
      }
    }
  }

  @Test("the page of a sweep can be read with ears, with a keyboard, by day and by night")
  func sweepReaders() async throws {
    let folder = try await SampleExperiments.sweep.value
    try await withBrowser { browser in
      let page = try BrowserPage(
        folder.appending(path: "sweep.html").absoluteString, in: browser)
      try Self.requireAccessible(page, pictures: ["Reward against KL on long. 3 losses"])
      try Self.requireBothSchemes(page)
    }
  }

  @Test("the page of a transfer shows the summary's numbers in tables, pictures and CSV")
  func transferNumbers() async throws {
    let folder = try await SampleExperiments.transfer.value
    let summary: TransferSummary = try SampleExperiments.summary(folder)
    let names = summary.tasks.map(\.name)
    #expect(Set(names).count == 2)
    try await withBrowser { browser in
      let address = folder.appending(path: "transfer.html").absoluteString
      let page = try BrowserPage(address, in: browser)
      try Self.requireSound(page, address)
      for task in summary.tasks {
        let hasEqualKL = task.rows.contains { $0.equalKL != nil }
        #expect(task.rows.count == 5)
        let shown: [[String]] = task.rows.map { row in
          let kl = row.kl.map { NumberText.fixed($0.mean, decimals: 2) } ?? ""
          let p = row.p.map { NumberText.fixed($0, decimals: 3) } ?? ""
          let equal = hasEqualKL ? [delta(row.equalKL)] : []
          return [row.loss, eta(row.eta), kl, delta(row.difference)] + equal + [
            p, row.words("dpo"),
          ]
        }
        #expect(try Self.cells(page, "#task-\(task.name)") == shown)
        // Reward against KL: DPO at each β, the others at the task's own.
        let dots = try Self.drawn(page, in: "#task-\(task.name) svg[aria-label^='Reward']")
        let others = task.rows.filter { $0.loss != "dpo" }
        #expect(dots.count == others.count + 5)
        for row in others {
          let dot = try #require(dots.first { $0.loss == row.loss })
          #expect(abs(dot.y - (row.eta?.mean ?? .nan)) < 0.002, "\(row.loss)")
        }
      }
      let correlation = try #require(summary.correlations.first)
      #expect(correlation.points.count == 5)
      let rho = [correlation.all, correlation.topOfFirst, correlation.topOfSecond].map { rho in
        rho.map { NumberText.delta(.init(mean: $0.rho, low: $0.low, high: $0.high)) } ?? ""
      }
      #expect(try Self.cells(page, "#correlation") == [["\(names[0]) and \(names[1])", "5"] + rho])
      let rows = try Self.csv(page, "scatter-\(names[0])_\(names[1]).csv")
      #expect(rows.count == 5)
      let dots = try Self.drawn(page, in: "#correlation svg")
      #expect(dots.count == 5)
      for point in correlation.points {
        let row = try #require(rows.first { $0["loss"] == point.loss })
        #expect(row[names[0]] == "\(point.first.mean)")
        #expect(row[names[1]] == "\(point.second.mean)")
        let dot = try #require(dots.first { $0.loss == point.loss })
        #expect(abs(dot.x - point.first.mean) < 0.001 && abs(dot.y - point.second.mean) < 0.001)
      }
      // Names hide no dot and no bar, whatever font the reader has.
      let hidden =
        try page.evaluate(
          """
          (() => {
            const chart = document.querySelector("#correlation svg");
            const boxes = (names) => [...chart.querySelectorAll(names)]
              .map((item) => item.getBoundingClientRect());
            const marks = boxes("[data-loss] circle, [data-loss] line");
            const names = boxes("text[data-name]:not([data-name=dpo])");
            return names.filter((name) => marks.some((mark) => name.left < mark.right
              && mark.left < name.right && name.top + 2 < mark.bottom
              && mark.top < name.bottom - 2)).length;
          })()
          """) as? Int
      #expect(hidden == 0)
      #expect(try page.texts("#correlation text[data-name]").contains("dpo"))
    }
  }

  @Test("the page of a transfer can be read with ears, with a keyboard, by day and by night")
  func transferReaders() async throws {
    let folder = try await SampleExperiments.transfer.value
    let summary: TransferSummary = try SampleExperiments.summary(folder)
    let names = summary.tasks.map(\.name).joined(separator: " and ")
    try await withBrowser { browser in
      let page = try BrowserPage(
        folder.appending(path: "transfer.html").absoluteString, in: browser)
      try Self.requireAccessible(
        page, pictures: ["Ranking. ", "Reward against KL. ", "η on \(names). 5 losses"])
      try Self.requireBothSchemes(page)
    }
  }
}
