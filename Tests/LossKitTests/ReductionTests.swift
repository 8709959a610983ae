import Foundation
import Testing

@testable import LossKit

@Suite("Functions of all elements")
struct ReductionTests {
  static let reductions = [
    NamedFunction("sum", []) { sum($0) }, NamedFunction("mean", []) { mean($0) },
    NamedFunction("min", []) { min($0) }, NamedFunction("max", []) { max($0) },
    NamedFunction("variance", []) { variance($0) },
    NamedFunction("standardDeviation", []) { standardDeviation($0) },
    NamedFunction("quantile 0", []) { quantile($0, 0) },
    NamedFunction("quantile 0.3", []) { quantile($0, 0.3) },
    NamedFunction("quantile 1", []) { quantile($0, 1) },
    NamedFunction("logSumExp", []) { logSumExp($0) },
    NamedFunction("softmax", []) { softmax($0) },
    NamedFunction("logSoftmax", []) { logSoftmax($0) },
    NamedFunction("sort", []) { sort($0) },
    NamedFunction("sort descending", []) { sort($0, descending: true) },
    NamedFunction("cumulativeSum", []) { cumulativeSum($0) },
    NamedFunction("concatenate", []) { concatenate($0, square($0)) },
    NamedFunction("concatenate three", []) { concatenate([$0, 2 * $0, $0]) },
    NamedFunction("flip", []) { flip($0) }, NamedFunction("roll 2", []) { roll($0, 2) },
    NamedFunction("roll -7", []) { roll($0, -7) }, NamedFunction("element", []) { $0[0] },
    NamedFunction("slice", []) { $0[0..<$0.count] },
    NamedFunction("broadcast", []) { broadcast(mean($0), like: $0) },
    NamedFunction("standardized", []) { ($0 - mean($0)) / (1 + standardDeviation($0)) },
  ]

  @Test("The gradient equals central differences", arguments: reductions)
  func gradient(_ f: NamedFunction) {
    for x in [[0.7, -2.5, 3.1, 1.9, -0.4, 11], [1.5, -0.5], Array(0..<9).map { cos(Double($0)) }] {
      expectGradients([x]) { f.function($0[0]) }
    }
  }

  @Test("One element is served", arguments: reductions)
  func oneElement(_ f: NamedFunction) {
    let result = trial([0.75], f.function)
    #expect(result.status == 0)
    #expect((result.values + result.gradients[0]).allSatisfy { $0.isFinite })
  }

  @Test("Values are the textbook's")
  func values() {
    let x = [3.0, 1, 2, 5, 4]
    #expect(trial(x) { sum($0) }.values == [15])
    #expect(trial(x) { mean($0) }.values == [3])
    #expect(trial(x) { variance($0) }.values == [2.5])
    #expect(agree(trial(x) { standardDeviation($0) }.values[0], 2.5.squareRoot(), 1e-15))
    #expect(trial(x) { quantile($0, 0.5) }.values == [3])
    #expect(trial([1, 2, 3, 4]) { quantile($0, 0.25) }.values == [1.75])
    #expect(trial(x) { sort($0) }.values == [1, 2, 3, 4, 5])
    #expect(trial(x) { sort($0, descending: true) }.values == [5, 4, 3, 2, 1])
    #expect(trial(x) { cumulativeSum($0) }.values == [3, 4, 6, 11, 15])
    #expect(trial(x) { flip($0) }.values == [4, 5, 2, 1, 3])
    #expect(trial(x) { roll($0, 1) }.values == [4, 3, 1, 2, 5])
    #expect(trial(x) { $0[1..<3] }.values == [1, 2])
    #expect(trial(x) { $0[3] }.values == [5])
    #expect(agree(trial([0, 0]) { logSumExp($0) }.values[0], Foundation.log(2), 1e-15))
  }

  @Test("Variance and standard deviation of one row, and of equal rows, are 0 with gradient 0")
  func noSpread() {
    for x in [[0.3], [0.3, 0.3, 0.3], Array(repeating: -1234.567, count: 64)] {
      for f: (Vector) -> Vector in [{ variance($0) }, { standardDeviation($0) }] {
        let result = trial(x) { f($0) }
        #expect(result.values == [0])
        #expect(result.gradients[0].allSatisfy { $0 == 0 })
      }
    }
    // The control: a spread that is there is seen.
    #expect(trial([0.3, 0.3000001]) { standardDeviation($0) }.values[0] > 0)
  }

  @Test("Statistics of huge and tiny numbers stay in range")
  func range() {
    let huge = [1.5e308, -1.5e308, 1.5e308]
    #expect(trial([1.5e308, 1.7e308]) { mean($0) }.values[0] == 1.6e308)
    let spread = trial(huge) { standardDeviation($0) }
    #expect(agree(spread.values[0] / 1.5e308, (4.0 / 3).squareRoot(), 1e-12))
    #expect(spread.gradients[0].allSatisfy { $0.isFinite })
    let tiny = trial([1e-200, 3e-200]) { standardDeviation($0) }
    #expect(agree(tiny.values[0] / 1e-200, 2.0.squareRoot(), 1e-12))
    #expect(agree(tiny.gradients[0][1], 0.5.squareRoot(), 1e-12))
    #expect(trial([1e4, -1e4]) { logSumExp($0) }.values == [1e4])
    #expect(trial([-1e300, -1e300]) { logSumExp($0) }.values == [-1e300])
    #expect(trial([1e4, -1e4]) { softmax($0) }.values == [1, 0])
    #expect(trial(huge) { quantile($0, 0.25) }.values[0].isFinite)
  }

  @Test("Equal extremes share the slope; sorting keeps the order of equal elements")
  func ties() {
    #expect(trial([2, 5, 5, 1]) { max($0) }.gradients == [[0, 0.5, 0.5, 0]])
    #expect(trial([2, 1, 5, 1]) { min($0) }.gradients == [[0, 0.5, 0, 0.5]])
    let stable = trial([[1, 0, 1, 0]]) { sort($0[0]) * vector([1, 2, 3, 4]) }
    #expect(stable.gradients == [[3, 1, 4, 2]])
  }

  @Test("NaN is never lost")
  func notANumber() {
    for f in Self.reductions where !["element", "slice"].contains(f.name) {
      let result = trial([1, .nan, 0.5], f.function)
      // The last elements of an ascending order are the NaN; the sum of all values shows it.
      #expect(result.values.contains { $0.isNaN }, "\(f.name)")
    }
    #expect(trial([.nan, 1, 3]) { sort($0) }.values.prefix(2) == [1, 3])
    #expect(trial([.nan, 1, 3]) { sort($0, descending: true) }.values.suffix(2) == [3, 1])
  }

  @Test("A long vector sorts, and its gradient finds the way back")
  func longSort() {
    var state: UInt64 = 1
    let x = (0..<1000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return Double(state >> 40)
    }
    let result = trial(x) { sort($0) * arange($0.count) }
    #expect(
      zip(result.values.indices, x.sorted()).allSatisfy { result.values[$0] == $1 * Double($0) })
    let ranks = x.indices.sorted { (x[$0], $0) < (x[$1], $1) }
    for (rank, i) in ranks.enumerated() { #expect(result.gradients[0][i] == Double(rank)) }
  }
}
