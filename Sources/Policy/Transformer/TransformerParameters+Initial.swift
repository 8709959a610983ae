import Losses

extension TransformerParameters {
  /// The family's initial parameters.
  ///
  /// Weights and embeddings are normal with a standard deviation of 0.02, the two that write into the
  /// residual stream of 0.02 / √(2·layers) in GPT-2 (Radford et al. 2019, section 2.3); normalisations
  /// start as the identity, biases at 0. Each tensor has a stream of its own.
  public static func initial(
    _ configuration: TransformerConfiguration, seed: UInt64
  ) -> TransformerParameters {
    var parameters = TransformerParameters(configuration)
    let residual = 0.02 / Double(2 * configuration.layers).squareRoot()
    for (index, tensor) in parameters.layout.tensors.enumerated() {
      parameters.withMutableTensor(tensor) { elements in
        if tensor.shape.count == 1 {
          let isScale = tensor.name.hasSuffix(".weight")
          elements.update(repeating: isScale ? 1 : 0)
        } else {
          let deviation = tensor.name.hasSuffix("c_proj.weight") ? residual : 0.02
          var stream = RandomStream(seed: seed, purpose: "transformer.initial", UInt64(index))
          for place in elements.indices { elements[place] = Float(deviation * stream.normal()) }
        }
      }
    }
    return parameters
  }
}
