import Testing

@testable import LossKit

@Suite("Mistakes end as a status with a line")
struct StatusTests {
  private let x = [1.0, 2, 3]

  @Test("Lengths that do not fit give the line of the function")
  func shape() {
    let select = trial(x) { LossKit.select($0 > 0, $0, vector([1, 2]), line: 77) }
    #expect(select.code == 1 && select.line == 77)
    let minimum = trial(x) { LossKit.minimum($0, concatenate($0, $0), line: 12) }
    #expect(minimum.code == 1 && minimum.line == 12)
    let broadcast = trial(x) { LossKit.broadcast($0, like: concatenate($0, $0), line: 13) }
    #expect(broadcast.code == 1 && broadcast.line == 13)
    var line: UInt32 = 0
    let own = trial(x) {
      line = #line + 1
      let joined = concatenate($0, $0)
      return joined + $0
    }
    #expect(own.code == 1 && own.line == line)
    // The control: the same operations with fitting lengths.
    #expect(trial(x) { LossKit.select($0 > 0, $0, vector([1, 2, 3])) }.status == 0)
  }

  @Test("An operator takes the line of its operands")
  func operators() {
    let both = trial(x) { concatenate($0, $0, line: 5) + sort($0, line: 9) }
    #expect(both.code == 1 && both.line == 9)
    let nested = trial(x) { $0 * (2 * -concatenate($0, $0, line: 5) + 1) }
    #expect(nested.code == 1 && nested.line == 5)
  }

  @Test("Arguments outside a function's domain of use")
  func argument() {
    let cases: [Trial] = [
      trial(x) { quantile($0, 1.5, line: 4) }, trial(x) { quantile($0, .nan, line: 4) },
      trial(x) { clamp($0, min: 2, max: 1, line: 4) }, trial(x) { $0[3, 4] },
      trial(x) { $0[-1, 4] }, trial(x) { $0[Int.max, 4] }, trial(x) { $0[2..<4, 4] },
      trial(x) { $0[1..<1, 4] }, trial(x) { _ in zeros(0, line: 4) },
      trial(x) { _ in arange(-5, line: 4) }, trial(x) { _ in concatenate([], line: 4) },
      trial(x) { _ in vector([], line: 4) },
    ]
    for result in cases { #expect(result.code == 3 && result.line == 4) }
  }

  @Test("The first mistake is the one that is told; what follows is harmless")
  func first() {
    let result = trial(x) {
      let bad = quantile($0, 2, line: 3)
      let worse = bad + concatenate($0, $0, line: 8)
      #expect(worse.count == 1)
      return sort(worse * $0)[17, 9]
    }
    #expect(result.code == 3 && result.line == 3)
  }

  @Test("item gives a number, and only for one element")
  func item() {
    #expect(trial(x) { $0 * mean($0).item() }.values == [2, 4, 6])
    #expect(trial(x) { $0 * mean($0).item() }.gradients == [[2, 2, 2]])
    #expect(trial(x) { $0 * $0.item(line: 6) }.status == Status.shape.code(line: 6))
  }

  @Test("A vector of an earlier call is refused")
  func stale() {
    var kept: Vector?
    _ = trial(x) {
      kept = $0
      return $0
    }
    let result = trial(x) { $0 + exp(kept ?? $0, line: 21) }
    #expect(result.code == 3 && result.line == 21)
    #expect(trial(x) { $0 + (kept ?? $0) }.code == 3)
  }

  @Test("A runaway loop ends at the memory limit, and the next call works")
  func memory() {
    let long = Array(repeating: 0.5, count: 4096)
    let result = trial(long) {
      var y = $0
      for _ in 0..<10_000 { y = sigmoid(y, line: 31) }
      return y
    }
    #expect(result.code == 5 && result.line == 31)
    let many = trial([0.5]) {
      var y = $0
      for _ in 0..<1_000_000 { y = y + 1 }
      return y
    }
    #expect(many.code == 5)
    #expect(trial(x) { _ in zeros(Int.max / 4) }.code == 5)
    #expect(trial(x) { 2 * $0 }.values == [2, 4, 6])
  }
}
