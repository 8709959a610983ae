import Foundation

extension RandomStream {
  /// A uniform number in [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A standard normal number (Box and Muller 1958).
  ///
  /// Always finite: the radius comes from a uniform in (0, 1], so it is at most √(106 ln 2) ≈ 8.57.
  public mutating func normal() -> Double {
    if let second = spareNormal {
      spareNormal = nil
      return second
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// A whole number in 0..<bound, every one equally likely.
  ///
  /// Rejection by Lemire's multiplication ("Fast random integer generation in an interval", 2019).
  ///
  /// - Precondition: `bound` > 0.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "no whole number lies below \(bound)")
    let bound = UInt64(bound)
    let threshold = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// True with the given probability; never for 0, always for 1.
  public mutating func bernoulli(_ probability: Double) -> Bool {
    uniform() < probability
  }

  /// An index drawn with the given probabilities.
  ///
  /// What rounding leaves over at the end goes to the last index whose probability is not 0.
  ///
  /// - Precondition: at least one probability is above 0; none is negative or NaN.
  @inlinable
  public mutating func categorical(_ probabilities: some Sequence<Double>) -> Int {
    let target = uniform()
    var sum = 0.0
    var last: Int?
    for (index, probability) in probabilities.enumerated() where probability > 0 {
      sum += probability
      last = index
      if target < sum { return index }
    }
    guard let last else { preconditionFailure("no index has a probability above 0") }
    return last
  }

  /// Shuffles in place, every order equally likely (Fisher and Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for upper in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(upper, below(upper + 1))
    }
  }

  /// The numbers 0..<count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }
}
