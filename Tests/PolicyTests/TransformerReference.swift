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

  /// Names of the parts, by family.
  private var names:
    (
      token: String, block: String, norm1: String, qkv: String, projection: String, norm2: String,
      expand: String, contract: String, last: String
    )
  {
    switch configuration.family {
    case .gpt2:
      (
        "transformer.wte", "transformer.h.", "ln_1", "attn.c_attn", "attn.c_proj", "ln_2",
        "mlp.c_fc", "mlp.c_proj", "transformer.ln_f"
      )
    case .llama:
      (
        "model.embed_tokens", "model.layers.", "input_layernorm", "self_attn.qkv_proj",
        "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_up_proj", "mlp.down_proj",
        "model.norm"
      )
    }
  }

  func logits(_ tokens: [Int32]) -> [[Double]] {
    let width = configuration.width
    let names = names
    var stream = tokens.enumerated().map { position, token in
      (0..<width).map {
        tensors[names.token + ".weight"]![Int(token) * width + $0]
          + (tensors["transformer.wpe.weight"]?[position * width + $0] ?? 0)
      }
    }
    for layer in 0..<configuration.layers {
      let prefix = "\(names.block)\(layer)."
      let attended = attend(
        stream.enumerated().map { position, row in
          rotated(linear(norm(row, prefix + names.norm1), prefix + names.qkv), by: position)
        })
      for position in stream.indices {
        let added = linear(attended[position], prefix + names.projection)
        for index in 0..<width { stream[position][index] += added[index] }
        let expanded = linear(norm(stream[position], prefix + names.norm2), prefix + names.expand)
        let contracted = linear(activate(expanded), prefix + names.contract)
        for index in 0..<width { stream[position][index] += contracted[index] }
      }
    }
    let head = tensors[configuration.tiesEmbeddings ? names.token + ".weight" : "lm_head.weight"]!
    return stream.map { row in
      let last = norm(row, names.last)
      return (0..<configuration.vocabularySize).map { token in
        (0..<width).reduce(0) { $0 + last[$1] * head[token * width + $1] }
      }
    }
  }

  /// Queries and keys turned by their position; values as they are.
  private func rotated(_ row: [Double], by position: Int) -> [Double] {
    guard let rotary = configuration.rotary else { return row }
    var row = row
    let own = configuration.headWidth
    for head in 0..<(configuration.heads + configuration.keyValueHeads) {
      for pair in 0..<(own / 2) {
        let angle = Double(position) * pow(rotary.base, -2 * Double(pair) / Double(own))
        let (first, second) = (head * own + pair, head * own + pair + own / 2)
        let (a, b) = (row[first], row[second])
        row[first] = a * cos(angle) - b * sin(angle)
        row[second] = b * cos(angle) + a * sin(angle)
      }
    }
    return row
  }

  private func attend(_ rows: [[Double]]) -> [[Double]] {
    let own = configuration.headWidth
    let width = configuration.heads * own
    let shared = configuration.keyValueHeads * own
    return rows.indices.map { query in
      var result = [Double](repeating: 0, count: width)
      for head in 0..<configuration.heads {
        let keys = width + head / (configuration.heads / configuration.keyValueHeads) * own
        let weights = logSoftmax(
          (0...query).map { key in
            (0..<own).reduce(0) { $0 + rows[query][head * own + $1] * rows[key][keys + $1] }
              / Double(own).squareRoot()
          }
        ).map { exp($0) }
        for key in 0...query {
          for index in 0..<own {
            result[head * own + index] += weights[key] * rows[key][keys + shared + index]
          }
        }
      }
      return result
    }
  }

  private func linear(_ input: [Double], _ name: String) -> [Double] {
    let weight = tensors[name + ".weight"]!
    let columns = weight.count / input.count
    let bias = tensors[name + ".bias"] ?? [Double](repeating: 0, count: columns)
    return bias.indices.map { column in
      input.indices.reduce(bias[column]) {
        $0 + input[$1] * weight[$1 * columns + column]
      }
    }
  }

  /// Layer normalisation, or that by the root mean square where there is no bias.
  private func norm(_ input: [Double], _ name: String) -> [Double] {
    let bias = tensors[name + ".bias"]
    let mean = bias == nil ? 0 : input.reduce(0, +) / Double(input.count)
    let variance = input.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(input.count)
    let scale = 1 / (variance + Double(configuration.normEpsilon)).squareRoot()
    return input.indices.map {
      (input[$0] - mean) * scale * tensors[name + ".weight"]![$0] + (bias?[$0] ?? 0)
    }
  }

  private func activate(_ row: [Double]) -> [Double] {
    switch configuration.activation {
    case .geluTanh:
      row.map { x in
        x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      }
    case .gelu: row.map { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }
    case .silu:
      zip(row.prefix(row.count / 2), row.suffix(row.count / 2)).map { gate, value in
        gate / (1 + exp(-gate)) * value
      }
    }
  }
}
