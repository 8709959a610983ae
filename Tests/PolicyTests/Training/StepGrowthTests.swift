import Foundation
import Testing

@testable import Policy

@Suite("How the cost of a step grows")
struct StepGrowthTests {
  static let base = StepGrowth.Sizes(vocabulary: 96, width: 64, depth: 2, tokens: 8, batch: 3)

  @Test("each axis goes up around the base, and every shape is there once")
  func shapes() {
    let growth = StepGrowth(base: Self.base)
    #expect(growth.values[.tokens] == [2, 4, 8, 16, 32, 64, 128])
    #expect(growth.values[.depth] == [1, 2, 4, 8, 16])
    #expect(growth.values[.batch] == [1, 3, 6, 12])
    let shapes = growth.shapes
    #expect(shapes.first == Self.base)
    #expect(Set(shapes).count == shapes.count)
    // One size differs from the base, never two.
    for sizes in shapes.dropFirst() {
      #expect(StepGrowth.Axis.allCases.filter { sizes[$0] != Self.base[$0] }.count == 1)
      #expect(sizes.vocabulary == Self.base.vocabulary)
    }
    #expect(StepGrowth(base: Self.base, axes: [.width]).values.keys.map(\.rawValue) == ["width"])
  }

  @Test("a shape is one that can be trained, with the parameters that it says")
  func parameters() throws {
    for sizes in StepGrowth(base: Self.base).shapes {
      let configuration = sizes.shape.configuration
      try configuration.validate()
      #expect(Double(TransformerLayout(configuration).parameterCount) == sizes.parameters)
    }
    #expect(Self.base.shape.configuration.headWidth == 32)
    var odd = Self.base
    odd.width = 50
    #expect(odd.shape.configuration.heads == 1)
  }

  @Test("operations are counted product by product")
  func operations() {
    // Forward, by hand: queries, keys and values; scores and values of causal pairs; output; both
    // halves of the feed-forward block; the head. Backward is twice that.
    let (rows, tokens, width, layers, vocabulary) = (6.0, 8.0, 64.0, 2.0, 96.0)
    let products = 2 * tokens * width * (3 * width + width + 4 * width + 4 * width)
    let pairs = tokens * (tokens + 1) / 2
    let attention = 2 * pairs * width * 2
    let head = 2 * tokens * width * vocabulary
    let expected = 3 * rows * (layers * (products + attention) + head)
    #expect(Self.base.shape.operations == expected)
  }

  @Test("a power law is read off with its exponent and its limit")
  func powerLaw() throws {
    let points = [1, 2, 4, 8].map { (size: $0, seconds: 0.5 * pow(Double($0), 1.5)) }
    #expect(abs(try #require(StepGrowth.exponent(points)) - 1.5) < 1e-12)
    let within = try #require(StepGrowth.crossing(.width, at: 0.5 * pow(3, 1.5), points: points))
    #expect(abs(within.size - 3) < 1e-9 && !within.isExtrapolated)
    let beyond = try #require(StepGrowth.crossing(.width, at: 0.5 * pow(20, 1.5), points: points))
    #expect(abs(beyond.size - 20) < 1e-9 && beyond.isExtrapolated)
  }

  @Test("where nothing can be told there is no limit and no exponent")
  func nothing() {
    let growing = [(size: 1, seconds: 1.0), (size: 2, seconds: 2.0)]
    #expect(StepGrowth.crossing(.batch, at: 1.5, points: growing) != nil)
    #expect(StepGrowth.crossing(.batch, at: 0.5, points: growing) == nil)
    #expect(StepGrowth.crossing(.batch, at: 5, points: [growing[0]]) == nil)
    let flat = [(size: 1, seconds: 1.0), (size: 2, seconds: 1.0)]
    #expect(StepGrowth.crossing(.batch, at: 5, points: flat) == nil)
    #expect(StepGrowth.exponent([growing[0]]) == nil)
  }

  @Test("a measured step has its times, its memory and a share of its ceiling")
  func measured() throws {
    var checks = 0
    let result = try TransformerBench.run(
      Self.base.shape, steps: 1, threads: 2, check: { checks += 1 })
    #expect(checks >= 3)
    #expect(result.parameters == Int(Self.base.parameters) && result.threads == 2)
    #expect(result.stepSeconds > 0 && result.productSeconds > 0)
    #expect(result.peakBytes >= result.startBytes && result.startBytes > 1_000_000)
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      try TransformerBench.run(Self.base.shape, steps: 1, threads: 1, check: { throw Enough() })
    }
  }
}
