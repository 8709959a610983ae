/// Where each tensor of a model lies in its flat buffer.
///
/// The order is that of Hugging Face's models. Every tensor starts at a multiple of 16 elements
/// (64 bytes), so that vector loads never straddle cache lines; the gaps hold zeros.
public struct TransformerLayout: Hashable, Sendable {
  /// One named tensor, row-major.
  public struct Tensor: Hashable, Sendable {
    /// Hugging Face's name, such as `transformer.h.0.attn.c_attn.weight`. Where a Llama has several
    /// tensors side by side here: `…self_attn.qkv_proj.weight`, `…mlp.gate_up_proj.weight`.
    public let name: String
    /// The weights of the blocks are of shape `[in, out]`, in both families.
    public let shape: [Int]
    /// First element in the flat buffer.
    public let offset: Int

    /// Elements.
    public var count: Int { shape.reduce(1, *) }
    public var range: Range<Int> { offset..<(offset + count) }
  }

  /// A tensor as Hugging Face's files have it.
  public struct Stored: Hashable, Sendable {
    public let name: String
    /// In the file.
    public let shape: [Int]
    public let tensor: Tensor
    /// Its columns in the tensor; all of them unless several lie side by side.
    public let columns: Range<Int>
    /// Whether the file has it the other way round, `[out, in]`.
    public let isTransposed: Bool
  }

  /// The tensors of one block; Hugging Face's names in the order GPT-2, Llama.
  ///
  /// A Llama has no biases. With A the width of all heads, K that of all keys, F that of the
  /// feed-forward block; in GPT-2 A = K = D.
  public struct Block: Hashable, Sendable {
    /// `ln_1`, `input_layernorm`, of shape `[D]`.
    public let norm1Weight: Tensor
    public let norm1Bias: Tensor?
    /// `attn.c_attn`, `self_attn.{q,k,v}_proj`, of shape `[D, A + 2K]`: queries, keys, values side
    /// by side.
    public let attentionWeight: Tensor
    public let attentionBias: Tensor?
    /// `attn.c_proj`, `self_attn.o_proj`, of shape `[A, D]`.
    public let projectionWeight: Tensor
    public let projectionBias: Tensor?
    /// `ln_2`, `post_attention_layernorm`, of shape `[D]`.
    public let norm2Weight: Tensor
    public let norm2Bias: Tensor?
    /// `mlp.c_fc`, of shape `[D, F]`; `mlp.{gate,up}_proj` side by side, of shape `[D, 2F]`.
    public let expandWeight: Tensor
    public let expandBias: Tensor?
    /// `mlp.c_proj`, `mlp.down_proj`, of shape `[F, D]`.
    public let contractWeight: Tensor
    public let contractBias: Tensor?
  }

  public let configuration: TransformerConfiguration
  /// Every tensor, by offset.
  public let tensors: [Tensor]
  /// The same elements as Hugging Face's files have them.
  public let stored: [Stored]
  /// `wte`, `embed_tokens`, of shape `[V, D]`.
  public let tokenEmbedding: Tensor
  /// `wpe`, of shape `[T, D]`; nil in a Llama.
  public let positionEmbedding: Tensor?
  public let blocks: [Block]
  /// `ln_f`, `norm`, of shape `[D]`.
  public let finalNormWeight: Tensor
  public let finalNormBias: Tensor?
  /// What the output head multiplies by, of shape `[V, D]`: the token embedding itself when the two are
  /// tied.
  public let head: Tensor
  /// Elements of the flat buffer, gaps included.
  public let bufferCount: Int

  public init(_ configuration: TransformerConfiguration) {
    self.configuration = configuration
    let width = configuration.width
    let isLlama = configuration.family == .llama
    let vocabulary = configuration.vocabularySize
    var builder = Builder()
    tokenEmbedding = builder.add(
      isLlama ? "model.embed_tokens.weight" : "transformer.wte.weight", vocabulary, width)
    positionEmbedding =
      isLlama ? nil : builder.add("transformer.wpe.weight", configuration.contextLength, width)
    blocks = (0..<configuration.layers).map {
      isLlama ? builder.llamaBlock($0, configuration) : builder.gpt2Block($0, configuration)
    }
    finalNormWeight = builder.add(isLlama ? "model.norm.weight" : "transformer.ln_f.weight", width)
    finalNormBias = isLlama ? nil : builder.add("transformer.ln_f.bias", width)
    head =
      configuration.tiesEmbeddings
      ? tokenEmbedding : builder.add("lm_head.weight", vocabulary, width)
    tensors = builder.tensors
    stored = builder.stored
    bufferCount = builder.end
  }

  private struct Builder {
    var tensors: [Tensor] = []
    var stored: [Stored] = []
    var end = 0

    /// A tensor that the file has as it is.
    mutating func add(_ name: String, _ shape: Int...) -> Tensor {
      let tensor = place(name, shape)
      stored.append(
        Stored(
          name: name, shape: shape, tensor: tensor, columns: 0..<shape.last!, isTransposed: false))
      return tensor
    }

    /// A weight `[in, out]` made of weights that the file has as `[out, in]`.
    mutating func join(
      _ name: String, rows: Int, _ parts: (name: String, columns: Int)...
    ) -> Tensor {
      let tensor = place(name, [rows, parts.reduce(0) { $0 + $1.columns }])
      var start = 0
      for part in parts {
        stored.append(
          Stored(
            name: part.name, shape: [part.columns, rows], tensor: tensor,
            columns: start..<(start + part.columns), isTransposed: true))
        start += part.columns
      }
      return tensor
    }

    private mutating func place(_ name: String, _ shape: [Int]) -> Tensor {
      let tensor = Tensor(name: name, shape: shape, offset: end)
      tensors.append(tensor)
      end = (end + tensor.count + 15) / 16 * 16
      return tensor
    }

    mutating func gpt2Block(_ layer: Int, _ configuration: TransformerConfiguration) -> Block {
      let prefix = "transformer.h.\(layer)."
      let width = configuration.width
      let inner = configuration.feedForwardWidth
      return Block(
        norm1Weight: add(prefix + "ln_1.weight", width),
        norm1Bias: add(prefix + "ln_1.bias", width),
        attentionWeight: add(prefix + "attn.c_attn.weight", width, 3 * width),
        attentionBias: add(prefix + "attn.c_attn.bias", 3 * width),
        projectionWeight: add(prefix + "attn.c_proj.weight", width, width),
        projectionBias: add(prefix + "attn.c_proj.bias", width),
        norm2Weight: add(prefix + "ln_2.weight", width),
        norm2Bias: add(prefix + "ln_2.bias", width),
        expandWeight: add(prefix + "mlp.c_fc.weight", width, inner),
        expandBias: add(prefix + "mlp.c_fc.bias", inner),
        contractWeight: add(prefix + "mlp.c_proj.weight", inner, width),
        contractBias: add(prefix + "mlp.c_proj.bias", width))
    }

    mutating func llamaBlock(_ layer: Int, _ configuration: TransformerConfiguration) -> Block {
      let prefix = "model.layers.\(layer)."
      let (attention, mlp) = (prefix + "self_attn.", prefix + "mlp.")
      let width = configuration.width
      let inner = configuration.feedForwardWidth
      let (queries, keys) = (configuration.attentionWidth, configuration.keyValueWidth)
      return Block(
        norm1Weight: add(prefix + "input_layernorm.weight", width), norm1Bias: nil,
        attentionWeight: join(
          attention + "qkv_proj.weight", rows: width, (attention + "q_proj.weight", queries),
          (attention + "k_proj.weight", keys), (attention + "v_proj.weight", keys)),
        attentionBias: nil,
        projectionWeight: join(
          attention + "o_proj.weight", rows: queries, (attention + "o_proj.weight", width)),
        projectionBias: nil,
        norm2Weight: add(prefix + "post_attention_layernorm.weight", width), norm2Bias: nil,
        expandWeight: join(
          mlp + "gate_up_proj.weight", rows: width, (mlp + "gate_proj.weight", inner),
          (mlp + "up_proj.weight", inner)),
        expandBias: nil,
        contractWeight: join(
          mlp + "down_proj.weight", rows: inner, (mlp + "down_proj.weight", width)),
        contractBias: nil)
    }
  }

  /// Parameters, gaps not counted.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// The tensor of a name; nil when the model has none of that name.
  public func tensor(named name: String) -> Tensor? {
    tensors.first { $0.name == name }
  }
}
