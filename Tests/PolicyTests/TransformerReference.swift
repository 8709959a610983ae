import Foundation
import Policy

/// The same model in double precision, one token after the other, written to be read.
///
/// It shares no code with the trainer: no packing, no products by BLAS, no fused kernels.
struct TransformerReference {
  let configuration: TransformerConfiguration
  /// By tensor name; tests change elements to take differences.
  var tensors: [String: [Double]]

  init(_ parameters: TransformerParameters) {
    configuration = parameters.configuration
    tensors = Dictionary(
      uniqueKeysWithValues: parameters.layout.tensors.map { tensor in
        (tensor.name, parameters.withTensor(tensor) { $0.map { Double($0) } })
      })
  }

  /// Σ over rows of weight · log π(scored tokens).
  func weightedScore(_ rows: [TokenRow], weights: [Double]) -> Double {
    zip(rows, weights).reduce(0) { $0 + $1.1 * scores($1.0).reduce(0, +) }
  }

  /// log-probability of each scored token.
  func scores(_ row: TokenRow) -> [Double] {
    let logits = logits(Array(row.tokens[..<(row.scored.upperBound - 1)]))
    return row.scored.map { logSoftmax(logits[$0 - 1])[Int(row.tokens[$0])] }
  }

  func logSoftmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max()!
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    return logits.map { $0 - largest - log(sum) }
  }

  func logits(_ tokens: [Int32]) -> [[Double]] {
    let width = configuration.width
    var stream = tokens.enumerated().map { position, token in
      (0..<width).map {
        tensors["transformer.wte.weight"]![Int(token) * width + $0]
          + tensors["transformer.wpe.weight"]![position * width + $0]
      }
    }
    for layer in 0..<configuration.layers {
      let prefix = "transformer.h.\(layer)."
      let attended = attend(
        stream.map { linear(norm($0, prefix + "ln_1"), prefix + "attn.c_attn") })
      for position in stream.indices {
        let added = linear(attended[position], prefix + "attn.c_proj")
        for index in 0..<width { stream[position][index] += added[index] }
        let expanded = linear(norm(stream[position], prefix + "ln_2"), prefix + "mlp.c_fc")
        let contracted = linear(expanded.map(activate), prefix + "mlp.c_proj")
        for index in 0..<width { stream[position][index] += contracted[index] }
      }
    }
    let head =
      tensors[configuration.tiesEmbeddings ? "transformer.wte.weight" : "lm_head.weight"]!
    return stream.map { row in
      let last = norm(row, "transformer.ln_f")
      return (0..<configuration.vocabularySize).map { token in
        (0..<width).reduce(0) { $0 + last[$1] * head[token * width + $1] }
      }
    }
  }

  private func attend(_ rows: [[Double]]) -> [[Double]] {
    let width = configuration.width
    let own = configuration.headWidth
    return rows.indices.map { query in
      var result = [Double](repeating: 0, count: width)
      for head in 0..<configuration.heads {
        let range = (head * own)..<((head + 1) * own)
        let weights = logSoftmax(
          (0...query).map { key in
            range.reduce(0) { $0 + rows[query][$1] * rows[key][width + $1] }
              / Double(own).squareRoot()
          }
        ).map { exp($0) }
        for key in 0...query {
          for index in range { result[index] += weights[key] * rows[key][2 * width + index] }
        }
      }
      return result
    }
  }

  private func linear(_ input: [Double], _ name: String) -> [Double] {
    let weight = tensors[name + ".weight"]!
    let bias = tensors[name + ".bias"]!
    return bias.indices.map { column in
      input.indices.reduce(bias[column]) {
        $0 + input[$1] * weight[$1 * bias.count + column]
      }
    }
  }

  private func norm(_ input: [Double], _ name: String) -> [Double] {
    let mean = input.reduce(0, +) / Double(input.count)
    let variance = input.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(input.count)
    let scale = 1 / (variance + Double(configuration.normEpsilon)).squareRoot()
    return input.indices.map {
      (input[$0] - mean) * scale * tensors[name + ".weight"]![$0] + tensors[name + ".bias"]![$0]
    }
  }

  private func activate(_ x: Double) -> Double {
    switch configuration.activation {
    case .geluTanh: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    }
  }
}
