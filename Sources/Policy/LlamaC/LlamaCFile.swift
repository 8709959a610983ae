import Foundation
import Losses

/// A checkpoint of llama2.c, `.bin`: a Llama in one flat file.
///
/// | version | head | then float32, tensors of all layers side by side |
/// |---|---|---|
/// | 0 (`legacy`) | 7 numbers | embedding, norms 1, q, k, v, o, norms 2, w1, w2, w3, last norm, rotary tables, head |
/// | 1 | `ak42`, 1, 7 numbers, a byte, zeros to 256 bytes | norms 1, norms 2, last norm, embedding, q, k, v, o, w1, w2, w3, head |
///
/// The numbers are int32, little-endian: dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size,
/// seq_len. The head is left out when it is the embedding: the byte says so, or in version 0 a
/// vocab_size above 0. Quantised files (version 2) are refused.
public struct LlamaCFile: Sendable {
  public let parameters: TransformerParameters

  private static let magic: Int32 = 0x616b_3432
  /// llama2.c has these numbers in its program, not in its files.
  private static let normEpsilon: Float = 1e-5
  private static let rotaryBase = 10_000.0

  /// - Throws: `LossmithError`: `missing-file`, or `malformed-input` for a file whose head makes no
  ///   sense, that is longer or shorter than its head says, or that holds a value that is not finite.
  public init(_ url: URL) throws(LossmithError) {
    let file = try MappedFile(path: url.path)
    var reader = Reader(file)
    let head = try Head(&reader)
    try reader.requireFloats(head.floatCount)
    var parameters = TransformerParameters(head.configuration)
    try Self.read(head, &reader, into: &parameters)
    self.parameters = parameters
  }

  /// What a file says before its weights.
  private struct Head {
    var isLegacy: Bool
    var configuration: TransformerConfiguration

    init(_ reader: inout Reader) throws(LossmithError) {
      let first = try reader.number("header")
      isLegacy = first != LlamaCFile.magic
      var dimension = Int(first)
      if !isLegacy {
        let version = try reader.number("header")
        guard version == 1 else {
          throw reader.malformed(
            version == 2
              ? "The file is quantised (version 2), which is not supported."
              : "The file has the unknown version \(version).",
            remedy: "Export the model in version 0 or 1 of llama2.c's format, in float32.")
        }
        dimension = Int(try reader.number("header"))
      }
      var rest: [Int] = []
      for _ in 0..<6 { rest.append(Int(try reader.number("header"))) }
      var isShared = rest[4] > 0
      if !isLegacy { isShared = try reader.finishHead() }
      let extents = [
        ("dim", dimension, 1 << 16), ("hidden_dim", rest[0], 1 << 18),
        ("n_layers", rest[1], 1 << 10), ("n_heads", rest[2], 1 << 10),
        ("n_kv_heads", rest[3], 1 << 10), ("vocab_size", abs(rest[4]), 1 << 24),
        ("seq_len", rest[5], 1 << 20),
      ]
      for (name, value, limit) in extents where !(1...limit).contains(value) {
        throw reader.malformed(
          "The header's \(name) is \(value); it must lie between 1 and \(limit).",
          remedy: "Give a checkpoint of llama2.c.")
      }
      guard dimension % rest[2] == 0 else {
        throw reader.malformed(
          "The header's dim is \(dimension), which n_heads \(rest[2]) does not divide.",
          remedy: "Give a checkpoint of llama2.c.")
      }
      configuration = .llama(
        vocabularySize: abs(rest[4]), contextLength: rest[5], width: dimension, layers: rest[1],
        heads: rest[2], keyValueHeads: rest[3], feedForwardWidth: rest[0],
        normEpsilon: LlamaCFile.normEpsilon, tiesEmbeddings: isShared,
        rotary: .init(base: LlamaCFile.rotaryBase))
      try configuration.validate(path: reader.path)
    }

    /// Cosines and sines of version 0, which follow from the head.
    var tableCount: Int { isLegacy ? configuration.contextLength * configuration.headWidth : 0 }

    var floatCount: Int { TransformerLayout(configuration).parameterCount + tableCount }
  }

  private static func read(
    _ head: Head, _ reader: inout Reader, into parameters: inout TransformerParameters
  ) throws(LossmithError) {
    let layers = 0..<head.configuration.layers
    func each(_ name: String) -> [String] { layers.map { "model.layers.\($0).\(name).weight" } }
    let norms = (each("input_layernorm"), each("post_attention_layernorm"))
    let attention = ["q_proj", "k_proj", "v_proj", "o_proj"].flatMap { each("self_attn.\($0)") }
    let mlp = ["gate_proj", "down_proj", "up_proj"].flatMap { each("mlp.\($0)") }
    let (embedding, last) = (["model.embed_tokens.weight"], ["model.norm.weight"])
    let order =
      head.isLegacy
      ? embedding + norms.0 + attention + norms.1 + mlp + last
      : norms.0 + norms.1 + last + embedding + attention + mlp
    let stored = Dictionary(
      uniqueKeysWithValues: parameters.layout.stored.map { ($0.name, $0) })
    for name in order {
      try read(stored[name]!, head.configuration, &reader, into: &parameters)
    }
    reader.skipFloats(head.tableCount)
    if let own = stored["lm_head.weight"] {
      try read(own, head.configuration, &reader, into: &parameters)
    }
  }

  private static func read(
    _ tensor: TransformerLayout.Stored, _ configuration: TransformerConfiguration,
    _ reader: inout Reader, into parameters: inout TransformerParameters
  ) throws(LossmithError) {
    var values = reader.floats(tensor.shape.reduce(1, *))
    guard values.allSatisfy(\.isFinite) else {
      throw reader.malformed(
        "\(tensor.name) holds a NaN or an infinity.", remedy: "Export a model that did not diverge."
      )
    }
    if tensor.name.hasSuffix("q_proj.weight") || tensor.name.hasSuffix("k_proj.weight") {
      values = halved(values, rows: tensor.shape[0], headWidth: configuration.headWidth)
    }
    values.withUnsafeBufferPointer { parameters.setElements(of: tensor, to: $0) }
  }

  /// llama2.c turns neighbours of a head, Hugging Face its halves: row 2i + j becomes row i + j·half.
  private static func halved(_ values: [Float], rows: Int, headWidth: Int) -> [Float] {
    let columns = values.count / rows
    let half = headWidth / 2
    var result = values
    for row in 0..<rows {
      let (head, place) = (row / headWidth, row % headWidth)
      let target = head * headWidth + place / 2 + place % 2 * half
      result.replaceSubrange(
        (target * columns)..<((target + 1) * columns),
        with: values[(row * columns)..<((row + 1) * columns)])
    }
    return result
  }
}

extension LlamaCFile {
  /// Reads one number after the other.
  private struct Reader {
    private let file: MappedFile
    private var position = 0

    init(_ file: MappedFile) { self.file = file }

    var path: String { file.path }

    func malformed(_ message: String, remedy: String) -> LossmithError {
      LossmithError(.malformedInput, message, at: file.path, remedy: remedy)
    }

    mutating func number(_ what: String) throws(LossmithError) -> Int32 {
      guard position + 4 <= file.bytes.count else {
        throw malformed(
          "The file ends in its \(what): it has \(file.bytes.count) bytes.",
          remedy: "Give a checkpoint of llama2.c; this one is cut short.")
      }
      defer { position += 4 }
      return Int32(
        littleEndian: file.bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
    }

    /// The rest of the head of version 1: whether the head is the embedding.
    mutating func finishHead() throws(LossmithError) -> Bool {
      let word = try number("header")
      position = 256
      return word & 0xFF != 0
    }

    func requireFloats(_ count: Int) throws(LossmithError) {
      let expected = position + 4 * count
      guard file.bytes.count == expected else {
        throw malformed(
          "The header asks for \(expected) bytes; the file has \(file.bytes.count).",
          remedy: file.bytes.count < expected
            ? "Get the file again: it is cut short, or no checkpoint of llama2.c."
            : "Give a checkpoint of llama2.c in float32.")
      }
    }

    /// - Precondition: the file has them.
    mutating func floats(_ count: Int) -> [Float] {
      defer { position += 4 * count }
      return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        TensorElement.f32.convert(
          UnsafeRawBufferPointer(rebasing: file.bytes[position..<(position + 4 * count)]),
          to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initialized = count
      }
    }

    mutating func skipFloats(_ count: Int) { position += 4 * count }
  }
}
