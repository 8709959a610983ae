import Foundation
import Losses

/// How the cost of a training step grows with what is trained: one size varied at a time around a base.
///
/// ```swift
/// let growth = StepGrowth(base: StepGrowth.Sizes())
/// for sizes in growth.shapes { … try TransformerBench.run(sizes.shape) … }
/// ```
public struct StepGrowth: Sendable, Hashable {
  /// A size that is varied.
  public enum Axis: String, Codable, CaseIterable, Sendable {
    /// Tokens of a sequence.
    case tokens
    /// Numbers in a token's representation; heads are 32 wide where the width allows.
    case width
    /// Layers.
    case depth
    /// Pairs of a step; a pair is two sequences.
    case batch
  }

  /// The sizes of a model of the GPT-2 family and of the batch that it is trained on.
  public struct Sizes: Codable, Hashable, Sendable {
    public var vocabulary = 512
    public var width = 128
    public var depth = 4
    public var tokens = 64
    /// Pairs.
    public var batch = 16

    public init() {}

    public init(vocabulary: Int, width: Int, depth: Int, tokens: Int, batch: Int) {
      self.vocabulary = vocabulary
      self.width = width
      self.depth = depth
      self.tokens = tokens
      self.batch = batch
    }

    public subscript(axis: Axis) -> Int {
      get {
        switch axis {
        case .tokens: tokens
        case .width: width
        case .depth: depth
        case .batch: batch
        }
      }
      set {
        switch axis {
        case .tokens: tokens = newValue
        case .width: width = newValue
        case .depth: depth = newValue
        case .batch: batch = newValue
        }
      }
    }

    /// Numbers that are trained; a floating-point number, since sizes may be anything.
    public var parameters: Double {
      let (width, tables) = (Double(width), Double(vocabulary) + Double(tokens))
      return Double(depth) * (12 * width * width + 13 * width) + width * (tables + 2)
    }

    public var shape: TransformerBench.Shape {
      TransformerBench.Shape(
        configuration: TransformerConfiguration(
          vocabularySize: vocabulary, contextLength: tokens, width: width, layers: depth,
          heads: width.isMultiple(of: 32) ? width / 32 : 1),
        pairs: batch, tokens: tokens)
    }
  }

  public var base: Sizes
  /// The sizes along each axis, ascending; the base's own is among them.
  public var values: [Axis: [Int]]

  /// Times the base, along each axis.
  private static let factors: [Axis: [Double]] = [
    .tokens: [0.25, 0.5, 1, 2, 4, 8, 16],
    .width: [0.5, 1, 2, 4, 6],
    .depth: [0.25, 0.5, 1, 2, 4, 8],
    .batch: [0.125, 0.25, 0.5, 1, 2, 4],
  ]

  /// - Parameter axes: those that are varied; the others stay.
  public init(base: Sizes, axes: [Axis] = Axis.allCases) {
    self.base = base
    values = [:]
    for axis in axes {
      let sizes = Self.factors[axis]!.map { Int(Double(base[axis]) * $0) }
      values[axis] = Set(sizes.filter { $0 > 0 } + [base[axis]]).sorted()
    }
  }

  /// Every shape once, the base first and then axis by axis.
  public var shapes: [Sizes] {
    var shapes = [base]
    for axis in Axis.allCases {
      shapes += (values[axis] ?? []).filter { $0 != base[axis] }.map { size in
        var sizes = base
        sizes[axis] = size
        return sizes
      }
    }
    return shapes
  }

  /// The size along an axis at which a step takes so many seconds.
  public struct Crossing: Codable, Hashable, Sendable {
    public var axis: Axis
    public var size: Double
    /// Whether it lies beyond the sizes that were measured.
    public var isExtrapolated: Bool
  }

  /// Where an axis reaches a step of `seconds`: a straight line between logarithms.
  ///
  /// Beyond the largest size it follows the line through the last two.
  ///
  /// - Parameter points: sizes with the seconds of a step, ascending in size.
  /// - Returns: nil where the smallest size takes longer already, for fewer than two points, and where a
  ///   step does not grow at the end.
  public static func crossing(
    _ axis: Axis, at seconds: Double, points: [(size: Int, seconds: Double)]
  ) -> Crossing? {
    guard points.count > 1, let first = points.first, first.seconds <= seconds else { return nil }
    let place = points.lastIndex { $0.seconds <= seconds }!
    let isBeyond = place == points.count - 1
    let (low, high) =
      isBeyond ? (points[place - 1], points[place]) : (points[place], points[place + 1])
    let slope = log(high.seconds / low.seconds) / log(Double(high.size) / Double(low.size))
    guard slope > 0, slope.isFinite else { return nil }
    let anchor = isBeyond ? high : low
    return Crossing(
      axis: axis, size: Double(anchor.size) * pow(seconds / anchor.seconds, 1 / slope),
      isExtrapolated: isBeyond)
  }

  /// The exponent p with which a step's time grows as size^p, by least squares on logarithms.
  ///
  /// - Returns: nil for fewer than two sizes.
  public static func exponent(_ points: [(size: Int, seconds: Double)]) -> Double? {
    guard points.count > 1 else { return nil }
    let x = points.map { log(Double($0.size)) }
    let y = points.map { log($0.seconds) }
    let meanX = x.reduce(0, +) / Double(x.count)
    let meanY = y.reduce(0, +) / Double(y.count)
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let variance = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    return variance > 0 ? covariance / variance : nil
  }
}

extension TransformerBench.Shape {
  /// Floating-point operations of a step's matrix products.
  ///
  /// Two for each weight of a matrix and token forward and four backward (Kaplan et al., arXiv
  /// 2001.08361, section 2.1), the output head for scored tokens alone, and attention's products
  /// over the causal half. Element-wise work and the optimiser are not counted.
  public var operations: Double {
    let layout = TransformerLayout(configuration)
    let rows = Double(2 * pairs)
    let weights = layout.blocks.reduce(0.0) { sum, block in
      sum
        + Double(
          block.attentionWeight.count + block.projectionWeight.count + block.expandWeight.count
            + block.contractWeight.count)
    }
    let head = Double(configuration.width * configuration.vocabularySize)
    let attention = Double(
      configuration.layers * configuration.heads * configuration.headWidth
        * tokens * (tokens + 1))
    return rows * (6 * (weights * Double(tokens) + head * Double(scored)) + 6 * attention)
  }
}
