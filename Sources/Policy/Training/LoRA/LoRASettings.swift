import Losses

/// Low-rank adaptation (Hu et al., arXiv 2106.09685): what is trained instead of whole weights.
///
/// A weight W₀ stays as it is, and W₀ + (alpha / rank)·B·A takes its place, with A of `rank` rows and B of
/// `rank` columns. B starts at 0, so training starts from W₀ to the bit.
public struct LoRASettings: Hashable, Sendable, Codable {
  /// r, from 1.
  public var rank: Int
  /// The strength α; the product is multiplied by α/r.
  public var alpha: Double
  /// Modules that get an adapter, by the end of their name (`c_attn`, `attn.c_proj`), as PEFT's
  /// `target_modules`; nil for every weight matrix of the blocks.
  public var targets: [String]?

  /// - Parameter alpha: twice the rank unless given.
  public init(rank: Int, alpha: Double? = nil, targets: [String]? = nil) {
    self.rank = rank
    self.alpha = alpha ?? Double(2 * rank)
    self.targets = targets
  }

  /// α/r.
  public var scale: Double { alpha / Double(rank) }

  /// - Throws: `LossmithError` (`usage`) for a rank below 1, an α that is not above 0, or no target.
  public func validate() throws(LossmithError) {
    guard rank >= 1 else {
      throw LossmithError(.usage, "The rank of LoRA is \(rank).", remedy: "Give a rank from 1.")
    }
    guard alpha > 0, alpha.isFinite else {
      throw LossmithError(
        .usage, "LoRA's alpha is \(alpha).",
        remedy: "Give an alpha above 0, such as twice the rank.")
    }
    if let targets, targets.isEmpty {
      throw LossmithError(
        .usage, "LoRA has no targets.",
        remedy: "Leave them out to adapt every matrix of the blocks.")
    }
  }
}

/// A weight matrix that an adapter can stand beside.
struct LoRATarget: Hashable, Sendable {
  /// The module's name in Hugging Face's model: `transformer.h.0.attn.c_attn`.
  var module: String
  /// Of shape `[in, columns]`; several modules may lie side by side in it.
  var weight: TransformerLayout.Tensor
  /// The module's own columns.
  var columns: Range<Int>
  /// Whether Hugging Face has the weight as `[in, out]` (GPT-2's Conv1D), else as `[out, in]`.
  var isConv1D: Bool

  var inputs: Int { weight.shape[0] }
  var outputs: Int { columns.count }
  /// The first element in the parameters' buffer, and the distance of two rows.
  var offset: Int { weight.offset + columns.lowerBound }
  var stride: Int { weight.shape[1] }

  /// Every weight matrix of the blocks, in the layout's order.
  static func all(in layout: TransformerLayout) -> [LoRATarget] {
    let outside = Set(
      [layout.tokenEmbedding, layout.positionEmbedding, layout.head].compactMap { $0?.name })
    return layout.stored.compactMap { stored in
      guard stored.shape.count == 2, !outside.contains(stored.tensor.name),
        stored.name.hasSuffix(".weight")
      else { return nil }
      return LoRATarget(
        module: String(stored.name.dropLast(".weight".count)), weight: stored.tensor,
        columns: stored.columns, isConv1D: !stored.isTransposed)
    }
  }

  /// The targets of settings.
  ///
  /// - Throws: `LossmithError` (`usage`): a name that no module has; a rank that a matrix cannot have.
  static func chosen(
    _ settings: LoRASettings, in layout: TransformerLayout
  ) throws(LossmithError) -> [LoRATarget] {
    try settings.validate()
    let all = all(in: layout)
    func ends(_ module: String, _ name: String) -> Bool {
      module == name || module.hasSuffix("." + name)
    }
    for name in settings.targets ?? [] where !all.contains(where: { ends($0.module, name) }) {
      throw LossmithError(
        .usage, "The model has no matrix named \(JSONReader.shortened(name)) for LoRA.",
        remedy: "Choose among \(names(of: all).joined(separator: ", ")).")
    }
    let chosen = all.filter { target in
      settings.targets.map { $0.contains { ends(target.module, $0) } } ?? true
    }
    if let small = chosen.first(where: { min($0.inputs, $0.outputs) < settings.rank }) {
      throw LossmithError(
        .usage,
        "\(small.module) is a matrix of \(small.inputs) by \(small.outputs): a rank of"
          + " \(settings.rank) is no low rank.",
        remedy: "Lower the rank to \(min(small.inputs, small.outputs)) or less.")
    }
    return chosen
  }

  /// What ends the modules' names in every block, each once.
  private static func names(of targets: [LoRATarget]) -> [String] {
    var seen: Set<String> = []
    return targets.map { target in
      let parts = target.module.split(separator: ".")
      let number = parts.lastIndex { Int($0) != nil }
      return parts[(number.map { $0 + 1 } ?? 0)...].joined(separator: ".")
    }.filter { seen.insert($0).inserted }
  }
}
