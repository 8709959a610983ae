import Foundation
import Losses
import Testing

@testable import Policy

/// A model small enough to look at, in a folder of its own.
enum SmallFolder {
  static let words = ["the", "film", "is", "good", "bad", "."]

  static var configuration: TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: 8, contextLength: 6, width: 4, layers: 2, heads: 2, feedForwardWidth: 12,
      activation: .gelu, normEpsilon: 1e-6)
  }

  static func make(
    _ configuration: TransformerConfiguration = SmallFolder.configuration
  ) throws -> ModelFolder {
    var parameters = TransformerParameters(configuration)
    for (index, tensor) in parameters.layout.tensors.enumerated() {
      parameters.withMutableTensor(tensor) { elements in
        for place in elements.indices {
          elements[place] = Float((place * 7 + index * 5) % 23 - 11) / 16
        }
      }
    }
    return ModelFolder(
      parameters: parameters, tokenizer: try WordTokenizer.make(words: words), startToken: 0)
  }

  /// Every parameter in the layout's order.
  static func values(_ folder: ModelFolder) -> [Float] {
    folder.parameters.withUnsafeBuffer { Array($0) }
  }

  /// Rewrites one file of a folder as text.
  static func edit(_ url: URL, _ name: String, _ old: String, _ new: String) throws {
    let file = url.appending(path: name)
    let text = try String(contentsOf: file, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
  }

  struct Tensor {
    var name: String
    var shape: [Int]
    var values: [Float]

    init(_ name: String, _ shape: [Int], _ values: [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// Writes the weights anew after a change to the list of tensors.
  static func rewrite(_ url: URL, _ change: (inout [Tensor]) -> Void) throws {
    let weights = url.appending(path: "model.safetensors")
    let file = try SafetensorsFile(weights)
    var tensors = file.names.map { Tensor($0, file.shape(of: $0)!, file.floats($0)!) }
    change(&tensors)
    let buffers = tensors.map { tensor in
      let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.values.count)
      _ = copy.initialize(from: tensor.values)
      return copy
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    try SafetensorsWriter.write(
      zip(tensors, buffers).map {
        .init(name: $0.name, shape: $0.shape, elements: UnsafeBufferPointer($1))
      }, to: weights)
  }
}

@Suite("Model folders")
struct ModelFolderTests {
  static func withSaved(_ body: (URL) throws -> Void) throws {
    try TestFiles.withFolder { url in
      try SmallFolder.make().save(to: url)
      try body(url)
    }
  }

  static func failure(_ url: URL) -> LossmithError? {
    #expect(throws: LossmithError.self) { try ModelFolder.load(url) }
  }

  @Test("what is saved is loaded: weights to the bit, shape, tokens, tokenizer")
  func roundTrip() throws {
    var untied = SmallFolder.configuration
    untied.tiesEmbeddings = false
    untied.activation = .geluTanh
    for configuration in [SmallFolder.configuration, untied] {
      let folder = try SmallFolder.make(configuration)
      try TestFiles.withFolder { parent in
        let url = parent.appending(path: "deep/policy")
        try folder.save(to: url)
        let back = try ModelFolder.load(url)
        #expect(back.configuration == configuration)
        #expect(SmallFolder.values(back) == SmallFolder.values(folder))
        #expect([back.startToken, back.endToken, back.padToken] == [0, 0, 0])
        #expect(back.tokenizer?.encode("the film is good .") == [2, 3, 4, 5, 7])
        #expect(back.tokenizer?.endToken == 0)
        let again = parent.appending(path: "again")
        try back.save(to: again)
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        #expect(names == (try FileManager.default.contentsOfDirectory(atPath: again.path).sorted()))
        #expect(names.count == 5)
        for name in names {
          #expect(
            try Data(contentsOf: url.appending(path: name))
              == Data(contentsOf: again.appending(path: name)))
        }
      }
    }
  }

  @Test("a changed shape gets a new config.json")
  func changedConfiguration() throws {
    try Self.withSaved { url in
      var folder = try ModelFolder.load(url)
      folder.padToken = 1
      try folder.save(to: url)
      #expect(try ModelFolder.load(url).padToken == 1)
    }
  }

  @Test("names without prefix, masks of old versions, a tied head under either name")
  func names() throws {
    try Self.withSaved { url in
      let values = SmallFolder.values(try ModelFolder.load(url))
      try SmallFolder.rewrite(url) { tensors in
        for index in tensors.indices {
          tensors[index].name = String(tensors[index].name.dropFirst("transformer.".count))
        }
        tensors.append(.init("h.0.attn.bias", [1, 1, 6, 6], Array(repeating: 1, count: 36)))
        tensors.append(.init("h.1.attn.masked_bias", [], [-10_000]))
      }
      #expect(SmallFolder.values(try ModelFolder.load(url)) == values)
      try SmallFolder.rewrite(url) { tensors in
        let index = tensors.firstIndex { $0.name == "wte.weight" }!
        tensors[index].name = "lm_head.weight"
      }
      #expect(SmallFolder.values(try ModelFolder.load(url)) == values)
    }
  }

  @Test("tensors that do not fit the model are named")
  func badTensors() throws {
    typealias Tensors = [SmallFolder.Tensor]
    let cases: [(String, (inout Tensors) -> Void)] = [
      (
        "\"transformer.h.1.ln_2.bias\" is missing",
        { $0.removeAll { $0.name.contains("1.ln_2.b") } }
      ),
      (
        "\"transformer.ln_f.bias\" has the shape [2, 2]; config.json makes it [4]",
        { list in list[list.firstIndex { $0.name.contains("ln_f.bias") }!].shape = [2, 2] }
      ),
      ("\"v_head.weight\" is not part of", { $0.append(.init("v_head.weight", [1], [0])) }),
      (
        "\"transformer.h.2.ln_1.bias\" is of layer 2, counted from 0, and config.json gives",
        { $0.append(.init("transformer.h.2.ln_1.bias", [1], [0])) }
      ),
      ("the same part", { $0.append(.init("ln_f.bias", [4], [0, 0, 0, 0])) }),
      ("holds a NaN", { $0[3].values[0] = .nan }),
    ]
    for (message, change) in cases {
      try Self.withSaved { url in
        try SmallFolder.rewrite(url, change)
        let error = Self.failure(url)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.code.exitCode == .usage)
      }
    }
  }

  @Test("whole numbers are no weights; float32 under its own name is")
  func integers() throws {
    try Self.withSaved { url in
      #expect(try ModelFolder.load(url).configuration == SmallFolder.configuration)
      let weights = url.appending(path: "model.safetensors")
      var bytes = try Data(contentsOf: weights)
      let place = try #require(bytes.range(of: Data("\"F32\"".utf8)))
      bytes.replaceSubrange(place, with: Data("\"I32\"".utf8))
      try bytes.write(to: weights)
      let error = Self.failure(url)
      #expect(error?.message.contains("elements of type I32") == true, "\(error?.message ?? "")")
      #expect(error?.code.exitCode == .usage)
    }
  }

  @Test(
    "a configuration that is broken, unknown or at odds with the other files is refused by name",
    arguments: [
      ("\"model_type\": \"gpt2\"", "\"model_type\": \"mistral\"", "\"mistral\" is not supported"),
      ("\"n_layer\": 2", "\"n_layer\": 3", "\"transformer.h.2.ln_1.weight\" is missing"),
      ("\"n_layer\": 2", "\"n_layer\": 1", "\"transformer.h.1."),
      ("\"n_layer\": 2", "\"n_layer\": \"2\"", "n_layer is a string"),
      ("\"n_layer\": 2", "\"n_layers\": 2", "no n_layer"),
      ("\"n_layer\": 2", "\"n_layer\": -2", "n_layer is -2"),
      ("\"n_layer\": 2", "\"n_layer\": 9223372036854775807", "n_layer is 9223372036854775807"),
      ("\"n_head\": 2", "\"n_head\": 3", "3 heads"),
      ("\"n_embd\": 4", "\"n_embd\": 6", "has the shape"),
      (
        "\"n_positions\": 6", "\"n_positions\": 7",
        "\"transformer.wpe.weight\" has the shape [6, 4]"
      ),
      ("\"vocab_size\": 8", "\"vocab_size\": 9", "tokenizer has 8 tokens"),
      ("\"vocab_size\": 8", "\"vocab_size\": 7", "tokenizer has 8 tokens"),
      (
        "\"vocab_size\": 8", "\"vocab_size\": 64", "\"transformer.wte.weight\" has the shape [8, 4]"
      ),
      ("\"eos_token_id\": 0", "\"eos_token_id\": 8", "eos_token_id is 8"),
      ("\"gelu\"", "\"relu\"", "activation_function \"relu\""),
      ("\"scale_attn_weights\": true", "\"scale_attn_weights\": false", "scale_attn_weights"),
      ("\"use_cache\": true", "\"quantization_config\": {}", "Quantised"),
      ("\"n_layer\": 2", "\"n_layer\": 2, \"n_layer\": 2", "occurs twice"),
      ("{", "", "not JSON"),
    ])
  func badConfiguration(old: String, new: String, message: String) throws {
    try Self.withSaved { url in
      try SmallFolder.edit(url, "config.json", old, new)
      let error = Self.failure(url)
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      #expect(error?.code.exitCode == .usage)
    }
  }

  @Test("a missing, truncated or empty file is named")
  func missingFiles() throws {
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
      try Self.withSaved { url in
        let file = url.appending(path: name)
        let bytes = try Data(contentsOf: file)
        for length in [0, 5, bytes.count / 2, bytes.count - 3] {
          try bytes.prefix(length).write(to: file)
          #expect(Self.failure(url)?.code == .malformedInput)
        }
        try FileManager.default.removeItem(at: file)
        let error = Self.failure(url)
        #expect(error?.code == .missingFile)
        #expect(error?.location == file.path)
      }
    }
    #expect(Self.failure(URL(filePath: "/nowhere/at/all"))?.code == .missingFile)
    try Self.withSaved { url in
      try FileManager.default.removeItem(at: url.appending(path: "tokenizer.json"))
      #expect(try ModelFolder.load(url, requiresTokenizer: false).tokenizer == nil)
    }
  }

  @Test("an end token that the tokenizer lacks is refused")
  func endToken() throws {
    let json = Array(WordTokenizer.json(words: []).utf8)
    #expect(throws: LossmithError.self) {
      try HuggingFaceTokenizer(json, source: "words", endToken: 7)
    }
  }

  @Test("the film-review model comes back byte for byte")
  func realModel() throws {
    guard let shared = TestFiles.shared else { return }
    let source = shared.appending(path: "models/imdb-gpt")
    let folder = try ModelFolder.load(source)
    #expect(folder.configuration.vocabularySize == 4096)
    #expect(folder.parameters.layout.parameterCount == 4_240_896)
    #expect([folder.startToken, folder.endToken, folder.padToken] == [0, 0, 0])
    try TestFiles.withFolder { url in
      try folder.save(to: url)
      for name in ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"] {
        let same =
          try Data(contentsOf: url.appending(path: name))
          == Data(contentsOf: source.appending(path: name))
        #expect(same, "\(name)")
      }
    }
  }
}
