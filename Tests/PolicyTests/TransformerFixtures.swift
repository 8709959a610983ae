import Foundation
import Losses
import Policy

/// Models small enough for a test, with parameters that are not at rest anywhere.
enum SmallTransformers {
  /// Odd extents: no loop runs in whole vectors only.
  static func configuration(
    activation: TransformerConfiguration.Activation = .geluTanh, tied: Bool = true
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: 41, contextLength: 20, width: 20, layers: 2, heads: 2,
      feedForwardWidth: 35, activation: activation, tiesEmbeddings: tied)
  }

  /// Heads that share keys, and that are wider together than the stream; odd extents as well.
  static func llama(
    tied: Bool = true, scaling: RotaryScaling? = nil
  ) -> TransformerConfiguration {
    .llama(
      vocabularySize: 41, contextLength: 20, width: 20, layers: 2, heads: 4, keyValueHeads: 2,
      headWidth: 6, feedForwardWidth: 35, tiesEmbeddings: tied,
      rotary: .init(base: 100, scaling: scaling))
  }

  /// One of each family.
  static let families = [configuration(), llama()]

  /// A wave through every tensor, the same as in `Generators/transformer_torch.py`.
  static func sine(_ configuration: TransformerConfiguration) -> TransformerParameters {
    var parameters = TransformerParameters(configuration)
    for (index, tensor) in parameters.layout.stored.enumerated() {
      let shift = tensor.shape.count == 1 && tensor.name.hasSuffix(".weight") ? 1.0 : 0
      let values = (0..<tensor.shape.reduce(1, *)).map {
        Float(0.25 * sin(1.7 * Double($0) + 0.9 * Double(index) + 0.3) + shift)
      }
      values.withUnsafeBufferPointer { parameters.setElements(of: tensor, to: $0) }
    }
    return parameters
  }

  /// Rows of random tokens; lengths from 2 to the context and one more.
  static func rows(
    _ count: Int, for configuration: TransformerConfiguration, seed: UInt64 = 1
  ) -> [TokenRow] {
    var stream = RandomStream(seed: seed, purpose: "test.rows")
    return (0..<count).map { _ in
      let length = 2 + stream.below(configuration.contextLength)
      let first = 1 + stream.below(length - 1)
      return TokenRow(
        tokens: (0..<length).map { _ in Int32(stream.below(configuration.vocabularySize)) },
        scored: first..<length)
    }
  }
}
