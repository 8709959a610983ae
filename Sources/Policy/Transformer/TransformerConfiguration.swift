/// The shape of a decoder-only transformer.
///
/// The GPT-2 family: learned positions, layer normalisation before attention and feed-forward, biases
/// everywhere. The Llama family: rotary positions, normalisation by the root mean square, a gated
/// feed-forward block, heads that share keys and values, no biases. The keys in brackets are those of
/// Hugging Face's `config.json`, GPT-2's first.
public struct TransformerConfiguration: Hashable, Sendable, Codable {
  /// The architecture (`model_type`).
  public enum Family: String, Hashable, Sendable, Codable {
    case gpt2, llama
  }

  /// The non-linearity of the feed-forward block.
  public enum Activation: String, Hashable, Sendable, Codable {
    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the one that GPT-2 was trained with.
    case geluTanh = "gelu_new"
    /// x · Φ(x) with the exact normal distribution function.
    case gelu
    /// x · sigmoid(x), the gate of the Llama family.
    case silu
  }

  /// Positions as rotations of queries and keys (Su et al. 2021, arXiv 2104.09864).
  public struct Rotary: Hashable, Sendable, Codable {
    /// θ (`rope_theta`): pair i of a head turns by position · θ^(−2i / head width).
    public var base: Double
    /// How a model was stretched to longer texts (`rope_scaling`); nil when it was not.
    public var scaling: RotaryScaling?

    public init(base: Double = 10_000, scaling: RotaryScaling? = nil) {
      self.base = base
      self.scaling = scaling
    }
  }

  public var family: Family
  /// Tokens, V (`vocab_size`).
  public var vocabularySize: Int
  /// The longest sequence, T (`n_positions`, `max_position_embeddings`).
  public var contextLength: Int
  /// Width of the residual stream, D (`n_embd`, `hidden_size`).
  public var width: Int
  /// Blocks (`n_layer`, `num_hidden_layers`).
  public var layers: Int
  /// Attention heads, H (`n_head`, `num_attention_heads`).
  public var heads: Int
  /// Heads of keys and values, a divisor of H (`num_key_value_heads`); H itself in GPT-2.
  public var keyValueHeads: Int
  /// Width of one head (`head_dim`); D / H unless a Llama says otherwise.
  public var headWidth: Int
  /// Width of the feed-forward block, F (`n_inner`, `intermediate_size`; 4·D when that is null).
  public var feedForwardWidth: Int
  /// (`activation_function`, `hidden_act`.)
  public var activation: Activation
  /// ε of the normalisations (`layer_norm_epsilon`, `rms_norm_eps`).
  public var normEpsilon: Float
  /// Whether the output head is the token embedding (`tie_word_embeddings`).
  public var tiesEmbeddings: Bool
  /// The Llama family's positions; nil in GPT-2, whose positions are learnt.
  public var rotary: Rotary?

  /// A GPT-2 of some shape.
  public init(
    family: Family = .gpt2, vocabularySize: Int, contextLength: Int, width: Int, layers: Int,
    heads: Int, feedForwardWidth: Int? = nil, activation: Activation = .geluTanh,
    normEpsilon: Float = 1e-5, tiesEmbeddings: Bool = true
  ) {
    self.family = family
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.width = width
    self.layers = layers
    self.heads = heads
    keyValueHeads = heads
    headWidth = heads > 0 ? width / heads : 0
    self.feedForwardWidth = feedForwardWidth ?? 4 * width
    self.activation = activation
    self.normEpsilon = normEpsilon
    self.tiesEmbeddings = tiesEmbeddings
  }

  /// A Llama of some shape.
  ///
  /// - Parameters:
  ///   - keyValueHeads: nil for as many as there are heads.
  ///   - headWidth: nil for D / H.
  public static func llama(
    vocabularySize: Int, contextLength: Int, width: Int, layers: Int, heads: Int,
    keyValueHeads: Int? = nil, headWidth: Int? = nil, feedForwardWidth: Int,
    normEpsilon: Float = 1e-6, tiesEmbeddings: Bool = false, rotary: Rotary = Rotary()
  ) -> TransformerConfiguration {
    var shape = TransformerConfiguration(
      family: .llama, vocabularySize: vocabularySize, contextLength: contextLength, width: width,
      layers: layers, heads: heads, feedForwardWidth: feedForwardWidth, activation: .silu,
      normEpsilon: normEpsilon, tiesEmbeddings: tiesEmbeddings)
    shape.keyValueHeads = keyValueHeads ?? heads
    shape.headWidth = headWidth ?? shape.headWidth
    shape.rotary = rotary
    return shape
  }

  /// Whether the feed-forward block is gated, so that it expands to twice F.
  var isGated: Bool { family == .llama }
  /// Width of all heads' queries, and of what they give.
  var attentionWidth: Int { heads * headWidth }
  /// Width of all heads' keys, and of their values.
  var keyValueWidth: Int { keyValueHeads * headWidth }
  /// Width of queries, keys and values side by side.
  var projectedWidth: Int { attentionWidth + 2 * keyValueWidth }
  /// Width of what the feed-forward block expands to: F, or gate and value side by side.
  var expandedWidth: Int { isGated ? 2 * feedForwardWidth : feedForwardWidth }
}
