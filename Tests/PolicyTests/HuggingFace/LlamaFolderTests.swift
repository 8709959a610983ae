import Foundation
import Losses
import Testing

@testable import Policy

/// A Llama small enough to look at.
enum SmallLlama {
  static let configuration = TransformerConfiguration.llama(
    vocabularySize: 8, contextLength: 6, width: 8, layers: 2, heads: 4, keyValueHeads: 2,
    headWidth: 4, feedForwardWidth: 12, normEpsilon: 1e-5, tiesEmbeddings: true,
    rotary: .init(base: 500))
  static let untied = TransformerConfiguration.llama(
    vocabularySize: 8, contextLength: 6, width: 8, layers: 2, heads: 4, keyValueHeads: 1,
    feedForwardWidth: 12,
    rotary: .init(scaling: .llama3(factor: 8, low: 1, high: 4, originalContext: 4)))
}

@Suite("Llama folders")
struct LlamaFolderTests {
  private func withSaved(_ body: (URL) throws -> Void) throws {
    try TestFiles.withFolder { url in
      try SmallFolder.make(SmallLlama.configuration).save(to: url)
      try body(url)
    }
  }

  @Test("what is saved is loaded: weights to the bit, shape, tokens, under Hugging Face's names")
  func roundTrip() throws {
    var linear = SmallLlama.untied
    linear.rotary?.scaling = .linear(factor: 2.5)
    for configuration in [SmallLlama.configuration, SmallLlama.untied, linear] {
      let folder = try SmallFolder.make(configuration)
      try TestFiles.withFolder { url in
        try folder.save(to: url)
        let back = try ModelFolder.load(url)
        #expect(back.configuration == configuration)
        #expect(SmallFolder.values(back) == SmallFolder.values(folder))
        #expect([back.startToken, back.endToken, back.padToken] == [0, 0, 0])
        let file = try SafetensorsFile(url.appending(path: "model.safetensors"))
        #expect(file.contains("lm_head.weight") == !configuration.tiesEmbeddings)
        let width = configuration.keyValueHeads * configuration.headWidth
        #expect(file.shape(of: "model.layers.1.self_attn.k_proj.weight") == [width, 8])
        let heads = configuration.heads * configuration.headWidth
        #expect(file.shape(of: "model.layers.0.self_attn.o_proj.weight") == [8, heads])
        // [out, in] in the file, [in, out] and beside the gate here.
        let up = try #require(file.floats("model.layers.0.mlp.up_proj.weight"))
        let weight = folder.parameters.layout.blocks[0].expandWeight
        #expect(folder.parameters.withTensor(weight) { $0[3 * 24 + 12 + 5] } == up[5 * 8 + 3])
      }
    }
  }

  @Test("names without prefix, old rotary frequencies, a tied head under either name")
  func names() throws {
    try withSaved { url in
      let values = SmallFolder.values(try ModelFolder.load(url))
      try SmallFolder.rewrite(url) { tensors in
        for index in tensors.indices {
          tensors[index].name = String(tensors[index].name.dropFirst("model.".count))
        }
        tensors.append(.init("layers.0.self_attn.rotary_emb.inv_freq", [2], [1, 0.5]))
      }
      #expect(SmallFolder.values(try ModelFolder.load(url)) == values)
      try SmallFolder.rewrite(url) { tensors in
        let index = tensors.firstIndex { $0.name == "embed_tokens.weight" }!
        tensors[index].name = "lm_head.weight"
      }
      #expect(SmallFolder.values(try ModelFolder.load(url)) == values)
      try SmallFolder.rewrite(url) { $0.append(.init("score.weight", [1], [0])) }
      let error = ModelFolderTests.failure(url)
      #expect(error?.message.contains("not part of a Llama language model") == true)
    }
  }

  @Test("rope_theta and rope_scaling are read where older and where newer files have them")
  func positions() throws {
    let rest = "\"rope_scaling\": null,\n  \"rope_theta\": 500.0"
    let newer = #""rope_parameters": {"rope_type": "default", "rope_theta": 500.0}"#
    for (old, scaling) in [
      (#""rope_scaling": {"type": "linear", "factor": 4}, "rope_theta": 500"#, 4.0),
      (#""rope_scaling": {"rope_type": "default"}, "rope_theta": 500.0"#, nil),
      (#""rope_parameters": {"rope_type": "linear", "factor": 4, "rope_theta": 500}"#, 4),
    ] {
      try withSaved { url in
        try SmallFolder.edit(url, "config.json", newer + ",", "")
        try SmallFolder.edit(url, "config.json", rest, old)
        let rotary = try #require(try ModelFolder.load(url).configuration.rotary)
        #expect(rotary == .init(base: 500, scaling: scaling.map { .linear(factor: $0) }))
      }
    }
  }

  @Test(
    "a configuration that is broken, unknown or at odds with the other files is refused by name",
    arguments: [
      ("\"head_dim\": 4", "\"head_dim\": 5", "A head is 5 wide"),
      ("\"head_dim\": 4", "\"head_dim\": 6", "has the shape"),
      ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "3 key-value heads"),
      ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 0", "num_key_value_heads is 0"),
      ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4", "k_proj.weight\" has the shape"),
      ("\"num_attention_heads\": 4", "\"num_attention_heads\": \"4\"", "num_attention_heads is a"),
      ("\"hidden_size\": 8", "\"width\": 8", "no hidden_size"),
      ("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias"),
      ("\"mlp_bias\": false", "\"mlp_bias\": true", "mlp_bias"),
      ("\"silu\"", "\"gelu\"", "hidden_act \"gelu\""),
      ("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "rms_norm_eps is 0"),
      ("\"rope_theta\": 500.0}", "\"rope_theta\": -1}", "rope_theta is -1"),
      ("\"rope_type\": \"default\"", "\"rope_type\": \"yarn\"", "\"yarn\" is not supported"),
      ("\"rope_type\": \"default\"", "\"rope_type\": \"linear\"", "no factor"),
      (
        "\"rope_type\": \"default\"", "\"rope_type\": \"linear\", \"factor\": 0",
        "rope_scaling has a factor"
      ),
      (
        "\"rope_type\": \"default\"", "\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5",
        "partial_rotary_factor"
      ),
      ("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", "\"lm_head.weight\" is"),
      ("\"use_cache\": true", "\"quantization_config\": {}", "Quantised"),
    ])
  func badConfiguration(old: String, new: String, message: String) throws {
    try withSaved { url in
      try SmallFolder.edit(url, "config.json", old, new)
      let error = ModelFolderTests.failure(url)
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      #expect(error?.code.exitCode == .usage)
    }
  }

  @Test("a configuration that promises another precision is written anew, and nothing else is")
  func precision() throws {
    try withSaved { url in
      try SmallFolder.edit(url, "config.json", "\"float32\"", "\"bfloat16\"")
      try SmallFolder.edit(url, "tokenizer_config.json", "false", "true")
      let settings = try Data(contentsOf: url.appending(path: "tokenizer_config.json"))
      try TestFiles.withFolder { again in
        try ModelFolder.load(url).save(to: again)
        let text = try String(contentsOf: again.appending(path: "config.json"), encoding: .utf8)
        #expect(text.contains("float32") && !text.contains("bfloat16"))
        #expect(
          try Data(contentsOf: again.appending(path: "tokenizer_config.json")) == settings)
      }
    }
  }

  @Test("a fitted Llama learns, and the same seed gives the same bits")
  func learns() throws {
    let configuration = TransformerConfiguration.llama(
      vocabularySize: 8, contextLength: 8, width: 16, layers: 1, heads: 4, keyValueHeads: 2,
      feedForwardWidth: 24)
    let rows = (0..<32).map { row in TokenRow(text: (0..<6).map { Int32((row + $0) % 8) }) }
    let settings = SupervisedFineTuning.Settings(epochs: 60, batch: 8, learningRate: 0.01)
    func tuned() throws -> TransformerParameters {
      try SupervisedFineTuning(settings).train(.initial(configuration, seed: 1), rows: rows)
        .parameters
    }
    let first = try tuned()
    #expect(try SupervisedFineTuning.crossEntropy(first, rows: rows) < 0.5)
    let bits = first.withUnsafeBuffer { $0.map(\.bitPattern) }
    #expect(try tuned().withUnsafeBuffer { $0.map(\.bitPattern) } == bits)
  }
}
