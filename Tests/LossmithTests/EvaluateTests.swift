import Discovery
import Foundation
import Losses
import Policy
import Testing

@Suite(.serialized) struct EvaluateTests {
  struct Document: Decodable {
    struct Eta: Decodable {
      var metric: String
      var mean: Double
      var se: Double?
      var n: Int
    }
    struct Reference: Decodable {
      var hash: String
      var eta: Eta
    }
    struct Delta: Decodable {
      var mean: Double
      var low: Double?
      var high: Double?
    }
    struct Result: Decodable {
      var plugin: String
      var verdict: String
      var eta: Eta?
      var kl: Double?
      var kl_paper: Double?
      var accuracy: Double?
      var delta: Delta?
      var seconds: Double
    }
    var task: String
    var environment: [String: String]
    var reference: Reference
    var results: [Result]
  }

  func evaluate(_ arguments: [String]) async throws -> (document: Document, text: String) {
    let result = try await Program.run(["evaluate"] + arguments + ["--task", "bandit", "--json"])
    try #require(result.status == 0, "\(result.errors)")
    let document = try JSON.decode(Document.self, from: Data(result.output.utf8))
    for key in ["cpu", "instruction_set", "blas_core", "blas_threads", "openblas"] {
      #expect(document.environment[key]?.isEmpty == false, "\(key)")
    }
    return (document, result.output)
  }

  @Test("DPO rises by more than five standard errors, its reverse falls, a constant stays put")
  func directions() async throws {
    let document = try await evaluate([
      "dpo", Program.fixture("losses/flipped.swift"), Program.fixture("losses/constant.swift"),
      "--seeds", "5",
    ]).document
    let reference = document.reference.eta.mean
    let (dpo, flipped, constant) = (document.results[0], document.results[1], document.results[2])
    #expect(document.results.map(\.verdict) == ["ok", "ok", "ok"])
    let eta = try #require(dpo.eta)
    #expect(eta.n == 5)
    #expect(eta.metric == "reward")
    #expect(eta.mean - reference > 5 * (try #require(eta.se)))
    #expect(try #require(flipped.eta).mean < reference)
    #expect(try #require(flipped.delta?.high) < 0)
    // Bit-identical: the KL is 0 and not merely small, and the reward is the reference's own.
    #expect(constant.kl == 0)
    #expect(constant.kl_paper == 0)
    #expect(constant.eta?.mean == reference)
    #expect(constant.accuracy == 0.5)
    #expect(dpo.delta?.mean == 0)
  }

  @Test("the same command prints the same document but for the seconds")
  func determinism() async throws {
    func normalised() async throws -> String {
      let text = try await evaluate(["lrml", "--seeds", "2"]).text
      return text.replacing(/"seconds" : [0-9.e-]+/, with: "")
    }
    let first = try await normalised()
    #expect(try await normalised() == first)
  }

  @Test("neither numbers nor the failure that is told depend on the number of workers")
  func workers() async throws {
    func document(_ arguments: [String], _ workers: Int) async throws -> String {
      let result = try await Program.run(
        ["evaluate", "--task", "bandit", "--json", "--workers", "\(workers)"] + arguments)
      #expect(result.status == (arguments.contains("--unchecked") ? 1 : 0), "\(result.errors)")
      return result.output.replacing(/"seconds" : [0-9.e-]+/, with: "")
    }
    let sound = ["lrml", "--seeds", "5"]
    // Single precision breaks for some of the seeds, not for the first, at different steps.
    let broken = [
      Program.root.appending(path: "experiments/lrml-collapse/lrml-float32.c").path, "--beta", "10",
      "--seeds", "5", "--unchecked", "--isolation", "inline",
    ]
    let alone = try await document(sound, 1)
    let aloneBroken = try await document(broken, 1)
    #expect(aloneBroken.contains("diverged("))
    for workers in [2, 5] {
      #expect(try await document(sound, workers) == alone, "\(workers) workers")
      #expect(try await document(broken, workers) == aloneBroken, "\(workers) workers")
    }
    for flags in [["--workers", "0"], ["--threads", "65"]] {
      #expect(try await Program.run(["evaluate", "dpo"] + flags).status == 2)
    }
  }

  @Test("what is odd about a plug-in is told once")
  func warnings() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.file(
      "odd.swift",
      """
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        let idle = 1
        return softplus(-tunables.beta * batch.margin)
      }
      """)
    let result = try await Program.run(["evaluate", source, "--task", "bandit", "--seeds", "1"])
    #expect(result.status == 0)
    let told = result.errors.split(separator: "\n").filter { $0.hasPrefix("warning: odd: ") }
    #expect(told.contains { $0.contains("idle") }, "\(result.errors)")
    #expect(Set(told).count == told.count)
  }

  @Test("inline and process isolation give the same bits")
  func isolation() async throws {
    let inCell = try await evaluate(["slic", "--seeds", "2"]).document
    let inline = try await evaluate(["slic", "--seeds", "2", "--isolation", "inline"]).document
    #expect(inCell.results[0].eta?.mean == inline.results[0].eta?.mean)
    #expect(inCell.results[0].kl == inline.results[0].kl)
  }

  @Test("one seed has no standard error and no interval")
  func oneSeed() async throws {
    let (document, text) = try await evaluate(["slic", "--seeds", "1"])
    #expect(document.results[0].eta?.se == nil)
    #expect(document.results[0].delta != nil)
    #expect(document.results[0].delta?.low == nil)
    #expect(text.contains("\"se\" : null"))
  }

  struct Frontiers: Decodable {
    struct Result: Decodable {
      struct Eta: Decodable {
        var metric: String
        var mean: Double
      }
      struct Seed: Decodable {
        var metrics: [String: Double]
        var frontier: [FrontierPoint]
        var curve: LearningCurve
      }
      var eta: Eta
      var seeds: [Seed]
    }
    struct Reference: Decodable {
      var reward: Double
      var eta: Result.Eta
    }
    var reference: Reference
    var results: [Result]
  }

  @Test("--metric frontier trains the β grid and sums the area over reward and KL")
  func frontier() async throws {
    let folder = try TemporaryFolder()
    let task = try folder.file(
      "task.yaml", "task: bandit\nevaluation:\n  betas: [0.05, 0.5]\n  kl_cap: 15\n")
    let result = try await Program.run([
      "evaluate", "dpo", Program.fixture("losses/constant.swift"), "--task", task, "--metric",
      "frontier", "--seeds", "2", "--json",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let document = try JSON.decode(Frontiers.self, from: Data(result.output.utf8))
    #expect(document.reference.eta.mean == 0)
    let (dpo, constant) = (document.results[0], document.results[1])
    #expect(dpo.eta.metric == "frontier")
    for seed in dpo.seeds {
      #expect(seed.frontier.map(\.beta) == [0.05, 0.5])
      let area = Hypervolume.area(seed.frontier, cap: 15, floor: document.reference.reward)
      #expect(abs(try #require(seed.metrics["frontier"]) - area) < 1e-9)
      #expect(area > 0)
    }
    #expect(constant.eta.mean == 0)
    #expect(constant.seeds[0].frontier.allSatisfy { $0.kl == 0 })
    // A single β would be no frontier.
    let fixed = ["evaluate", "dpo", "--task", task, "--metric", "frontier", "--beta", "0.1"]
    #expect(try await Program.run(fixed).status == 2)
  }

  @Test("a metric that the task lacks, or that is none, is refused with code 2")
  func metrics() async throws {
    for metric in ["winrate", "rewards"] {
      let arguments = ["evaluate", "dpo", "--task", "bandit", "--metric", metric]
      let result = try await Program.run(arguments)
      #expect(result.status == 2, "\(metric): \(result.errors)")
    }
    let accuracy = try await evaluate(["dpo", "--metric", "accuracy", "--seeds", "2"]).document
    #expect(accuracy.results[0].eta?.metric == "accuracy")
    #expect(accuracy.results[0].eta?.mean == accuracy.results[0].accuracy)
    #expect(accuracy.reference.eta.mean == 0.5)
  }

  @Test("differences are to the catalogue's dpo, whatever a file is called")
  func baseline() async throws {
    let folder = try TemporaryFolder()
    let flipped = try String(
      contentsOfFile: Program.fixture("losses/flipped.swift"), encoding: .utf8)
    let file = try folder.file("dpo.swift", flipped)
    let real = try await evaluate(["dpo", "lrml", "--seeds", "2"]).document.results
    let delta = try #require(real[1].delta)
    let results = try await evaluate([file, "lrml", "--seeds", "2"]).document.results
    #expect(results.map(\.plugin) == [file, "lrml"])
    #expect(results[1].delta?.mean == delta.mean && results[1].delta?.low == delta.low)
    #expect(try #require(results[0].delta?.mean) < -0.1)
    // One that fails its checks leaves the others their differences too.
    let scalar = try folder.file(
      "sub-dpo.swift",
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { mean(batch.margin) }\n")
    let renamed = folder.url.appending(path: "DPO.swift").path
    try FileManager.default.moveItem(atPath: scalar, toPath: renamed)
    let result = try await Program.run(["evaluate", renamed, "lrml", "--seeds", "2", "--json"])
    #expect(result.status == 1)
    let failed = try JSON.decode(Document.self, from: Data(result.output.utf8)).results
    #expect(failed.map(\.plugin) == [renamed, "lrml"])
    #expect(failed.map(\.verdict) == ["failed(shape)", "ok"])
    #expect(failed[1].delta?.mean == delta.mean)
  }

  @Test("what is no plug-in at all is refused before anything is trained; a failing one is a row")
  func unusable() async throws {
    let folder = try TemporaryFolder()
    let text = try folder.file("text.so", "not a library\n")
    for argument in [text, "lrmll", "/no/such.so"] {
      let result = try await Program.run(["evaluate", "dpo", argument, "lrml", "--seeds", "1"])
      #expect(result.status == 2 && result.output.isEmpty, "\(argument): \(result.errors)")
      #expect(result.errors.contains(argument) && !result.errors.contains("dpo: η"))
    }
    // A value that a later loss does not allow is seen before the first is trained, too.
    let range = try await Program.run(
      ["evaluate", "dpo", "lrml", "--set", "tau=5", "--seeds", "1"])
    #expect(range.status == 2 && range.errors.contains("lrml allows tau"), "\(range.errors)")
    #expect(!range.errors.contains("dpo: η"))
    let broken = try folder.file("broken.swift", "this is no Swift")
    let kept = try await Program.run(["evaluate", "lrml", broken, "dpo", "--seeds", "1", "--json"])
    #expect(kept.status == 1)
    let document = try JSON.decode(Document.self, from: Data(kept.output.utf8))
    #expect(document.results.map(\.verdict) == ["ok", "rejected(lint)", "ok"])
  }

  @Test("a loss that falls short has a verdict, no number, and exit code 1")
  func failure() async throws {
    let folder = try TemporaryFolder()
    let scalar = try folder.file(
      "scalar.swift",
      "func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { mean(batch.margin) }\n")
    let result = try await Program.run(["evaluate", scalar, "--seeds", "2", "--json"])
    #expect(result.status == 1)
    let document = try JSON.decode(Document.self, from: Data(result.output.utf8))
    #expect(document.results.map(\.verdict) == ["failed(shape)"])
    #expect(document.results[0].eta == nil)
  }
}
