import Foundation
import Testing

@testable import Losses

@Suite("Random numbers")
struct RandomTests {
  /// The vectors `philox4x32 10` of Random123's file `kat_vectors`.
  @Test("Philox gives the published answers")
  func knownAnswers() {
    let zeros = Philox4x32.block(counter: .zero, key: .zero)
    #expect(zeros == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    let ones = Philox4x32.block(
      counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
    #expect(ones == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    let digitsOfPi = Philox4x32.block(
      counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
      key: SIMD2(0xA409_3822, 0x299F_31D0))
    #expect(digitsOfPi == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test("a stream does not depend on what was drawn elsewhere")
  func independence() {
    var first = RandomStream(seed: 7, purpose: "labels")
    let alone = (0..<10).map { _ in first.next() }
    var second = RandomStream(seed: 7, purpose: "labels")
    var other = RandomStream(seed: 7, purpose: "order")
    let interleaved = (0..<10).map { _ in
      _ = other.normal()
      return second.next()
    }
    #expect(alone == interleaved)
  }

  @Test("seed, purpose and each index name different streams")
  func naming() {
    var streams = [
      RandomStream(seed: 0, purpose: "a"), RandomStream(seed: 1, purpose: "a"),
      RandomStream(seed: 1 << 32, purpose: "a"), RandomStream(seed: 0, purpose: "b"),
      RandomStream(seed: 0, purpose: "a", 0), RandomStream(seed: 0, purpose: "a", 1),
      RandomStream(seed: 0, purpose: "a", 0, 0), RandomStream(seed: 0, purpose: ""),
    ]
    let firsts = streams.indices.map { streams[$0].next() }
    #expect(Set(firsts).count == firsts.count)
  }

  /// Changing these numbers changes every result ever stored. From a transcription in Python.
  @Test("the numbers of a stream are pinned")
  func pinned() {
    var stream = RandomStream(seed: 42, purpose: "bandit.pairs", 3)
    #expect(stream.next() == 10_077_188_284_416_764_281)
    #expect(stream.uniform() == 0.3524932471445268)
  }

  @Test("uniforms lie in [0, 1) with the right mean and variance")
  func uniforms() {
    var stream = RandomStream(seed: 1, purpose: "uniform")
    let count = 100_000
    let values = (0..<count).map { _ in stream.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let (mean, variance) = moments(values)
    // Five standard errors: √(1/12/n) and about √(1/180/n).
    #expect(abs(mean - 0.5) < 5 * (1 / 12.0 / Double(count)).squareRoot())
    #expect(abs(variance - 1 / 12.0) < 5 * (1 / 180.0 / Double(count)).squareRoot())
  }

  @Test("normals have mean 0, variance 1 and the share of a Gauss curve within one sd")
  func normals() {
    var stream = RandomStream(seed: 1, purpose: "normal")
    let count = 100_000
    let values = (0..<count).map { _ in stream.normal() }
    let (mean, variance) = moments(values)
    #expect(abs(mean) < 5 / Double(count).squareRoot())
    #expect(abs(variance - 1) < 5 * (2 / Double(count)).squareRoot())
    let within = Double(values.count { abs($0) < 1 }) / Double(count)
    #expect(abs(within - 0.682_689) < 5 * (0.2166 / Double(count)).squareRoot())
  }

  @Test("whole numbers below a bound are equally likely, huge bounds included")
  func wholeNumbers() {
    var stream = RandomStream(seed: 2, purpose: "below")
    var counts = Array(repeating: 0.0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    // χ² with 6 degrees: 33.1 is the 1 − 10⁻⁵ quantile.
    #expect(counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 } < 33.1)
    #expect((0..<100).allSatisfy { _ in stream.below(1) == 0 })
    // Without rejection, two thirds of the numbers would be twice as likely as the others.
    let bound = Int.max / 2 + Int.max / 4
    let low = (0..<10_000).count { _ in stream.below(bound) < bound / 2 }
    #expect(abs(Double(low) - 5_000) < 5 * 50)
  }

  @Test("a coin of probability 0 never falls, of 1 always, of 0.2 as often as it should")
  func coins() {
    var stream = RandomStream(seed: 3, purpose: "coin")
    #expect(!(0..<1_000).contains { _ in stream.bernoulli(0) })
    #expect((0..<1_000).allSatisfy { _ in stream.bernoulli(1) })
    let heads = (0..<10_000).count { _ in stream.bernoulli(0.2) }
    #expect(abs(heads - 2_000) < 5 * 40)
  }

  @Test("categories follow their probabilities and an impossible one is never drawn")
  func categories() {
    var stream = RandomStream(seed: 4, purpose: "categorical")
    var counts = [0.0, 0, 0, 0]
    for _ in 0..<20_000 { counts[stream.categorical([0.1, 0, 0.6, 0.3])] += 1 }
    #expect(counts[1] == 0)
    for (count, share) in zip(counts, [0.1, 0, 0.6, 0.3]) {
      #expect(abs(count - 20_000 * share) <= 5 * (20_000 * share * (1 - share)).squareRoot())
    }
    // A sum short of 1 by rounding still gives a legal index.
    #expect((0..<100).allSatisfy { _ in stream.categorical([0, 1e-300, 0]) == 1 })
  }

  @Test("every order of three is equally likely and none is lost")
  func shuffles() {
    var stream = RandomStream(seed: 5, purpose: "shuffle")
    var counts: [[Int]: Double] = [:]
    for _ in 0..<12_000 { counts[stream.permutation(3), default: 0] += 1 }
    #expect(counts.count == 6)
    // χ² with 5 degrees: 30.9 is the 1 − 10⁻⁵ quantile.
    #expect(counts.values.reduce(0) { $0 + ($1 - 2_000) * ($1 - 2_000) / 2_000 } < 30.9)
    var empty: [Int] = []
    stream.shuffle(&empty)
    #expect(empty.isEmpty)
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(values.count))
  }
}
