import Discovery
import Foundation
import Losses
import Testing

@Suite("Prompts")
struct ProposersPromptTests {
  private static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("templates/prompts").path

  private func book() throws -> PromptBook { try PromptBook(directory: Self.directory) }

  private static func loss(
    _ name: String, _ mean: Double, kl: Double? = nil, difference: Difference? = nil,
    code: String? = nil
  ) -> RankedLoss {
    RankedLoss(
      name: name, eta: Estimate(metric: "reward", mean: mean, se: 0.0041, n: 5), kl: kl,
      difference: difference, summary: code == nil ? "" : "In a line.", code: code)
  }

  private static let worse = Difference(mean: -0.02, low: -0.031, high: -0.009)
  private static let open = Difference(mean: 0.0123, low: -0.001, high: 0.0256)

  @Test("The system prompt holds the task, the format, the rules and the whole manual")
  func system() throws {
    let manual = "## Vectors\n\n`a < b` & \"c\" {{not a tag}}\n"
    var prompt = SystemPrompt(
      manual: manual, task: "bandit", taskDescription: "A contextual bandit.", metric: "reward",
      metricDescription: "the expected reward of the trained policy.", seeds: 5)
    let text = try book().system(prompt)
    #expect(text.hasPrefix("You are a researcher"))
    #expect(text.hasSuffix("# The manual\n\n## Vectors\n\n`a < b` & \"c\" {{not a tag}}\n"))
    #expect(text.contains("Task `bandit`. A contextual bandit."))
    #expect(text.contains("metric `reward`: the expected reward of the trained policy."))
    #expect(text.contains("mean over 5 seeds"))
    #expect(text.contains("`tunables.beta` is 0.1 in training"))
    #expect(text.contains("at most 3 times"))
    #expect(!text.contains("&lt;") && !text.contains("&quot;"))
    let keys = ["- \"thought\":", "- \"name\":", "- \"code\":"].map {
      text.range(of: $0)?.lowerBound
    }
    #expect(keys.allSatisfy { $0 != nil })
    #expect(keys.compactMap { $0 } == keys.compactMap { $0 }.sorted())
    prompt.seeds = 1
    prompt.resamples = 0
    let single = try book().system(prompt)
    #expect(single.contains("a single seed"))
    #expect(!single.contains("standard error"))
    #expect(!single.contains("may try again"))
    // What is tuned is not trained at its default.
    prompt.tunes = true
    let tuned = try book().system(prompt)
    #expect(tuned.contains("`tunables.beta` is tuned for your loss, from 0.1 on"))
    #expect(!tuned.contains("is 0.1 in training") && !tuned.contains("trained at their default"))
    prompt.isBetaSet = true
    let set = try book().system(prompt)
    #expect(set.contains("`tunables.beta` is 0.1 in training. Further"))
    #expect(!set.contains("trained at their default") && set.contains("they are tuned"))
  }

  @Test("The example that the prompt shows is a reply that the parser reads")
  func example() throws {
    let text = try book().system(
      SystemPrompt(
        manual: "", task: "t", taskDescription: "d", metric: "m", metricDescription: "e.",
        seeds: 2))
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("{\"thought\"") })
    let proposal = try ReplyParser().parse(String(line))
    #expect(proposal.name == "logistic")
    #expect(proposal.code.contains("\n  return softplus(-tunables.beta * batch.margin)\n"))
    // It must be JSON of the strict kind, not only what the parser forgives.
    #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
  }

  @Test("The archive is ranked, with errors, differences and failures")
  func archive() throws {
    let text = try book().archive(
      ArchivePrompt(
        losses: [
          Self.loss("slic", 0.71, kl: 3.14159, difference: Self.worse),
          Self.loss("dpo", 0.7312, kl: 12.5, code: "let a = 1 < 2 && true\n"),
        ],
        failures: [.init(name: "exp", finding: Finding(.diverged(step: 7), "It met NaN."))]))
    #expect(
      text == """
        These losses were trained and measured in this run, on the same seeds as your proposals will be. Best first:

        1. dpo: η = 0.7312 ± 0.0041; KL 12.5
           In a line.
        ```swift
        let a = 1 < 2 && true
        ```
        2. slic: η = 0.7100 ± 0.0041; difference to dpo -0.020 [-0.031, -0.009]; KL 3.14

        These have no η:

        - exp: diverged(7). It met NaN.

        Propose the first loss of your own.

        """)
    #expect(
      try book().archive(ArchivePrompt(losses: [])) == """
        No loss has been measured in this run yet.

        Propose the first loss of your own.

        """)
  }

  @Test("A measured loss is told its rank, the best, the difference and the noise")
  func success() throws {
    let loss = Self.loss("mine", 0.7435, kl: 10, difference: Self.open)
    let text = try book().feedback(
      SuccessFeedback(
        loss: loss, archive: [Self.loss("dpo", 0.7312), loss, Self.loss("best <1>", 0.75)],
        warnings: ["kink: the slope jumps at 0 & beyond."]))
    #expect(
      text == """
        mine: η = 0.7435 ± 0.0041 (reward, mean ± standard error over 5 seeds).
        Rank 2 of 3. Best so far: best <1>, η = 0.7500 ± 0.0041.
        Difference to dpo: +0.012 [-0.001, +0.026]. The interval holds 0: not told apart from dpo.
        Differences to dpo smaller than about 0.013 are noise.
        KL from the reference: 10.
        The checks passed with warnings:
        - kink: the slope jumps at 0 & beyond.

        Propose the next loss.

        """)
  }

  @Test("The best loss is told so, and what its interval allows to say")
  func best() throws {
    func text(_ difference: Difference?, n: Int = 5) throws -> String {
      var loss = Self.loss("mine", 0.8, difference: difference)
      if n == 1 { loss.eta = Estimate(metric: "reward", mean: 0.8, se: nil, n: 1) }
      return try book().feedback(
        SuccessFeedback(loss: loss, archive: [loss, Self.loss("dpo", 0.73)]))
    }
    let better = try text(Difference(mean: 0.07, low: 0.05, high: 0.09))
    #expect(better.contains("Rank 1 of 2. The best so far.\n"))
    #expect(better.contains("lies above 0: better than dpo beyond the noise"))
    #expect(try text(Self.worse).contains("lies below 0: worse than dpo beyond the noise"))
    let single = try text(Difference(mean: 0.07, low: nil, high: nil), n: 1)
    #expect(single.contains("η = 0.8000 (reward, one seed)"))
    #expect(single.contains("Difference to dpo: +0.0700. One seed gives no interval"))
    #expect(!single.contains("are noise."))
    #expect(!(try text(nil)).contains("Difference"))
  }

  @Test("A failure is told with its stage, message, line, remedy and tries, and is no score")
  func failure() throws {
    let finding = Finding(
      .rejected(.compile), "Loss.swift:2:7: error: cannot find 'sigmod' in scope",
      remedy: "Write sigmoid.")
    var feedback = FailureFeedback(
      name: "mine", finding: finding, code: "func loss() {\n  sigmod(x < 1)\n}", triesLeft: 2)
    #expect(
      try book().feedback(feedback) == """
        mine has no η: it was stopped by the compiler (rejected(compile)).
        Loss.swift:2:7: error: cannot find 'sigmod' in scope
        Line 2 of your code:
        ```swift
          sigmod(x < 1)
        ```
        How to mend it: Write sigmoid.
        This is not a score and says nothing about the idea behind the loss.

        2 tries are left in this generation. Send the mended loss, or another one, as a complete JSON object.

        """)
    feedback.triesLeft = 1
    #expect(try book().feedback(feedback).contains("\nOne try is left"))
    feedback.triesLeft = 0
    feedback.name = nil
    feedback.finding = Finding(.rejected(.parse), "The reply is empty.")
    #expect(
      try book().feedback(feedback) == """
        No proposal was read: it was stopped by reading the reply (rejected(parse)).
        The reply is empty.
        This is not a score and says nothing about the idea behind the loss.

        No try is left in this generation. Propose the next loss as a complete JSON object.

        """)
  }

  @Test("A line is quoted only when the source has it")
  func quote() throws {
    func text(_ message: String) throws -> String {
      try book().feedback(
        FailureFeedback(
          name: "m", finding: Finding(.failed(check: "finite"), message), code: "one\ntwo",
          triesLeft: 0))
    }
    #expect(try text("Line 1 gave NaN.").contains("Line 1 of your code:\n```swift\none\n"))
    #expect(try text("a:2: b").contains("Line 2 of your code:\n```swift\ntwo\n"))
    for message in ["line 3", "line 0", "line 99999999999999999999", "none", "B = 2: no"] {
      #expect(!(try text(message)).contains("of your code"), "\(message)")
    }
    #expect(try text("none").contains("stopped by the check “finite” (failed(finite))"))
  }

  @Test("Numbers that are none, and huge ones, have words")
  func oddNumbers() throws {
    var loss = Self.loss("mine", .nan, kl: .infinity, difference: Self.open)
    loss.eta = Estimate(metric: "reward", mean: .nan, se: .nan, n: 2)
    let text = try book().feedback(
      SuccessFeedback(loss: loss, archive: [loss, Self.loss("dpo", -1e300)]))
    #expect(text.contains("η = NaN ± NaN"))
    #expect(text.contains("Rank 2 of 2. Best so far: dpo, η = -1e+300 ± 0.0041."))
    #expect(text.contains("KL from the reference: infinity."))
  }

  @Test("A folder without templates, and a template that is broken, are named")
  func broken() throws {
    func failure(_ directory: String) throws -> LossmithError {
      do {
        _ = try PromptBook(directory: directory)
      } catch {
        return error
      }
      throw Patient.Unexpected()
    }
    #expect(try failure("/nonexistent").code == .missingFile)
    let manager = FileManager.default
    let copy = NSTemporaryDirectory() + "prompts-\(UUID().uuidString)"
    try manager.copyItem(atPath: Self.directory, toPath: copy)
    defer { try? manager.removeItem(atPath: copy) }
    _ = try PromptBook(directory: copy)
    let path = copy + "/archive.mustache"
    try Data("{{% CONTENT_TYPE:TEXT}}\na\n{{#b}}\nc".utf8).write(to: URL(fileURLWithPath: path))
    let syntax = try failure(copy)
    #expect(syntax.code == .malformedInput)
    #expect(syntax.location?.hasPrefix(path + ":") == true)
    try Data("plain".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try failure(copy).location == path + ":1")
  }
}
