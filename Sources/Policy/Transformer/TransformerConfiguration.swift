/// The shape of a decoder-only transformer.
///
/// The GPT-2 family: learned positions, layer normalisation before attention and feed-forward, biases
/// everywhere. The keys in brackets are those of Hugging Face's `config.json`.
public struct TransformerConfiguration: Hashable, Sendable, Codable {
  /// The architecture; a later family adds a case and the keys that only it has.
  public enum Family: String, Hashable, Sendable, Codable {
    case gpt2
  }

  /// The non-linearity of the feed-forward block.
  public enum Activation: String, Hashable, Sendable, Codable {
    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the one that GPT-2 was trained with.
    case geluTanh = "gelu_new"
    /// x · Φ(x) with the exact normal distribution function.
    case gelu
  }

  public var family: Family
  /// Tokens, V (`vocab_size`).
  public var vocabularySize: Int
  /// The longest sequence, T (`n_positions`).
  public var contextLength: Int
  /// Width of the residual stream, D (`n_embd`).
  public var width: Int
  /// Blocks (`n_layer`).
  public var layers: Int
  /// Attention heads, H (`n_head`); D is a multiple of it.
  public var heads: Int
  /// Width of the feed-forward block, F (`n_inner`; 4·D when that is null).
  public var feedForwardWidth: Int
  public var activation: Activation
  /// ε of the layer normalisations (`layer_norm_epsilon`).
  public var normEpsilon: Float
  /// Whether the output head is the token embedding (`tie_word_embeddings`).
  public var tiesEmbeddings: Bool

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
    self.feedForwardWidth = feedForwardWidth ?? 4 * width
    self.activation = activation
    self.normEpsilon = normEpsilon
    self.tiesEmbeddings = tiesEmbeddings
  }

  /// Width of one head, D / H.
  public var headWidth: Int { width / heads }
}
