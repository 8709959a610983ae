import Losses

/// Compares the gradients of a loss with central differences.
///
/// For one element x of an input column (a matrix has one for each class or completion of a row),
/// with S the sum of the values over rows:
/// D(h) = (S(x+h) − S(x−h)) / 2h, taken at h and h/2 and extrapolated (Richardson:
/// (4·D(h/2) − D(h)) / 3). |D(h/2) − D(h)| bounds the truncation error, ε·max|value|/h the rounding
/// error. Row values are subtracted before they are summed, so that the rows that did not move
/// cancel exactly and do not drown the one that did.
///
/// Where the difference to the left and that to the right do not come together as h shrinks, the
/// loss is not differentiable: a *kink* (they stay apart) or a *jump* (they run apart). A kink's
/// gradient must lie between the two; at a jump there is nothing to compare. Ties can hide a kink
/// from single elements; they are looked for before a disagreement is a failure.
struct GradientCheck {
  let loss: any RawLoss
  let tunables: [Double]
  /// The check that a disagreement fails.
  var check = CheckSuite.Step.gradient
  /// Relative tolerance of the comparison.
  var tolerance = 1e-5

  struct Result {
    var kinks: [String] = []
    var jumps: [String] = []
    var compared = 0
  }

  /// - Parameter rows: the rows of the batch whose elements are moved, one at a time.
  /// - Throws: `LossFailure(failed(…))` for the first element that disagrees; whatever the
  ///   loss throws.
  func run(on batch: LossBatch, rows: [Int]) throws(LossFailure) -> Result {
    let base = try loss.evaluate(batch, tunables: tunables)
    var result = Result()
    for column in loss.descriptor.gradients.sorted() {
      guard let analytic = base.gradients[column] else { continue }
      for element in rows.flatMap({ batch.range(of: $0, in: column) }) {
        let place = batch.place(column, element)
        let probe = try differences(
          batch, [Move(column: column, element: element, weight: 1)], base: base.values)
        switch probe.smoothness {
        case .jump: result.jumps.append(place)
        case .kink:
          result.kinks.append(place)
          let (low, high) = (min(probe.left, probe.right), max(probe.left, probe.right))
          let slack = 1e-3 * max(abs(low), abs(high)) + probe.noise
          if analytic[element] < low - slack || analytic[element] > high + slack {
            throw mismatch(place, analytic[element], "between \(low) and \(high)")
          }
        case .smooth:
          result.compared += 1
          let scale = max(abs(analytic[element]), abs(probe.central))
          let allowed = tolerance * scale + 4 * probe.truncation + probe.noise
          if !(abs(analytic[element] - probe.central) <= allowed) {
            if try isKinkOfTies(batch, base: base.values) {
              result.kinks.append(place)
              continue
            }
            throw mismatch(place, analytic[element], "\(probe.central)")
          }
        }
      }
    }
    return result
  }

  private enum Smoothness { case smooth, kink, jump }

  private struct Probe {
    var central, left, right, truncation, noise: Double
    var smoothness: Smoothness
  }

  /// An element and how far it goes with a step of 1.
  private struct Move {
    var column: LossColumn
    var element: Int
    var weight: Double
  }

  /// Whether the batch sits on a kink that no single element shows.
  ///
  /// Where elements are equal, moving one of them changes neither a quantile nor a sorted element
  /// to either side, while any choice of its gradient has sum 1. Moving all at once by uneven
  /// amounts shows it: left and right differ.
  private func isKinkOfTies(
    _ batch: LossBatch, base: [Double]
  ) throws(LossFailure) -> Bool {
    var moves: [Move] = []
    var random = RandomStream(seed: 0, purpose: "check-ties")
    for column in loss.descriptor.gradients.sorted() {
      for element in 0..<batch.elements(of: column) {
        moves.append(Move(column: column, element: element, weight: random.uniform(-1, 1)))
      }
    }
    return try differences(batch, moves, base: base).smoothness != .smooth
  }

  private func differences(
    _ batch: LossBatch, _ moves: [Move], base: [Double]
  ) throws(LossFailure) -> Probe {
    let origin = moves.reduce(0) {
      max($0, abs(batch.columns[$1.column]?[$1.element] ?? 0))
    }
    func shifted(_ step: Double) throws(LossFailure) -> (values: [Double], step: Double) {
      var moved = batch
      var taken = step
      for move in moves {
        guard let place = batch.columns[move.column]?[move.element] else { continue }
        let position = place + step * move.weight
        moved.columns[move.column]?[move.element] = position
        // The step that was really taken, after rounding.
        if moves.count == 1 { taken = position - place }
      }
      return (try loss.evaluate(moved, tunables: tunables).values, taken)
    }
    func slope(_ a: (values: [Double], step: Double), _ b: (values: [Double], step: Double))
      -> Double
    {
      var sum = 0.0
      for index in a.values.indices { sum += a.values[index] - b.values[index] }
      return sum / (a.step - b.step)
    }
    let h = 1e-3
    let zero = (values: base, step: 0.0)
    let (up, down) = (try shifted(h), try shifted(-h))
    let (halfUp, halfDown) = (try shifted(h / 2), try shifted(-h / 2))
    let (coarse, fine) = (slope(up, down), slope(halfUp, halfDown))
    let size = (base + up.values + down.values).reduce(0) { max($0, abs($1)) }
    let noise = 64 * 0x1p-52 * max(size, origin * max(abs(coarse), 1e-9)) / h
    let gap = abs(slope(up, zero) - slope(zero, down))
    let left = slope(zero, halfDown)
    let right = slope(halfUp, zero)
    let halfGap = abs(right - left)
    // A smooth loss halves the gap between left and right when the step halves (gap ≈ h·f'').
    var smoothness = Smoothness.smooth
    if halfGap > 1e-3 * max(abs(left), abs(right)) + 8 * noise, halfGap > 0.7 * gap {
      smoothness = halfGap > 1.5 * gap ? .jump : .kink
    }
    return Probe(
      central: (4 * fine - coarse) / 3, left: left, right: right, truncation: abs(fine - coarse),
      noise: noise, smoothness: smoothness)
  }

  private func mismatch(_ place: String, _ analytic: Double, _ expected: String) -> LossFailure {
    LossFailure(
      .failed(check: check.rawValue),
      "the gradient \(place) is \(analytic), but central differences of the values give \(expected)",
      remedy:
        "Return the derivative of the SUM over rows of the value with respect to each input; "
        + "in LossKit the gradient follows from the value, so do not detach what should be differentiated."
    )
  }
}
