import Testing

@testable import LossKit

struct NamedPair: Sendable, CustomTestStringConvertible {
  var name: String
  var function: @Sendable (Vector, Vector) -> Vector
  var testDescription: String { name }

  init(_ name: String, _ function: @escaping @Sendable (Vector, Vector) -> Vector) {
    self.name = name
    self.function = function
  }
}

@Suite("Functions of two vectors")
struct ArithmeticTests {
  static let functions = [
    NamedPair("+") { $0 + $1 }, NamedPair("-") { $0 - $1 }, NamedPair("*") { $0 * $1 },
    NamedPair("/") { $0 / $1 }, NamedPair("pow") { pow($0, $1) },
    NamedPair("minimum") { minimum($0, $1) }, NamedPair("maximum") { max($0, $1) },
    NamedPair("select") { select($0 > 1.5, $0 * $1, $1 / $0) },
    NamedPair("in place") {
      var y = $0
      y *= $1
      y += $0
      y -= 2
      y /= 3
      return y
    },
    NamedPair("same operand twice") { $0 * $0 * $1 + $1 / $0 },
  ]
  static let left = [0.5, 1.25, 3, 2.5, 0.125]
  static let right = [2.25, 0.75, 1.5, 0.3, 4]

  @Test("The gradients equal central differences at equal lengths", arguments: functions)
  func equalLengths(_ f: NamedPair) {
    expectGradients([Self.left, Self.right]) { f.function($0[0], $0[1]) }
    expectGradients([[1.75], [0.6]]) { f.function($0[0], $0[1]) }
  }

  @Test("A vector of one element goes with any length", arguments: functions)
  func broadcasting(_ f: NamedPair) {
    for (a, b) in [(Self.left, [1.4]), ([1.4], Self.right)] {
      expectGradients([a, b]) { f.function($0[0], $0[1]) }
      let short = trial([a, b]) { f.function($0[0], $0[1]) }
      let long = trial([
        a.count == 1 ? Array(repeating: a[0], count: 5) : a,
        b.count == 1 ? Array(repeating: b[0], count: 5) : b,
      ]) { f.function($0[0], $0[1]) }
      #expect(short.values == long.values)
    }
  }

  @Test("Equal elements share the slope of minimum and maximum")
  func ties() {
    #expect(
      trial([[2, 1], [2, 3]]) { maximum($0[0], $0[1]) }.gradients == [[0.5, 0], [0.5, 1]])
    #expect(
      trial([[2, 1], [2, 3]]) { minimum($0[0], $0[1]) }.gradients == [[0.5, 1], [0.5, 0]])
  }

  @Test("select lets no NaN out of the branch that it did not take")
  func selectHidesTheOtherBranch() {
    let x = [-4.0, 0, 4]
    let root = trial(x) { select($0 > 0, sqrt($0), $0) }
    #expect(root.values == [-4, 0, 2])
    #expect(root.gradients == [[1, 1, 0.25]])
    let division = trial(x) { select($0 == 0, 0, 1 / $0) }
    #expect(division.gradients[0][1] == 0)
    let overflow = trial([-1e6]) { select($0 < 0, -$0, exp(-$0)) }
    #expect(overflow.values == [1e6] && overflow.gradients == [[-1]])
    // The control: without select the NaN is there.
    #expect(trial(x) { sqrt($0) }.gradients[0][0].isNaN)
  }

  @Test("select takes one-element operands and numbers on either side")
  func selectShapes() {
    let x = [-1.0, 2]
    #expect(trial(x) { select($0 > 0, $0, 7) }.values == [7, 2])
    #expect(trial(x) { select($0 > 0, 7, $0) }.values == [-1, 7])
    #expect(trial(x) { select($0 > 0, 1, 2) }.values == [2, 1])
    let means = trial(x) { select($0 > 0, mean($0), sum($0)) }
    #expect(means.values == [1, 0.5])
    #expect(means.gradients == [[1.5, 1.5]])
    #expect(trial(x) { select(mean($0) > 0, $0, -$0) }.values == x)
  }

  @Test("Making vectors: lengths, values, no gradient")
  func creation() {
    let x = [1.0, 2, 3]
    #expect(trial(x) { zeros(like: $0) }.values == [0, 0, 0])
    #expect(trial(x) { ones(like: $0) * full(like: $0, 4) }.values == [4, 4, 4])
    #expect(trial(x) { _ in arange(4) }.values == [0, 1, 2, 3])
    #expect(trial(x) { _ in zeros(2) + ones(2) + full(2, 0.5) }.values == [1.5, 1.5])
    #expect(trial(x) { _ in vector([1, 5]) }.values == [1, 5])
    #expect(trial(x) { zeros(like: $0) }.gradients == [[0, 0, 0]])
    let spread = trial(x) { broadcast(mean($0), like: $0) }
    #expect(spread.values == [2, 2, 2])
    #expect(spread.gradients == [[1, 1, 1]])
  }
}
