import Foundation
import Losses
import Testing

@testable import Policy

/// Folders of ours in the eyes of Python's `transformers`, where that is installed.
@Suite("Folders in transformers")
struct TransformersTests {
  /// What `load_folder.py` saw.
  struct Sight: Decodable {
    var missing: [String]
    var unexpected: [String]
    var `class`: String
    var sums: [String: Double]
    var next: [Double]
    var last: [Double]
    var tokens: [Int?]
    var generation: [Int?]
    var ids: [Int32]
    var end: Int?
    var decoded: String
  }

  /// Runs `python3` of the search path; its standard output, nil when it failed.
  static func python(_ arguments: [String]) throws -> Data? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? data : nil
  }

  static let isInstalled: Bool = {
    let found = (try? python(["-c", "import torch, transformers"])) ?? nil
    if found == nil {
      print("transformers is not installed: its view of our folders is not tested.")
    }
    return found != nil
  }()

  static func look(_ url: URL, _ ids: [Int32], _ text: String) throws -> Sight {
    let script = TestFiles.fixture("HuggingFace/load_folder.py").path
    let data = try #require(try python([script, url.path, "\(ids)", text]))
    return try JSONDecoder().decode(Sight.self, from: data)
  }

  @Test("a folder that was made here has the same weights, tokens and ids")
  func small() throws {
    guard Self.isInstalled else { return }
    try TestFiles.withFolder { url in
      let folder = try SmallFolder.make()
      try folder.save(to: url)
      let sight = try Self.look(url, [0, 2, 3, 4, 5], "the film, is bad .")
      #expect(sight.missing == [] && sight.unexpected == [])
      #expect(sight.class == "GPT2LMHeadModel")
      #expect(sight.tokens == [0, 0, 0] && sight.generation == [0, 0] && sight.end == 0)
      for tensor in folder.parameters.layout.tensors {
        let sum = folder.parameters.withTensor(tensor) { $0.reduce(0.0) { $0 + Double($1) } }
        #expect(sight.sums[tensor.name] == sum, "\(tensor.name)")
      }
      let tokenizer = try #require(folder.tokenizer)
      #expect(sight.ids == tokenizer.encode("the film, is bad ."))
      #expect(sight.decoded == tokenizer.decode([0, 2, 3, 4, 5], skippingSpecialTokens: false))
    }
  }

  @Test("a Llama that was made here, in one file or in several, has our weights and logits")
  func llama() throws {
    guard Self.isInstalled else { return }
    for (configuration, limit) in [
      (SmallLlama.configuration, nil), (SmallLlama.untied, 400),
    ] {
      try TestFiles.withFolder { url in
        let folder = try SmallFolder.make(configuration)
        try folder.save(to: url, shardLimit: limit)
        let ids: [Int32] = [0, 2, 3, 4, 5]
        let sight = try Self.look(url, ids, "the film, is bad .")
        #expect(sight.missing == [] && sight.unexpected == [])
        #expect(sight.class == "LlamaForCausalLM")
        #expect(sight.tokens == [0, 0, 0] && sight.generation == [0, 0] && sight.end == 0)
        for tensor in folder.parameters.layout.stored {
          let sum = folder.parameters.elements(of: tensor).reduce(0.0) { $0 + Double($1) }
          #expect(abs((sight.sums[tensor.name] ?? .nan) - sum) < 1e-9, "\(tensor.name)")
        }
        let own = try TransformerRunner(configuration, threads: 1)
          .logits(folder.parameters, ids).last!
        #expect(zip(own, sight.last).allSatisfy { abs(Double($0) - $1) < 2e-4 })
      }
    }
  }

  @Test("tinystories656K, read and written anew, has the logits of transformers")
  func stories() throws {
    guard Self.isInstalled, let shared = TestFiles.shared else { return }
    var folder = try ModelFolder.load(shared.appending(path: "data/tinystories656K"))
    // A new config.json and tokenizer_config.json.
    folder.padToken = 0
    let text = "Once upon a time there was a dog."
    let tokenizer = try #require(folder.tokenizer)
    let ids = [1] + tokenizer.encode(text)
    try TestFiles.withFolder { url in
      try folder.save(to: url)
      let sight = try Self.look(url, ids, text)
      #expect(sight.missing == [] && sight.unexpected == [])
      #expect([1] + sight.ids == ids)
      let own = try TransformerRunner(folder.configuration, threads: 1)
        .logits(folder.parameters, ids).last!
      #expect(own.count == 2048 && sight.last.count == 2048)
      #expect(zip(own, sight.last).allSatisfy { abs(Double($0) - $1) < 2e-4 })
    }
  }

  @Test("the film-review model, read and written with a new config.json, has the golden logits")
  func golden() throws {
    guard Self.isInstalled, let shared = TestFiles.shared else { return }
    var folder = try ModelFolder.load(shared.appending(path: "models/imdb-gpt"))
    folder.padToken = nil
    let data = try Data(contentsOf: shared.appending(path: "golden/imdb-gpt-logits.json"))
    let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let golden = try #require((document["cases"] as? [[String: Any]])?.first)
    let ids = try #require(golden["token_ids"] as? [Int]).map(Int32.init)
    let text = try #require(golden["text"] as? String)
    try TestFiles.withFolder { url in
      try folder.save(to: url)
      let sight = try Self.look(url, ids, text)
      #expect(sight.missing == [] && sight.unexpected == [])
      #expect([0] + sight.ids == ids)
      let next = try #require(golden["next_token_logprobs"] as? [Double])
      let last = try #require(golden["last_logits"] as? [Double])
      #expect(
        zip(sight.next, next).allSatisfy { abs($0 - $1) < 2e-4 } && sight.next.count == next.count)
      #expect(
        zip(sight.last, last).allSatisfy { abs($0 - $1) < 2e-4 } && sight.last.count == last.count)
    }
  }
}
