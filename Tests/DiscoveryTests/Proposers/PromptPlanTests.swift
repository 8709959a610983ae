import Foundation
import Losses
import Testing

@testable import Discovery

@Suite("What a prompt shows")
struct PromptPlanTests {
  private static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("templates/prompts").path

  /// η rises and falls, and one reply does not compile.
  private static let script = [
    reply("mid", "eta 0.7", thought: "THOUGHT-A"), reply("low", "eta 0.61"),
    reply("broken", "compile"), reply("high", "eta 0.9"), reply("late", "eta 0.65"),
  ]

  /// Requests of a run whose plan has these words.
  private func requests(
    _ words: [String: String], _ script: [String] = script
  ) throws -> [ProposalRequest] {
    let fixture = try RunFixture(script) { $0.resamples = 0 }
    fixture.promptPlan = try PromptPlan(words)
    try fixture.start()
    return fixture.proposer.requests
  }

  @Test("By default the run is one conversation")
  func dialogue() throws {
    let requests = try requests([:])
    #expect(requests.map(\.exchanges.count) == [0, 1, 2, 3, 4, 5])
    #expect(requests.allSatisfy { $0.opening.hasPrefix("archive:") && $0.basis == nil })
    #expect(requests[5].exchanges[0].reply.contains("THOUGHT-A"))
  }

  @Test(
    "Only what the history names is shown, in the order that is wanted",
    arguments: [
      (["history": "top:2"], "mid high"), (["history": "last:2"], "high late"),
      (["history": "none"], ""), (["order": "best"], "high mid late low"),
      (["order": "worst"], "low late mid high"),
      (["history": "top:2", "order": "best"], "high mid"),
    ])
  func history(words: [String: String], shown: String) throws {
    let last = try #require(try requests(words).last)
    #expect(last.opening.hasPrefix("digest: \(shown); parents: ;"), "\(last.opening)")
    #expect(last.exchanges.isEmpty)
  }

  @Test("Failures are told within their generation, and later only where they are not hidden")
  func failures() throws {
    let told = try requests(["history": "last:9"])
    #expect(told[5].opening.contains("failures: broken"))
    let hidden = try requests(["history": "last:9", "hide": "failures"])
    #expect(hidden[5].opening.contains("failures: ;"))
    let dialogue = try requests(["hide": "failures"])
    #expect(dialogue[5].exchanges.count == 4)
    #expect(!dialogue[5].exchanges.contains { $0.feedback.contains("compile") })

    // With a second try the failure of the same generation is there to be mended.
    let fixture = try RunFixture([reply("broken", "compile"), reply("mended", "eta 0.7")])
    fixture.promptPlan = try PromptPlan(["hide": "failures", "history": "top:1"])
    try fixture.start()
    #expect(
      fixture.proposer.requests[1].exchanges.map(\.feedback).first?.contains("compile") == true)
  }

  @Test("Hidden thoughts are in no request, and not asked for")
  func thoughts() throws {
    let requests = try requests(["hide": "thoughts"])
    #expect(!requests.contains { $0.exchanges.contains { $0.reply.contains("THOUGHT-A") } })
    #expect(requests[5].exchanges[0].reply == #"{"code":"eta 0.7","name":"mid"}"#)
    let prompt = SystemPrompt(
      manual: "", task: "t", taskDescription: "d", metric: "m", metricDescription: "e.", seeds: 2)
    let shown = try PromptBook(directory: Self.directory).system(prompt)
    let hidden = try PromptBook(directory: Self.directory, hidden: [.thoughts]).system(prompt)
    #expect(shown.contains(#""thought""#) && shown.contains("all three strings"))
    #expect(!hidden.contains(#""thought""#) && hidden.contains("all strings"))
    let line = try #require(hidden.split(separator: "\n").first { $0.hasPrefix("{\"name\"") })
    #expect(try ReplyParser().parse(String(line)).name == "logistic")
  }

  private static let loss: RankedLoss = {
    var loss = RankedLoss(
      name: "mine", eta: Estimate(metric: "reward", mean: 0.7435, se: 0.0041, n: 5), kl: 10,
      difference: Difference(mean: 0.01, low: 0, high: 0.02), code: "// code of mine")
    loss.curves = ["steps 1, 9", "loss █▁ 0.7, 0.4"]
    loss.thought = "An idea."
    return loss
  }()

  @Test("Hidden fitness leaves no number of a loss's worth in any message")
  func fitness() throws {
    let shown = try PromptBook(directory: Self.directory)
    let hidden = try PromptBook(directory: Self.directory, hidden: [.fitness])
    func texts(_ book: PromptBook) -> [String] {
      let archive = ArchivePrompt(losses: [Self.loss])
      var digest = DigestPrompt(archive: archive, proposals: [Self.loss])
      digest.isSorted = true
      return [
        book.archive(archive), book.digest(digest),
        book.feedback(SuccessFeedback(loss: Self.loss, archive: [Self.loss])),
      ]
    }
    for text in texts(shown) { #expect(text.contains("0.7435") && text.contains("η")) }
    for text in texts(hidden) {
      #expect(!text.contains("0.7435") && !text.contains("η = ") && !text.contains("Rank"))
      #expect(text.contains("mine"))
    }
    #expect(texts(shown)[1].contains("in the order of their η"))
  }

  @Test("A digest shows code, thought, curves and what is to be done")
  func digest() throws {
    let book = try PromptBook(directory: Self.directory)
    var digest = DigestPrompt(
      archive: ArchivePrompt(losses: []), proposals: [Self.loss], assignment: .combine,
      niches: ["KL 2 to 4 nats, slope ---....: mine"])
    digest.parents = ["mine", "dpo"]
    digest.failures = [FailedLoss(name: "sad", finding: Finding(.diverged(step: 3), "It met NaN."))]
    let text = book.digest(digest)
    for part in [
      "// code of mine", "Thought: An idea.", "loss █▁ 0.7, 0.4", "- sad: diverged(3). It met NaN.",
      "Combine mine and dpo:", "- KL 2 to 4 nats, slope ---....: mine",
    ] { #expect(text.contains(part), "\(part)") }
    digest.assignment = .improve
    #expect(book.digest(digest).contains("Build on mine and dpo: keep what works"))
    digest.parents = []
    #expect(book.digest(digest).contains("Propose the next loss."))
    let bare = try PromptBook(directory: Self.directory, hidden: [.curves, .thoughts])
    #expect(!bare.digest(digest).contains("█▁") && !bare.digest(digest).contains("An idea."))
  }

  @Test("Words that mean nothing are refused, and those that do are kept")
  func words() throws {
    for (key, word) in [
      ("history", "top"), ("history", "top:0"), ("history", "top:x"), ("order", "up"),
      ("hide", "thought"), ("selection", "islands:1"), ("selection", "parents"),
      ("search-seed", "-1"),
    ] {
      do {
        _ = try PromptPlan([key: word])
        Issue.record("\(key) \(word) was read")
      } catch {
        #expect(error.code == .usage)
        #expect(error.location == "--" + key)
      }
    }
    let words = [
      "history": "last:3", "order": "worst", "hide": "curves,thoughts", "selection": "islands:4",
      "curve-images": "true", "search-seed": "7",
    ]
    #expect(try PromptPlan(words).settings == words)
    #expect(try PromptPlan([:]).settings.isEmpty)
  }
}
