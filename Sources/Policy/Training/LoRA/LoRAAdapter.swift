import COpenBLAS
import Losses

/// The A and B of every adapted weight, in one flat buffer.
///
/// A is of shape `[rank, in]` and B of shape `[out, rank]`, as PEFT stores them. A value: copies are
/// independent. Gradients are of the same type.
public struct LoRAAdapter: Sendable {
  struct Pair: Sendable {
    var target: LoRATarget
    var a: TransformerLayout.Tensor
    var b: TransformerLayout.Tensor
  }

  public let settings: LoRASettings
  let pairs: [Pair]
  let bufferCount: Int
  private var storage: FloatStorage

  /// A drawn as PEFT draws it, uniform up to 1/√in, and B = 0: the model's function is unchanged.
  ///
  /// - Throws: `LossmithError` (`usage`) for targets that the model does not have and for ranks that its
  ///   matrices cannot have.
  public init(
    _ settings: LoRASettings, for layout: TransformerLayout, seed: UInt64
  ) throws(LossmithError) {
    try self.init(zeros: settings, for: layout)
    for (index, pair) in pairs.enumerated() {
      var stream = RandomStream(seed: seed, purpose: "lora.a", UInt64(index))
      let bound = 1 / Double(pair.target.inputs).squareRoot()
      for place in pair.a.range {
        storage.elements[place] = Float(bound * (2 * stream.uniform() - 1))
      }
    }
  }

  /// A and B of 0.
  init(zeros settings: LoRASettings, for layout: TransformerLayout) throws(LossmithError) {
    self.init(settings, targets: try LoRATarget.chosen(settings, in: layout))
  }

  init(_ settings: LoRASettings, targets: [LoRATarget]) {
    self.settings = settings
    var end = 0
    func tensor(_ name: String, _ shape: [Int]) -> TransformerLayout.Tensor {
      let tensor = TransformerLayout.Tensor(name: name, shape: shape, offset: end)
      end = (end + tensor.count + 15) / 16 * 16
      return tensor
    }
    pairs = targets.map { target in
      Pair(
        target: target, a: tensor(target.module + ".lora_A", [settings.rank, target.inputs]),
        b: tensor(target.module + ".lora_B", [target.outputs, settings.rank]))
    }
    bufferCount = end
    storage = FloatStorage(count: end)
  }

  /// Every A and B, by offset.
  var tensors: [TransformerLayout.Tensor] { pairs.flatMap { [$0.a, $0.b] } }

  /// Numbers that are trained.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

  func withUnsafeBuffer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(storage.elements))
  }

  mutating func withUnsafeMutableBuffer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&storage) { storage = FloatStorage(copying: storage) }
    return try body(storage.elements)
  }

  // MARK: - Products

  /// Puts W₀ + (α/r)·B·A in the place of every adapted weight; other parameters stay.
  ///
  /// While a B is 0 its weight is W₀ to the bit.
  ///
  /// - Parameters:
  ///   - base: the parameters that the adapter stands beside.
  ///   - parameters: of the same shape.
  func merge(_ base: TransformerParameters, into parameters: inout TransformerParameters) {
    let scale = Float(settings.scale)
    parameters.withUnsafeMutableBuffer { merged in
      base.withUnsafeBuffer { base in
        let own = UnsafePointer(storage.elements.baseAddress!)
        for pair in pairs {
          let target = pair.target
          let result = merged.baseAddress! + target.offset
          for row in 0..<target.inputs {
            (result + row * target.stride).update(
              from: base.baseAddress! + target.offset + row * target.stride,
              count: target.outputs)
          }
          // [in, out] += Aᵀ·Bᵀ
          Self.product(
            target.inputs, target.outputs, settings.rank, scale,
            (own + pair.a.offset, target.inputs), (own + pair.b.offset, settings.rank),
            adding: true, result, target.stride)
        }
      }
    }
  }

  /// The gradients of A and B from those of the weights: with s = α/r and dW of shape `[in, out]`,
  /// dA = s·Bᵀ·dWᵀ and dB = s·dWᵀ·Aᵀ.
  ///
  /// - Parameters:
  ///   - dense: d/d(weights), laid out as the model's parameters.
  ///   - gradients: overwritten; laid out as this adapter's buffer.
  func project(_ dense: UnsafePointer<Float>, into gradients: FloatPointer) {
    let scale = Float(settings.scale)
    let rank = settings.rank
    let own = UnsafePointer(storage.elements.baseAddress!)
    for pair in pairs {
      let target = pair.target
      let slope = (dense + target.offset, target.stride)
      let (a, b) = ((own + pair.a.offset, target.inputs), (own + pair.b.offset, rank))
      Self.product(
        rank, target.inputs, target.outputs, scale, b, slope, adding: false,
        gradients + pair.a.offset, target.inputs)
      Self.product(
        target.outputs, rank, target.inputs, scale, slope, a, adding: false,
        gradients + pair.b.offset, rank)
    }
  }

  /// C ← s·Xᵀ·Yᵀ (+ C), with C of shape `[m, n]` and k inside; an operand is a pointer and the distance of
  /// its rows.
  private static func product(
    _ m: Int, _ n: Int, _ k: Int, _ scale: Float, _ x: (UnsafePointer<Float>, Int),
    _ y: (UnsafePointer<Float>, Int), adding: Bool, _ c: FloatPointer, _ ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasTrans, Int32(m), Int32(n), Int32(k), scale, x.0, Int32(x.1),
      y.0, Int32(y.1), adding ? 1 : 0, c, Int32(ldc))
  }
}
