import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Task files")
struct TaskFileTests {
  static func parse(_ text: String) throws -> TaskDescription {
    try TaskFile.parse(text, path: "task.yaml", folder: URL(filePath: "/data/tasks"))
  }

  /// The error of a text that must not be read.
  static func refusal(_ text: String) -> LossmithError? {
    let error = #expect(throws: LossmithError.self) { try parse(text) }
    #expect(error?.code.exitCode == .usage)
    return error
  }

  static let whole = """
    # A complete file.
    task: imdb
    name: films
    policy:
      model: ../models/films
    data:
      reviews: train.jsonl.gz
      held_out_reviews: /elsewhere/test.jsonl.gz
      prompt_tokens: 6
      score: completion
    recipe:
      steps: 7
      learning_rate: 1e-4
      beta: 0.25
      adam_beta2: .99
    evaluation:
      metric: frontier
      betas: [0.1, 1, 10]
      top_k: 50
    """

  @Test("a file gives its values, its paths from its own folder, and defaults for the rest")
  func whole() throws {
    let task = try Self.parse(Self.whole)
    #expect(task.kind == .imdb)
    #expect(task.name == "films")
    #expect(task.url("policy.model")?.path == "/data/models/films")
    #expect(task.url("data.reviews")?.path == "/data/tasks/train.jsonl.gz")
    #expect(task.url("data.held_out_reviews")?.path == "/elsewhere/test.jsonl.gz")
    #expect(task.integer("data.prompt_tokens") == 6)
    #expect(task.integer("data.pairs") == 1024)
    #expect(task.text("data.score") == "completion")
    #expect(task.recipe.steps == 7)
    #expect(task.recipe.batch == 32)
    #expect(task.recipe.learningRate == 1e-4)
    #expect(task.recipe.beta == 0.25)
    #expect(task.recipe.optimiser.beta2 == 0.99)
    #expect(task.text("evaluation.metric") == "frontier")
    #expect(task.numbers("evaluation.betas") == [0.1, 1, 10])
    #expect(task.integer("evaluation.top_k") == 50)
    #expect(task.number("evaluation.top_p") == nil)
  }

  @Test("the shortest file has every default of its kind")
  func shortest() throws {
    let task = try Self.parse("task: bandit")
    #expect(task.name == "bandit")
    #expect(task.recipe == BanditConfiguration.standard.recipe)
    #expect(try Self.parse("task: bandit\nrecipe:\n") == task)
  }

  @Test("a recipe that is put back is the one that comes out")
  func recipe() throws {
    var task = try Self.parse("task: bandit")
    let recipe = Recipe(
      steps: 3, batch: 5, learningRate: 0.5, warmUp: 0.25, maximumGradientNorm: 2, beta: 0.7,
      optimiser: .init(beta1: 0.8, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1))
    task.recipe = recipe
    #expect(task.recipe == recipe)
    var other = try Self.parse("task: reviews")
    var adapted = recipe
    adapted.lora = LoRASettings(rank: 3, alpha: 5, targets: ["c_attn"])
    adapted.microBatch = 2
    adapted.recomputes = true
    other.recipe = adapted
    #expect(other.recipe == adapted)
    other.recipe = recipe
    #expect(other.recipe == recipe)
  }

  @Test("a file's adapter, micro-batch and recomputation are the recipe's")
  func training() throws {
    let task = try Self.parse(
      """
      task: reviews
      recipe:
        lora_rank: 4
        lora_targets: [c_attn, mlp.c_proj]
        micro_batch: 8
        recompute: on
      """)
    #expect(
      task.recipe.lora == LoRASettings(rank: 4, alpha: 8, targets: ["c_attn", "mlp.c_proj"]))
    #expect(task.recipe.microBatch == 8 && task.recipe.recomputes)
    for (word, recomputes) in [("on", true), ("true", true), ("off", false), ("false", false)] {
      let task = try Self.parse("task: reviews\nrecipe:\n  recompute: \(word)")
      #expect(task.recipe.recomputes == recomputes)
      #expect(task.text("recipe.recompute") == (recomputes ? "on" : "off"))
    }
    for text in [
      "task: reviews\nrecipe:\n  lora_alpha: 3", "task: reviews\nrecipe:\n  lora_rank: 0",
      "task: reviews\nrecipe:\n  lora_rank: 2\n  lora_targets: c_attn",
      "task: reviews\nrecipe:\n  recompute: 3", "task: reviews\nrecipe:\n  recompute: yess",
      "task: bandit\nrecipe:\n  lora_rank: 2",
    ] {
      #expect(Self.refusal(text) != nil, "\(text)")
    }
  }

  @Test(
    "an unknown key is refused with its line and the nearest known one",
    arguments: [
      ("task: bandit\nrecipe:\n  setps: 3", 3, "recipe.steps"),
      ("task: bandit\nrecipe:\n  learningrate: 3", 3, "recipe.learning_rate"),
      ("task: bandit\nrecipe:\n  learning-rate: 3", 3, "recipe.learning_rate"),
      ("task: bandit\nrecipes:\n  steps: 3", 2, "recipe"),
      ("task: bandit\n\nsteps: 3", 3, "recipe.steps"),
      ("task: reviews\ndata:\n  metric: reward", 3, "evaluation.metric"),
      ("tsak: bandit", 1, "task"),
      ("task: bandid", 1, "bandit"),
    ])
  func unknownKey(text: String, line: Int, meant: String) {
    let error = Self.refusal(text)
    #expect(error?.location == "task.yaml:\(line)")
    #expect(error?.remedy?.contains("Did you mean \(meant)?") == true, "\(error?.remedy ?? "")")
  }

  @Test("a word like no key gets the list of keys, and a key of another kind says so")
  func foreignKey() {
    #expect(Self.refusal("task: bandit\nzebra: 1")?.remedy?.hasPrefix("Keys: task, name") == true)
    let error = Self.refusal("task: bandit\nevaluation:\n  prompts: 3")
    #expect(error?.message == "A task of kind bandit has no key evaluation.prompts.")
    #expect(error?.location == "task.yaml:3")
  }

  @Test(
    "values of another type or out of range are refused with what the key wants",
    arguments: [
      ("recipe:\n  steps: many", "a whole number from 1"),
      ("recipe:\n  steps: 0", "a whole number from 1"),
      ("recipe:\n  steps: -5", "a whole number from 1"),
      ("recipe:\n  steps: 2.5", "a whole number from 1"),
      ("recipe:\n  steps: \"5\"", "a whole number from 1"),
      ("recipe:\n  steps: [5]", "a whole number from 1"),
      ("recipe:\n  steps:", "a whole number from 1"),
      ("recipe:\n  steps: 99999999999999999999", "a whole number from 1"),
      ("recipe:\n  learning_rate: -0.1", "a number above 0"),
      ("recipe:\n  learning_rate: 0", "a number above 0"),
      ("recipe:\n  learning_rate: .nan", "a number above 0"),
      ("recipe:\n  learning_rate: inf", "a number above 0"),
      ("recipe:\n  warm_up: 1.5", "a number from 0 to 1"),
      ("recipe:\n  weight_decay: -1", "a number from 0"),
      ("recipe:\n  beta: {a: 1}", "a number above 0"),
      ("evaluation:\n  metric: rewards", "one of reward, winrate, accuracy, frontier"),
      ("evaluation:\n  betas: 0.1", "a list of different numbers above 0"),
      ("evaluation:\n  betas: []", "a list of different numbers above 0"),
      ("evaluation:\n  betas: [0.1, -1]", "a list of different numbers above 0"),
      ("evaluation:\n  top_p: 0", "a number above 0 to 1"),
      ("name: \"\"\n#", "a text"),
    ])
  func badValues(section: String, wanted: String) {
    let error = Self.refusal("task: reviews\n\(section)\n")
    #expect(error?.message.contains("it must be \(wanted)") == true, "\(error?.message ?? "")")
    #expect(error?.location?.hasPrefix("task.yaml:") == true)
  }

  @Test("required keys, sections and the kind itself are asked for")
  func missing() {
    #expect(Self.refusal("name: a")?.message == "task is missing.")
    #expect(Self.refusal("task: preference")?.message == "policy.model is missing.")
    #expect(
      Self.refusal("task: preference\npolicy:\n  model: m")?.message == "data.file is missing.")
    #expect(
      Self.refusal("task: bandit\nrecipe: 5")?.message == "recipe must be a section of keys.")
    for text in ["", "# nothing", "- task\n- bandit", "bandit"] {
      #expect(Self.refusal(text)?.message == "The file has no keys.", "\(text)")
    }
  }

  @Test("what is not YAML is refused with the line, and nothing crashes")
  func brokenYAML() {
    #expect(
      Self.refusal("task: bandit\nname: [1, 2\n")?.location?.hasPrefix("task.yaml:") == true)
    #expect(Self.refusal("task: bandit\n\tname: x")?.location == "task.yaml:2")
    #expect(
      Self.refusal("task: bandit\nname: a\nname: b")?.message.contains("name is given twice")
        == true)
    let deep = "task: bandit\nname: " + String(repeating: "[", count: 100_000)
    for text in [
      deep, "task: &a [*a]", "task: *nothing", "a: b: c", "{", "? [1]\n: 2", "task: !!binary x",
      "--- 1\n--- 2", "%YAML 9.9\n---\ntask: bandit\n...\nx", "task: \u{0}", "\u{FEFF}{task}",
      "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntask: *c",
    ] {
      #expect(Self.refusal(text) != nil)
    }
  }

  @Test("a byte order mark before a file says nothing; within it, it is a letter like others")
  func byteOrderMark() throws {
    let text = "task: bandit\nrecipe:\n  steps: 7\n"
    let file = FileManager.default.temporaryDirectory.appending(path: "mark-\(UUID()).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    for head in [[], [0xEF, 0xBB, 0xBF]] as [[UInt8]] {
      try Data(head + Array(text.utf8)).write(to: file)
      #expect(try TaskFile.load(file.path).recipe.steps == 7)
    }
    #expect(PlainYAML.text([0xEF, 0xBB, 0xBF, 0x61]) == "a")
    #expect(PlainYAML.text([0x61, 0xEF, 0xBB, 0xBF]) == "a\u{FEFF}")
    #expect(PlainYAML.text([0xFF, 0xFE]) == nil)
  }

  @Test(
    "a number that YAML reads otherwise than people do is refused, and told so",
    arguments: ["010", "0x10", "0o7", "0b11", "1:30", "-07"])
  func oddNumbers(_ spelling: String) throws {
    for (key, section) in [("steps", "recipe"), ("learning_rate", "recipe")] {
      let error = Self.refusal("task: bandit\n\(section):\n  \(key): \(spelling)\n")
      #expect(error?.message.hasPrefix("\(section).\(key) is \"\(spelling)\"") == true)
      #expect(error?.location == "task.yaml:3")
      #expect(error?.remedy?.contains("decimal digits") == true)
    }
    // The control: the same digits, written plainly.
    let plain = try Self.parse("task: bandit\nrecipe:\n  steps: 1_0\n  learning_rate: 0.010\n")
    #expect(plain.recipe.steps == 10 && plain.recipe.learningRate == 0.01)
    #expect(PlainYAML.integer("-7") == -7 && PlainYAML.integer("0") == 0)
    #expect(PlainYAML.integer("1e3") == nil && PlainYAML.integer("_1") == nil)
    #expect(PlainYAML.number(".5") == 0.5 && PlainYAML.number("nan") == nil)
  }

  @Test("an empty list and one with wrong numbers are told as what they are")
  func wrongLists() throws {
    func message(_ betas: String) -> String? {
      Self.refusal(Self.whole.replacingOccurrences(of: "[0.1, 1, 10]", with: betas))?.message
    }
    #expect(message("[]")?.contains("evaluation.betas is an empty list; it must be") == true)
    #expect(message("[0.1, -1]")?.contains("evaluation.betas is [0.1, -1]; it must be") == true)
    #expect(message("{a: 1}")?.contains("evaluation.betas is a section; it must be") == true)
  }

  @Test("a file on disk: not there, a folder, not UTF-8, too large, naming what is not there")
  func files() throws {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "task.yaml")
      func load(_ bytes: [UInt8]) throws -> TaskDescription {
        try Data(bytes).write(to: url)
        return try TaskFile.load(url.path)
      }
      func code(_ bytes: [UInt8]) -> LossmithError.Code? {
        let error = #expect(throws: LossmithError.self) { try load(bytes) }
        #expect(error?.code.exitCode == .usage)
        return error?.code
      }
      #expect(throws: LossmithError.self) { try TaskFile.load(folder.path) }
      #expect(throws: LossmithError.self) { try TaskFile.load(url.path) }
      #expect(code([0x74, 0xFF, 0xFE]) == .malformedInput)
      #expect(code(Array(repeating: 0x20, count: (1 << 20) + 1)) == .malformedInput)
      let text = Array("task: preference\npolicy: {model: .}\ndata: {file: rows.jsonl}\n".utf8)
      #expect(code(text) == .missingFile)
      try Data().write(to: folder.appending(path: "rows.jsonl"))
      #expect(try load(text).url("data.file")?.lastPathComponent == "rows.jsonl")
    }
  }

  @Test("the task files that come with the program can be read")
  func templates() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "templates/tasks")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }
    #expect(Set(names).isSuperset(of: ["bandit.yaml", "reviews.yaml", "imdb.yaml"]))
    for name in names {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let task = try Self.parse(text)
      // A template spells its keys out with their defaults, so that it shows them truly.
      let defaults = TaskDescription(kind: task.kind)
      for (key, value) in task.values where defaults.values[key] != nil {
        #expect(value == defaults.values[key], "\(name): \(key)")
      }
    }
  }

  @Test("a repeated key is named with the line where it stands again, a limit where it is passed")
  func places() {
    let twice = Self.refusal("task: bandit\nrecipe:\n  steps: 3\n  batch: 2\n  steps: 4\n")
    #expect(twice?.location?.hasSuffix(":5") == true, "\(twice?.location ?? "")")
    let top = Self.refusal("task: bandit\nname: a\n\nname: b\n")
    #expect(top?.location?.hasSuffix(":4") == true, "\(top?.location ?? "")")
    let rate = Self.refusal("task: bandit\nrecipe:\n  learning_rate: 1e300\n")
    #expect(rate?.message.contains("above 0 to 1e12") == true, "\(rate?.message ?? "")")
    let betas = Self.refusal("task: bandit\nevaluation:\n  betas: [0.1, 0.2, 1e-1]\n")
    #expect(betas?.message.contains("different numbers") == true)
    for text in ["temperature: 1e-40", "temperature: 0", "new_tokens: 999999999"] {
      #expect(Self.refusal("task: reviews\nevaluation:\n  \(text)\n") != nil, "\(text)")
    }
  }
}
