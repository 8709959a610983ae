import Foundation
import Testing

@testable import LossKit

@Suite("Matrices: rows, columns, masks, shapes")
struct MatrixTests {
  /// A function with `dim` and mask; `keepsShape` tells functions along rows from reductions.
  struct RowFunction: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var keepsShape: Bool
    var function: @Sendable (Vector, Int, Vector?) -> Vector
  }

  static let functions: [RowFunction] = [
    reducing("sum") { sum($0, dim: $1, mask: $2) },
    reducing("mean") { mean($0, dim: $1, mask: $2) },
    reducing("min") { min($0, dim: $1, mask: $2) },
    reducing("max") { max($0, dim: $1, mask: $2) },
    reducing("norm") { norm($0, dim: $1, mask: $2) },
    reducing("variance") { variance($0, dim: $1, mask: $2) },
    reducing("standardDeviation") { standardDeviation($0, dim: $1, mask: $2) },
    reducing("quantile") { quantile($0, 0.3, dim: $1, mask: $2) },
    reducing("median") { median($0, dim: $1, mask: $2) },
    reducing("logSumExp") { logSumExp($0, dim: $1, mask: $2) },
    keeping("softmax") { softmax($0, dim: $1, mask: $2) },
    keeping("logSoftmax") { logSoftmax($0, dim: $1, mask: $2) },
    keeping("sort") { sort($0, dim: $1, mask: $2) },
    keeping("sort descending") { sort($0, descending: true, dim: $1, mask: $2) },
    keeping("argsort") { argsort($0, dim: $1, mask: $2) },
    keeping("rank") { rank($0, descending: true, dim: $1, mask: $2) },
    keeping("logCumulativeSumExp") { logCumulativeSumExp($0, dim: $1, mask: $2) },
  ]

  static func reducing(
    _ name: String, _ f: @escaping @Sendable (Vector, Int, Vector?) -> Vector
  ) -> RowFunction { RowFunction(testDescription: name, keepsShape: false, function: f) }

  static func keeping(
    _ name: String, _ f: @escaping @Sendable (Vector, Int, Vector?) -> Vector
  ) -> RowFunction { RowFunction(testDescription: name, keepsShape: true, function: f) }

  /// Three rows of four.
  static let x = [0.7, -2.5, 3.1, 1.9, -0.4, 11, 0.3, 0.3, 5, -5, 0.25, 4]

  private func equal(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { agree($0, $1, 1e-14) }
  }

  @Test("A row of a matrix gives what it gives alone", arguments: functions)
  func alongRows(_ f: RowFunction) {
    let whole = trial([Self.x], columns: [4]) { f.function($0[0], 1, nil) }
    let parts = (0..<3).map { row in
      trial([Array(Self.x[4 * row..<4 * row + 4])]) { f.function($0[0], -1, nil) }
    }
    #expect(equal(whole.values, parts.flatMap(\.values)))
    #expect(equal(whole.gradients[0], parts.flatMap { $0.gradients[0] }))
  }

  @Test("dim: 0 works along columns, as dim: 1 of the transpose", arguments: functions)
  func alongColumns(_ f: RowFunction) {
    let direct = trial([Self.x], columns: [4]) { f.function($0[0], 0, nil) }
    let turned = trial([Self.x], columns: [4]) {
      let y = f.function(transpose($0[0]), 1, nil)
      return f.keepsShape ? transpose(y) : y
    }
    #expect(direct.status == 0)
    #expect(direct.values == turned.values && direct.gradients == turned.gradients)
    #expect(direct.values.count == (f.keepsShape ? 12 : 4))
  }

  static let mask: [Double] = [1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0]

  @Test("Elements that a mask leaves out are as if they were not there", arguments: functions)
  func masked(_ f: RowFunction) {
    // What is left out is not even read: NaN and infinities stay where they are.
    var hidden = Self.x
    for (i, flag) in Self.mask.enumerated() where flag == 0 {
      hidden[i] = i % 2 == 0 ? .nan : .infinity
    }
    let result = trial([hidden], columns: [4]) {
      f.function($0[0], 1, reshape(vector(Self.mask), 3, 4))
    }
    #expect(result.status == 0 && result.values.allSatisfy(\.isFinite))
    for row in 0..<3 {
      let places = (0..<4).filter { Self.mask[4 * row + $0] == 1 }
      let gradient = Array(result.gradients[0][4 * row..<4 * row + 4])
      #expect((0..<4).allSatisfy { places.contains($0) || gradient[$0] == 0 })
      let values = result.values[
        f.keepsShape ? 4 * row..<4 * row + 4 : row..<row + 1]
      guard !places.isEmpty else {
        if f.testDescription != "argsort" { #expect(values.allSatisfy { $0 == 0 }) }
        continue
      }
      let alone = trial([places.map { Self.x[4 * row + $0] }]) { f.function($0[0], -1, nil) }
      #expect(equal(places.map { gradient[$0] }, alone.gradients[0]))
      switch f.testDescription {
      case "argsort":
        #expect(values.prefix(places.count).map { Int($0) } == alone.values.map { places[Int($0)] })
      case "sort", "sort descending":
        #expect(equal(Array(values.prefix(places.count)), alone.values))
        #expect(values.dropFirst(places.count).allSatisfy { $0 == 0 })
      case _ where f.keepsShape:
        #expect(equal(places.map { values[values.startIndex + $0] }, alone.values))
      default:
        #expect(equal(Array(values), alone.values))
      }
    }
  }

  @Test("The gradient with a mask equals central differences", arguments: functions)
  func maskedGradient(_ f: RowFunction) {
    // Equal elements in the data would be kinks of sorts and extremes.
    let x = Self.x.enumerated().map { $1 + 0.01 * Double($0) }
    guard !["argsort", "rank"].contains(f.testDescription) else { return }
    expectGradients([x], columns: [4]) {
      f.function($0[0], 1, reshape(vector(Self.mask), 3, 4))
    }
  }

  @Test("Shapes combine as PyTorch's do, and others are refused")
  func broadcasting() {
    let m = [1.0, 2, 3, 4, 5, 6]
    func shape(_ f: ([Vector]) -> Vector, _ other: [Double], _ columns: Int) -> [Double] {
      trial([m, other], columns: [3, columns], f).values
    }
    #expect(shape({ $0[0] + $0[1] }, [10, 20, 30], 0) == [11, 22, 33, 14, 25, 36])
    #expect(shape({ $0[0] + $0[1] }, [10, 20, 30], 3) == [11, 22, 33, 14, 25, 36])
    #expect(shape({ $0[0] + $0[1] }, [10, 20], 1) == [11, 12, 13, 24, 25, 26])
    #expect(shape({ $0[1] - $0[0] }, [10], 0) == [9, 8, 7, 6, 5, 4])
    #expect(shape({ $0[0] + $0[1].unsqueeze(1) }, [10, 20], 0) == [11, 12, 13, 24, 25, 26])
    // The gradient of what was repeated is summed.
    let sums = trial([m, [10, 20]], columns: [3, 1]) { $0[0] * $0[1] }
    #expect(sums.gradients == [[10, 10, 10, 20, 20, 20], [6, 15]])
    // [2, 1] with [3] gives [2, 3].
    #expect(trial([[1, 2], [10, 20, 30]], columns: [1, 0]) { $0[0] + $0[1] }.values.count == 6)
    let four = [1.0, 2, 3, 4]
    for (other, columns) in [([1.0, 2], 0), (four, 0), (four, 2), (m, 0), (m, 2)] {
      #expect(trial([m, other], columns: [3, columns]) { $0[0] + $0[1] }.code == 1)
      #expect(trial([m, other], columns: [3, columns]) { select($0[1] > 0, $0[0], 1) }.code == 1)
    }
    let three = trial([m, [0.0, 1], [7, 8, 9]], columns: [3, 1, 0]) { select($0[1], $0[0], $0[2]) }
    #expect(three.values == [7, 8, 9, 4, 5, 6])
  }

  @Test("keepdim keeps a dimension of extent 1, ready to broadcast back")
  func keepdim() {
    let m = [1.0, 2, 3, 4, 5, 6]
    let rows = trial([m], columns: [3]) { $0[0] - mean($0[0], dim: 1, keepdim: true) }
    #expect(rows.values == [-1, 0, 1, -1, 0, 1])
    let columns = trial([m], columns: [3]) { $0[0] - mean($0[0], dim: 0, keepdim: true) }
    #expect(columns.values == [-1.5, -1.5, -1.5, 1.5, 1.5, 1.5])
    #expect(trial([m], columns: [3]) { sum($0[0], dim: 0) }.values == [5, 7, 9])
    #expect(trial([m], columns: [3]) { $0[0] - sum($0[0], dim: 1) }.code == 1)
  }

  @Test("Dimensions, columns and indices that are not there are refused with the line")
  func refusals() {
    let m = [1.0, 2, 3, 4, 5, 6]
    let cases: [@Sendable (Vector) -> Vector] = [
      { sum($0, dim: 2, line: 4) }, { sum(flatten($0), dim: 1, line: 4) },
      { softmax($0, dim: 5, line: 4) }, { column($0, 3, line: 4) },
      { columns($0, 1..<4, line: 4) }, { columns($0, 1..<1, line: 4) }, { $0[2, 4] },
      { gather($0, vector([0, 3]), line: 4) }, { gather($0, vector([0, 0.5]), line: 4) },
      { gather($0, vector([0, -1]), line: 4) }, { gather($0, vector([0, .nan]), line: 4) },
      { _ in oneHot(vector([2]), 2, line: 4) }, { unsqueeze($0, 0, line: 4) },
      { crossEntropy($0, vector([0, 3]), line: 4) },
      { crossEntropy($0, vector([0, 1]), labelSmoothing: 1.5, line: 4) },
      { neuralSort($0, temperature: 0, line: 4) }, { huber($0, delta: 0, line: 4) },
      { sinkhorn(reshape($0[0..<2], 3, 2)[0..<2], iterations: 0, line: 4) },
      { $0 * Double($0.size(3, line: 4)) },
    ]
    for (i, f) in cases.enumerated() {
      let result = trial([m], columns: [3]) { f($0[0]) }
      #expect(result.code == 3 && result.line == 4, "case \(i): \(result.code)")
    }
    let shapes: [@Sendable (Vector) -> Vector] = [
      { reshape($0, 4, 2, line: 4) }, { gather($0, vector([0, 1, 2]), line: 4) },
      { sinkhorn($0, line: 4) }, { matvec($0, $0, line: 4) },
      { reshape($0, like: vector([1, 2]), line: 4) }, { broadcast($0, like: $0[0], line: 4) },
      { _ in matrix([[1, 2], [3]], line: 4) },
      { concatenate($0, columns($0, 0..<2), line: 4) },
      { crossEntropy($0, vector([0, 1, 2]), line: 4) },
      { sum($0, mask: vector([1, 1]), line: 4) },
    ]
    for (i, f) in shapes.enumerated() {
      let result = trial([m], columns: [3]) { f($0[0]) }
      #expect(result.code == 1 && result.line == 4, "shape \(i): \(result.code)")
    }
  }

  @Test("Rows, columns, joins and indices pick the right elements")
  func picking() {
    let m = [1.0, 2, 3, 4, 5, 6]
    func values(_ f: (Vector) -> Vector) -> [Double] {
      trial([m], columns: [3]) { f($0[0]) }.values
    }
    #expect(values { $0[1] } == [4, 5, 6])
    #expect(values { $0[0..<1] } == [1, 2, 3])
    #expect(values { column($0, 1) } == [2, 5])
    #expect(values { columns($0, 1..<3) } == [2, 3, 5, 6])
    #expect(values { transpose($0) } == [1, 4, 2, 5, 3, 6])
    #expect(values { flip($0) } == [3, 2, 1, 6, 5, 4])
    #expect(values { flip($0, dim: 0) } == [4, 5, 6, 1, 2, 3])
    #expect(values { roll($0, 1) } == [3, 1, 2, 6, 4, 5])
    #expect(values { cumulativeSum($0) } == [1, 3, 6, 4, 9, 15])
    #expect(values { cumulativeSum($0, dim: 0) } == [1, 2, 3, 5, 7, 9])
    #expect(values { concatenate($0, $0[0..<1]) } == [1, 2, 3, 4, 5, 6, 1, 2, 3])
    #expect(values { concatenate($0, columns($0, 0..<1), dim: 1) } == [1, 2, 3, 1, 4, 5, 6, 4])
    #expect(values { gather($0, vector([2, 0])) } == [3, 4])
    #expect(values { gather($0, matrix([[2, 2], [0, 1]])) } == [3, 3, 4, 5])
    #expect(values { _ in oneHot(vector([1, 0]), 3) } == [0, 1, 0, 1, 0, 0])
    #expect(values { argmax($0, dim: 1) } == [2, 2])
    #expect(values { $0 * Double($0.size(0) * 10 + $0.size(1)) } == m.map { $0 * 23 })
  }

  @Test("A nearly certain label keeps the digits of its loss and of its slope")
  func certainty() {
    let result = trial([[50, 0, 0]], columns: [3]) { crossEntropy($0[0], vector([0])) }
    let rest = 2 * Foundation.exp(-50.0)
    #expect(agree(result.values[0] / rest, 1, 1e-12))
    #expect(agree(result.gradients[0][0] / -rest, 1, 1e-12))
    let logarithm = trial([[50, 0, 0]], columns: [3]) { column(logSoftmax($0[0]), 0) }
    #expect(agree(logarithm.values[0] / -rest, 1, 1e-12))
    #expect(agree(logarithm.gradients[0][0] / rest, 1, 1e-12))
    let probability = trial([[50, 0, 0]], columns: [3]) { column(softmax($0[0]), 0) }
    #expect(agree(probability.gradients[0][0] / rest, 1, 1e-12))
  }
}
