import Foundation
import Losses
import Testing

/// Every kind of bad input gets a clear error and the exit code that the documentation promises.
@Suite struct BadInputTests {
  func expect(
    _ arguments: [String], exits status: Int32, saying words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = try await Program.run(arguments)
    #expect(
      result.status == status, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        result.errors.contains(word), "\(arguments): \(result.errors)",
        sourceLocation: sourceLocation)
    }
    #expect(!result.errors.contains("Fatal error"), sourceLocation: sourceLocation)
  }

  @Test("usage errors exit with 2")
  func usage() async throws {
    try await expect(["evaluate"], exits: 2)
    try await expect(["evaluate", "dpo", "--sedes", "3"], exits: 2, saying: "--sedes")
    try await expect(["evaluate", "dpo", "--seeds", "0"], exits: 2, saying: "--seeds")
    try await expect(["evaluate", "dpo", "--set", "tau"], exits: 2, saying: "NAME=VALUE")
    try await expect(["evaluate", "dpo", "--beta", "-1"], exits: 2)
    try await expect(["evaluate", "dpo", "--beta", "1e9"], exits: 2, saying: "beta")
    try await expect(["frobnicate"], exits: 2)
    try await expect(
      ["discover", "--proposer", "oracle"], exits: 2, saying: "oracle", "replay:FILE")
    try await expect(["discover", "--proposer", "llm"], exits: 2, saying: "--base-url")
    try await expect(["worker"], exits: 2)
  }

  @Test(
    "numbers that nothing could serve are refused with the flag and its range",
    arguments: [
      "evaluate dpo --seeds 999999999999", "evaluate dpo --seeds 9223372036854775807",
      "discover --seeds 999999999999", "discover --generations 99999999999",
      "discover --minutes 1e300", "discover --resamples 99999999999", "watch . --seeds 99999999",
      "watch . --every 1e300", "sample --policy p --count 99999999999",
      "sample --policy p --new-tokens 9223372036854775807", "sample --policy p --temperature 1e-40",
      "sample --policy p --temperature 1e-40 --top-k 3", "sample --policy p --count 99999 a b",
      "sft --data d --policy p --out o --epochs 1e30",
      "sft --data d --policy p --out o --batch 9223372036854775807",
      "sft --data d --policy p --out o --learning-rate 1e39",
      "sft --data d --tokenizer t --out o --width 9223372036854775807",
      "sft --data d --tokenizer t --out o --layers 99999999",
      "sweep dpo --beta 0.1 --seeds 99999999999", "agreement --seeds 99999999999",
      "bench plugin dpo --rows 99999999999", "bench cell dpo --calls 99999999999",
      "bench build dpo --cold 99999999999", "bench train --steps 99999999999",
      "bench sample --policy p --threads 99999", "bench epoch --policy p --pairs 99999999999",
    ])
  func ranges(_ line: String) async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(
      line.split(separator: " ").map(String.init), in: folder.url)
    #expect(result.status == 2, "\(line): \(result.errors)")
    #expect(!result.errors.contains("Fatal error"), "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test("help and version exit with 0 (the control)")
  func help() async throws {
    let help = try await Program.run(["--help"])
    #expect(help.status == 0)
    #expect(help.output.contains("discover"))
    #expect(try await Program.run(["--version"]).status == 0)
  }

  @Test("unknown names are refused with the nearest known one")
  func unknownNames() async throws {
    try await expect(["check", "dpoo"], exits: 2, saying: "dpoo", "Did you mean dpo")
    try await expect(["evaluate", "dpo", "--task", "bandid"], exits: 2, saying: "bandid", "bandit")
    try await expect(["check", "no/such/file.so"], exits: 2, saying: "no/such/file.so")
    try await expect(["discover", "--proposer", "replay:/no/such"], exits: 2, saying: "/no/such")
    try await expect(["report", "/no/such/run"], exits: 2, saying: "/no/such/run")
    try await expect(["discover", "--resume", "/no/such/run"], exits: 2, saying: "/no/such/run")
  }

  @Test("libraries that are no plug-ins are refused before or while they load")
  func libraries() async throws {
    let folder = try TemporaryFolder()
    func compile(_ name: String, _ source: String) throws -> String {
      let file = try folder.file("\(name).c", source)
      let library = folder.url.appendingPathComponent("\(name).so").path
      let header = Program.root.appendingPathComponent("Sources/PluginABI/include").path
      let compiler = Process()
      compiler.executableURL = URL(fileURLWithPath: "/usr/bin/cc")
      compiler.arguments = ["-shared", "-fPIC", "-I", header, file, "-o", library, "-lm"]
      try compiler.run()
      compiler.waitUntilExit()
      #expect(compiler.terminationStatus == 0)
      return library
    }
    let bare = try compile("bare", "int answer(void) { return 42; }\n")
    try await expect(["check", bare], exits: 2, saying: "loss_describe_v1")
    let magic = try compile(
      "magic",
      """
      #include "loss_abi.h"
      int32_t loss_describe_v1(loss_descriptor *out) { out->magic = 7; return 0; }
      int32_t loss_kernel_v1(uint32_t rows) { return 0; }
      """)
    let result = try await Program.run(["check", magic, "--json"])
    #expect(result.status == 1)
    #expect(try result.json()["verdict"] as? String == "rejected(descriptor)")
    #expect((try result.json()["message"] as? String ?? "").contains("magic"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: bare))
    let truncated = folder.url.appendingPathComponent("truncated.so")
    try whole.prefix(whole.count / 3).write(to: truncated)
    try await expect(["check", truncated.path], exits: 2, saying: "truncated.so")
    let text = try folder.file("text.so", "not a library\n")
    try await expect(["check", text], exits: 2, saying: "text.so")
    try await expect(["check", "/proc/self/mem"], exits: 2, saying: "(Input/output error)")
    // The control: what `build` writes is taken.
    let good = folder.url.appendingPathComponent("good.so").path
    #expect(try await Program.run(["build", "dpo", "-o", good]).status == 0)
    #expect(try await Program.run(["check", good]).status == 0)
  }

  @Test("batch documents that cannot be used are refused")
  func batches() async throws {
    let folder = try TemporaryFolder()
    let broken = try folder.file("broken.json", #"{"columns": {"policy_chosen": [1"#)
    try await expect(["call", "dpo", "--input", broken], exits: 2, saying: "broken.json")
    let uneven = try folder.file(
      "uneven.json", #"{"columns": {"policy_chosen": [1, 2], "policy_rejected": [1]}}"#)
    try await expect(["call", "dpo", "--input", uneven], exits: 2, saying: "rows")
    let lacking = try folder.file(
      "lacking.json", #"{"columns": {"policy_chosen": [1], "policy_rejected": [1]}}"#)
    try await expect(["call", "dpo", "--input", lacking], exits: 2, saying: "reference_chosen")
    try await expect(
      ["call", "dpo", "--input", "/no/such.json"], exits: 2, saying: "/no/such.json")
  }

  @Test("misspelt keys, numbers beyond the range of doubles and of a tunable are refused")
  func documents() async throws {
    let folder = try TemporaryFolder()
    func document(_ name: String, chosen: String = "-1", rest: String) throws -> String {
      try folder.file(
        name,
        """
        {"columns": {"policy_chosen": [\(chosen)], "policy_rejected": [-2],
         "reference_chosen": [-1], "reference_rejected": [-1]}, \(rest)}
        """)
    }
    let key = try document("key.json", rest: #""parms": {"beta": 1}"#)
    try await expect(["call", "dpo", "--input", key], exits: 2, saying: "parms")
    let range = try document("range.json", rest: #""params": {"beta": 3000}"#)
    try await expect(["call", "dpo", "--input", range], exits: 2, saying: "not 3000")
    let huge = try document("huge.json", chosen: "1e999", rest: #""params": {"beta": 1}"#)
    let result = try await Program.run(["call", "dpo", "--input", huge])
    #expect(result.status == 2)
    #expect(result.errors.contains("policy_chosen") && !result.errors.contains("Array"))
    let good = try document("good.json", rest: #""params": {"beta": 1}"#)
    #expect(try await Program.run(["call", "dpo", "--input", good]).status == 0)
  }

  @Test("a tunable that no named loss declares is refused with the nearest one")
  func tunables() async throws {
    let folder = try TemporaryFolder()
    let picture = folder.url.appendingPathComponent("x.svg").path
    try await expect(["check", "lrml", "--set", "tua=1"], exits: 2, saying: "tua")
    try await expect(
      ["evaluate", "dpo", "--set", "beta=3", "--beta", "2"], exits: 2,
      saying: "--beta says 2.0 and --set beta=3.0")
    try await expect(
      ["evaluate", "dpo", "--set", "beta=3", "--set", "beta=2"], exits: 2,
      saying: "beta is set to 3.0 and to 2.0")
    // The control: twice the same is no contradiction.
    let agreed = try await Program.run([
      "evaluate", "dpo", "--task", "bandit", "--seeds", "1", "--set", "beta=2", "--beta", "2",
    ])
    #expect(agreed.status == 0, "\(agreed.errors)")
    try await expect(
      ["plot", "dpo", "simpo", "--set", "gmma=1", "-o", picture], exits: 2, saying: "gamma")
    try await expect(
      ["evaluate", "dpo", "--task", "bandit", "--seeds", "1", "--set", "gmma=1"], exits: 2,
      saying: "gmma")
    // One that some declare is used there, and noted for the rest.
    let some = try await Program.run([
      "plot", "dpo", "simpo", "--set", "gamma=1", "-o", picture,
    ])
    #expect(some.status == 0)
    #expect(some.errors.contains("dpo does not declare gamma"))
  }

  @Test("pipes, folders and files in each other's place are refused in words")
  func places() async throws {
    let folder = try TemporaryFolder()
    let pipe = folder.url.appendingPathComponent("pipe.swift").path
    #expect(mkfifo(pipe, 0o600) == 0)
    try await expect(["check", pipe], exits: 2, saying: "pipe")
    try await expect(["plot", "dpo", "-o", folder.url.path], exits: 2, saying: "this is a folder")
    let file = try folder.file("file", "")
    try await expect(["new", "mine", "--in", file], exits: 2, saying: "this is a file")
    try await expect(
      ["new", "dpo", "--in", folder.url.path], exits: 2, saying: "the catalogue has a loss")
    #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/dpo"))
    let help = try await Program.run(["new", "--help"])
    #expect(help.output.contains("default: pairwise"))
  }

  @Test(
    "a place that cannot be written to is refused before any work, in words",
    arguments: [
      "sweep dpo --task bandit --beta 0.1 --out PLACE", "discover --task bandit --out PLACE",
      "transfer slic --to bandit --out PLACE", "agreement --task bandit --out PLACE",
      "figures RUN --out PLACE", "report RUN --out PLACE/x.html", "plot dpo -o PLACE/x.svg",
      "build dpo -o PLACE/x.so",
    ])
  func outputPlaces(_ line: String) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("half.swift", "whole")
    let run = try await SampleRun.made.value.run
    let isFile = line.contains("PLACE/")
    for place in [file, isFile ? "/nonexist" : file + "/below"] {
      let arguments = line.split(separator: " ").map {
        $0.replacingOccurrences(of: "PLACE", with: place)
          .replacingOccurrences(of: "RUN", with: run.path)
      }
      try await expect(
        arguments, exits: 2, saying: "error[usage]", place, "how to mend it", "folder")
      let errors = try await Program.run(arguments).errors
      #expect(!errors.contains("Domain") && !errors.contains("Code="), "\(errors)")
    }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "whole")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["half.swift"])
  }

  @Test("where a run is wanted, a sweep's and a transfer's folder are told with their command")
  func otherFolders() async throws {
    let sweep = try await SampleExperiments.sweep.value.path
    let transfer = try await SampleExperiments.transfer.value.path
    for command in [["report"], ["figures", "--out", "x"], ["serve", "--port", "0"]] {
      try await expect(
        command + [sweep], exits: 2, saying: "lossmith sweep --resume \(sweep)")
      try await expect(
        command + [transfer], exits: 2, saying: "lossmith transfer --resume \(transfer)")
    }
  }

  @Test("parameters that a loss does not declare are ignored with a note")
  func ignoredParameters() async throws {
    let folder = try TemporaryFolder()
    let input = try folder.file(
      "batch.json",
      """
      {"columns": {"policy_chosen": [-1], "policy_rejected": [-2], "reference_chosen": [-1],
       "reference_rejected": [-1]}, "params": {"beta": 1, "gamma": 3}}
      """)
    let result = try await Program.run(["call", "dpo", "--input", input, "--json"])
    #expect(result.status == 0)
    #expect(result.errors.contains("gamma"))
    #expect(
      (try result.json()["loss"] as? [Double])?.first.map { abs($0 - log(1 + exp(-1))) < 1e-15 }
        == true)
  }

  @Test("a source that does not compile comes back with the author's line")
  func compileErrors() async throws {
    let folder = try TemporaryFolder()
    let source = try folder.file(
      "typo.swift",
      """
      /// A typo in line 4.
      func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
        let x = tunables.beta * batch.margin
        return softpluss(-x)
      }

      """)
    let result = try await Program.run(["build", source, "--json"])
    #expect(result.status == 1)
    let document = try result.json()
    #expect(document["verdict"] as? String == "rejected(compile)")
    let first = (document["diagnostics"] as? [[String: Any]])?.first
    #expect(first?["line"] as? Int == 4)
    let imports = try folder.file("imports.swift", "import Foundation\n")
    #expect(
      try await Program.run(["build", imports, "--json"]).json()["verdict"] as? String
        == "rejected(lint)"
    )
  }
}
