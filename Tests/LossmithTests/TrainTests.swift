import Discovery
import Foundation
import Losses
import Policy
import Testing

/// `train` on a policy of a few thousand parameters.
@Suite(.serialized) struct TrainTests {
  /// A task with a policy that was fitted to its preferences a little.
  struct Bench {
    let folder: TemporaryFolder
    let task: String

    init(steps: Int = 12) async throws {
      folder = try TemporaryFolder()
      let (data, tokenizer) = try PolicyCommandTests().files(folder)
      let policy = folder.url.appendingPathComponent("start").path
      let fitted = try await Program.run([
        "sft", "--data", data, "--tokenizer", tokenizer, "--out", policy, "--width", "16",
        "--layers", "1", "--heads", "2", "--context", "16", "--epochs", "2",
      ])
      try #require(fitted.status == 0, "\(fitted.errors)")
      let rows = (0..<40).map { row in
        #"{"prompt": "the film\#(String(repeating: " the", count: row % 8))", "chosen": " was good"#
          + #" .", "rejected": " was bad ."}"#
      }
      _ = try folder.file("rows.jsonl", rows.joined(separator: "\n"))
      task = try folder.file(
        "task.yaml",
        """
        task: preference
        name: films
        policy:
          model: start
        data:
          file: rows.jsonl
          held_out: 0.4
        recipe:
          steps: \(steps)
          batch: 8
          learning_rate: 0.01
        evaluation:
          prompts: 4
          new_tokens: 6
        """)
    }

    func place(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

    func train(_ out: String, _ arguments: [String] = ["dpo"]) async throws -> Program.Result {
      // As evaluate trains: the threads decide the last bits.
      let threads = arguments.contains("--threads") ? [] : ["--threads", "1"]
      return try await Program.run(
        ["train"] + arguments + threads + ["--task", task, "--out", place(out)])
    }

    /// What stands beside the files of the bench.
    func leftovers() throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
        .subtracting(["start", "rows.jsonl", "task.yaml", "pairs.jsonl", "tokenizer.json"])
    }
  }

  @Test("a trained policy is a folder that can be sampled, with its curve and its metrics")
  func folder() async throws {
    let bench = try await Bench()
    let trained = try await bench.train("policy", ["dpo", "--seed", "3", "--json"])
    try #require(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("step 12 of 12, loss"))
    let kept = try String(contentsOfFile: bench.place("policy/metrics.json"), encoding: .utf8)
    #expect(kept == trained.output)
    let document = try JSON.decode(TrainingDocument.self, from: Data(kept.utf8))
    #expect(document.plugin == "dpo")
    #expect(document.task == "films")
    #expect(document.seed == 3)
    #expect(document.tunables["beta"] == 0.1)
    #expect(document.curve.step == Array(1...12))
    #expect(document.eta?.metric == "accuracy")
    #expect(document.eta?.value == document.metrics["accuracy"])
    #expect(try #require(document.metrics["kl"]) > 0)
    #expect(document.metrics["reward"] == nil)
    #expect(document.reference.metrics["accuracy"] == 0.5)
    #expect(
      try bench.leftovers() == ["policy"], "something else is left over")
    let sampled = try await Program.run(["sample", "--policy", bench.place("policy"), "the film"])
    #expect(sampled.status == 0, "\(sampled.errors)")
    // Equal commands write equal weights, another seed others.
    func weights(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: bench.place("\(name)/model.safetensors")))
    }
    try #require(try await bench.train("again", ["dpo", "--seed", "3"]).status == 0)
    try #require(try await bench.train("other", ["dpo", "--seed", "4"]).status == 0)
    #expect(try weights("again") == weights("policy"))
    #expect(try weights("other") != weights("policy"))
    #expect(try weights("start") != weights("policy"))
    // The same numbers as evaluate's: one code path, one seed.
    let evaluated = try await Program.run([
      "evaluate", "dpo", "--task", bench.task, "--seeds", "4", "--json",
    ])
    let seeds = try JSON.decode(EvaluationDocument.self, from: Data(evaluated.output.utf8))
      .results[0].seeds
    #expect(seeds[3].metrics["kl"] == document.metrics["kl"])
    #expect(seeds[3].curve == document.curve)
  }

  @Test("a folder with something in it is kept, unless it is a policy and --force is given")
  func existing() async throws {
    let bench = try await Bench()
    try FileManager.default.createDirectory(
      atPath: bench.place("empty"), withIntermediateDirectories: false)
    #expect(try await bench.train("empty").status == 0)
    let first = try Data(contentsOf: URL(fileURLWithPath: bench.place("empty/metrics.json")))
    let refused = try await bench.train("empty", ["ipo"])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--force"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: bench.place("empty/metrics.json"))) == first)
    #expect(try await bench.train("empty", ["ipo", "--force"]).status == 0)
    let second = try String(contentsOfFile: bench.place("empty/metrics.json"), encoding: .utf8)
    #expect(second.contains(#""plugin" : "ipo""#))
    try Data().write(to: URL(fileURLWithPath: bench.place("empty/thesis.txt")))
    #expect(try await bench.train("empty", ["ipo", "--force"]).status == 2)
    #expect(try await bench.train("rows.jsonl", ["ipo", "--force"]).status == 2)
    #expect(try bench.leftovers() == ["empty"])
  }

  @Test("the bandit, unknown tasks and wrong tunables end with 2, a loss that falls short with 1")
  func refusals() async throws {
    let bench = try await Bench()
    let bandit = try await Program.run([
      "train", "dpo", "--task", "bandit", "--out", bench.place("policy"),
    ])
    #expect(bandit.status == 2)
    #expect(bandit.errors.contains("no language model"))
    for arguments in [["dpo", "--beta", "-1"], ["dpo", "--set", "beta"], ["nosuch"]] {
      #expect(try await bench.train("policy", arguments).status == 2, "\(arguments)")
    }
    let scalar = try bench.folder.file(
      "scalar.swift",
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { mean(batch.margin) }\n")
    let failed = try await bench.train("policy", [scalar])
    #expect(failed.status == 1)
    #expect(failed.errors.contains("failed(shape)"))
    #expect(try bench.leftovers() == ["scalar.swift"])
  }

  @Test("the threads asked for are those that train, more than there are cores too")
  func threads() async throws {
    let bench = try await Bench()
    for threads in [2, 5] {
      let trained = try await bench.train(
        "policy\(threads)", ["dpo", "--threads", "\(threads)", "--json"])
      try #require(trained.status == 0, "\(trained.errors)")
      let document = try JSON.decode(TrainingDocument.self, from: Data(trained.output.utf8))
      #expect(document.environment["blas_threads"] == "\(threads)")
    }
    let evaluated = try await Program.run([
      "evaluate", "dpo", "--task", bench.task, "--seeds", "1", "--threads", "5", "--json",
    ])
    try #require(evaluated.status == 0, "\(evaluated.errors)")
    let document = try JSON.decode(
      EvaluationDocument.self, from: Data(evaluated.output.utf8))
    #expect(document.environment["blas_threads"] == "5")
    #expect(try await bench.train("policy", ["dpo", "--threads", "0"]).status == 2)
    func samples(_ threads: Int) async throws -> String {
      let sampled = try await Program.run([
        "sample", "--policy", bench.place("policy2"), "--count", "5", "--threads", "\(threads)",
        "the film",
      ])
      try #require(sampled.status == 0, "\(sampled.errors)")
      return sampled.output
    }
    #expect(try await samples(1) == samples(3))
  }

  @Test("a second training for the same place is refused while the first goes on")
  func together() async throws {
    let bench = try await Bench()
    let first = try TrainingLock(URL(fileURLWithPath: bench.place("policy.checkpoint")))
    // A state of the first one, which --force must not remove either.
    let state = bench.place("policy.checkpoint/training.safetensors")
    try Data("state".utf8).write(to: URL(fileURLWithPath: state))
    let fit = [
      "sft", "--data", bench.place("rows.jsonl"), "--policy", bench.place("start"), "--epochs", "1",
      "--out", bench.place("policy"),
    ]
    for arguments in [[], ["--force"], ["--resume"]] {
      for result in [
        try await bench.train("policy", ["dpo"] + arguments),
        try await Program.run(fit + arguments),
      ] {
        #expect(result.status == 2, "\(arguments)")
        #expect(result.errors.contains("Another training"), "\(arguments): \(result.errors)")
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: state)) == Data("state".utf8))
    first.release()
    #expect(try bench.leftovers() == ["policy.checkpoint"])
    let after = try await bench.train("policy", ["dpo", "--force"])
    #expect(after.status == 0, "\(after.errors)")
    #expect(try await Program.run(fit + ["--force"]).status == 0)
    #expect(try bench.leftovers() == ["policy"])
  }

  /// One policy, stopped by Ctrl-C and killed twice, beside one that was left in peace.
  @Test("Ctrl-C and kill -9 lose nothing: --resume ends with the same bits")
  func interrupt() async throws {
    let steps = 1500
    let bench = try await Bench(steps: steps)
    let arguments = [
      "train", "dpo", "--task", bench.task, "--out", bench.place("policy"), "--threads", "1",
    ]
    let (status, errors) = try Program.interrupted(
      arguments + ["--checkpoint-every", "0"], when: "dpo: step", writing: bench.place("policy"))
    #expect(status == 130, "\(errors)")
    #expect(errors.contains("the training's state is kept"), "\(errors)")
    #expect(errors.contains("Resume with: lossmith train dpo --task"), "\(errors)")
    #expect(try bench.leftovers() == ["policy.checkpoint"])
    // What is there is neither overwritten nor taken for another training's.
    #expect(try await bench.train("policy").status == 2)
    let other = try await bench.train("policy", ["ipo", "--resume", "--seed", "4"])
    #expect(other.status == 2)
    #expect(other.errors.contains("seed is 4 here, 0 there"), "\(other.errors)")
    #expect(other.errors.contains("loss is ipo here, dpo there"), "\(other.errors)")
    let rows = try String(contentsOfFile: bench.place("rows.jsonl"), encoding: .utf8)
    _ = try bench.folder.file(
      "rows.jsonl",
      rows + "\n" + #"{"prompt": "the film", "chosen": " was .", "rejected": " bad ."}"#)
    let altered = try await bench.train("policy", ["dpo", "--resume"])
    #expect(altered.status == 2)
    #expect(altered.errors.contains("data differs"), "\(altered.errors)")
    #expect(!altered.errors.contains("policy differs"), "\(altered.errors)")
    _ = try bench.folder.file("rows.jsonl", rows)
    #expect(try await bench.train("nowhere", ["dpo", "--resume"]).status == 2)
    let resuming = arguments + ["--resume", "--checkpoint-every", "7"]
    for _ in 0..<2 {
      let end = try Program.killed(
        resuming, when: "dpo: step", after: .random(in: 0...0.3))
      // On a slow day the training may have been faster than the kill.
      if end == 0 { break }
      #expect(end == SIGKILL)
      if FileManager.default.fileExists(atPath: bench.place("policy")) { break }
    }
    if try bench.leftovers() != ["policy"] {
      // A kill in the last moment may leave a state, or its lock, beside the policy.
      let isThere = FileManager.default.fileExists(atPath: bench.place("policy"))
      let end = try await Program.run(isThere ? arguments + ["--force"] : resuming)
      try #require(end.status == 0, "\(end.errors)")
    }
    let whole = try await bench.train("whole")
    try #require(whole.status == 0, "\(whole.errors)")
    func document(_ name: String) throws -> TrainingDocument {
      let file = URL(fileURLWithPath: bench.place("\(name)/metrics.json"))
      return try JSON.decode(TrainingDocument.self, from: try Data(contentsOf: file))
    }
    let (resumed, plain) = (try document("policy"), try document("whole"))
    #expect(resumed.parameters == plain.parameters)
    #expect(resumed.curve == plain.curve && plain.curve.step.last == steps)
    #expect(resumed.metrics == plain.metrics)
    #expect(try bench.leftovers() == ["policy", "whole"])
  }

  @Test("an adapter is trained alone, merged into the folder, and sampled from with its base")
  func lora() async throws {
    let bench = try await Bench()
    let trained = try await bench.train(
      "policy",
      [
        "dpo", "--lora-rank", "2", "--lora-targets", "c_attn,mlp.c_fc", "--recompute",
        "--micro-batch", "3", "--json",
      ])
    try #require(trained.status == 0, "\(trained.errors)")
    let document = try JSON.decode(TrainingDocument.self, from: Data(trained.output.utf8))
    #expect(document.trained == 2 * (16 + 48) + 2 * (16 + 64))
    #expect(document.lora?.alpha == 4)
    #expect(try #require(document.metrics["kl"]) > 0)
    for key in ["cpu", "instruction_set", "blas_core", "blas_threads"] {
      #expect(document.environment[key]?.isEmpty == false, "\(key)")
    }
    func sampled(_ arguments: [String]) async throws -> String {
      let result = try await Program.run(
        ["sample", "the film", "--temperature", "0", "--new-tokens", "6"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    let (adapter, base) = (bench.place("policy/adapter"), bench.place("start"))
    #expect(
      try await sampled(["--policy", adapter, "--base", base])
        == sampled(["--policy", bench.place("policy")]))
    // The adapter names its base.
    #expect(
      try await sampled(["--policy", adapter])
        == sampled(["--policy", adapter, "--base", base]))
    let config = URL(fileURLWithPath: adapter + "/adapter_config.json")
    let nameless = try String(contentsOf: config, encoding: .utf8)
      .replacingOccurrences(of: #""\#(base)""#, with: "null")
    try Data(nameless.utf8).write(to: config)
    for arguments in [
      ["sample", "--policy", adapter, "the film"],
      ["sample", "--policy", base, "--base", base, "the film"],
      ["train", "dpo", "--task", bench.task, "--out", bench.place("no"), "--lora-alpha", "2"],
      [
        "train", "dpo", "--task", bench.task, "--out", bench.place("no"), "--lora-rank", "2",
        "--lora-targets", "q_proj",
      ],
      ["train", "dpo", "--task", bench.task, "--out", bench.place("no"), "--micro-batch", "0"],
    ] {
      let refused = try await Program.run(arguments)
      #expect(refused.status == 2, "\(arguments): \(refused.errors)")
    }
    #expect(try bench.leftovers() == ["policy"])
  }
}
