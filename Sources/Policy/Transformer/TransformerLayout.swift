/// Where each tensor of a model lies in its flat buffer.
///
/// The order is that of Hugging Face's GPT-2. Every tensor starts at a multiple of 16 elements
/// (64 bytes), so that vector loads never straddle cache lines; the gaps hold zeros.
public struct TransformerLayout: Hashable, Sendable {
  /// One named tensor, row-major.
  public struct Tensor: Hashable, Sendable {
    /// Hugging Face's name, such as `transformer.h.0.attn.c_attn.weight`.
    public let name: String
    /// As stored. The weights of the blocks are of shape `[in, out]` (Hugging Face's Conv1D).
    public let shape: [Int]
    /// First element in the flat buffer.
    public let offset: Int

    /// Elements.
    public var count: Int { shape.reduce(1, *) }
    public var range: Range<Int> { offset..<(offset + count) }
  }

  /// The tensors of one block.
  public struct Block: Hashable, Sendable {
    /// `ln_1`, of shape `[D]`.
    public let norm1Weight, norm1Bias: Tensor
    /// `attn.c_attn`, of shape `[D, 3D]`: queries, keys, values side by side.
    public let attentionWeight, attentionBias: Tensor
    /// `attn.c_proj`, of shape `[D, D]`.
    public let projectionWeight, projectionBias: Tensor
    /// `ln_2`, of shape `[D]`.
    public let norm2Weight, norm2Bias: Tensor
    /// `mlp.c_fc`, of shape `[D, F]`.
    public let expandWeight, expandBias: Tensor
    /// `mlp.c_proj`, of shape `[F, D]`.
    public let contractWeight, contractBias: Tensor
  }

  public let configuration: TransformerConfiguration
  /// Every tensor, by offset.
  public let tensors: [Tensor]
  /// `wte`, of shape `[V, D]`.
  public let tokenEmbedding: Tensor
  /// `wpe`, of shape `[T, D]`.
  public let positionEmbedding: Tensor
  public let blocks: [Block]
  /// `ln_f`, of shape `[D]`.
  public let finalNormWeight, finalNormBias: Tensor
  /// What the output head multiplies by, of shape `[V, D]`: `wte` itself when the two are tied.
  public let head: Tensor
  /// Elements of the flat buffer, gaps included.
  public let bufferCount: Int

  public init(_ configuration: TransformerConfiguration) {
    self.configuration = configuration
    let width = configuration.width
    let inner = configuration.feedForwardWidth
    var builder = Builder()
    tokenEmbedding = builder.add("transformer.wte.weight", configuration.vocabularySize, width)
    positionEmbedding = builder.add("transformer.wpe.weight", configuration.contextLength, width)
    blocks = (0..<configuration.layers).map { layer in
      let prefix = "transformer.h.\(layer)."
      return Block(
        norm1Weight: builder.add(prefix + "ln_1.weight", width),
        norm1Bias: builder.add(prefix + "ln_1.bias", width),
        attentionWeight: builder.add(prefix + "attn.c_attn.weight", width, 3 * width),
        attentionBias: builder.add(prefix + "attn.c_attn.bias", 3 * width),
        projectionWeight: builder.add(prefix + "attn.c_proj.weight", width, width),
        projectionBias: builder.add(prefix + "attn.c_proj.bias", width),
        norm2Weight: builder.add(prefix + "ln_2.weight", width),
        norm2Bias: builder.add(prefix + "ln_2.bias", width),
        expandWeight: builder.add(prefix + "mlp.c_fc.weight", width, inner),
        expandBias: builder.add(prefix + "mlp.c_fc.bias", inner),
        contractWeight: builder.add(prefix + "mlp.c_proj.weight", inner, width),
        contractBias: builder.add(prefix + "mlp.c_proj.bias", width))
    }
    finalNormWeight = builder.add("transformer.ln_f.weight", width)
    finalNormBias = builder.add("transformer.ln_f.bias", width)
    head =
      configuration.tiesEmbeddings
      ? tokenEmbedding : builder.add("lm_head.weight", configuration.vocabularySize, width)
    tensors = builder.tensors
    bufferCount = builder.end
  }

  private struct Builder {
    var tensors: [Tensor] = []
    var end = 0

    mutating func add(_ name: String, _ shape: Int...) -> Tensor {
      let tensor = Tensor(name: name, shape: shape, offset: end)
      tensors.append(tensor)
      end = (end + tensor.count + 15) / 16 * 16
      return tensor
    }
  }

  /// Parameters, gaps not counted.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// The tensor of a name; nil when the model has none of that name.
  public func tensor(named name: String) -> Tensor? {
    tensors.first { $0.name == name }
  }
}
