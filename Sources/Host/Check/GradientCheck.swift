import Losses

/// Compares the gradients of a loss with central differences.
///
/// For one element x of an input column (a matrix has one for each class or completion of a row),
/// with S the sum of the values over rows:
/// D(h) = (S(x+h) − S(x−h)) / 2h, taken at h and h/2 and extrapolated (Richardson:
/// (4·D(h/2) − D(h)) / 3). |D(h/2) − D(h)| bounds the truncation error, ε·max|value|/h the rounding
/// error. Row values are subtracted before they are summed, so that the rows that did not move
/// cancel exactly and do not drown the one that did. For the same reason the maximum goes over the rows
/// that moved where rows are independent, else over all.
///
/// Values so large that rounding hides the slope show nothing, and what shows nothing must not pass: a loss
/// could add a constant and return whatever gradient it likes. Where rounding may be a tenth of an element's
/// gradient or more, the comparison is *blind*. That is harmless for elements without weight, as beside
/// others or where a loss is flat. An element with a tenth of the batch's largest gradient, and with more
/// than 1e-9, must not be blind: an optimizer that divides by the gradient's own size would follow it.
///
/// Where the difference to the left and that to the right do not come together as h shrinks, the
/// loss is not differentiable: a *kink* (they stay apart) or a *jump* (they run apart). A kink's
/// gradient must lie between the two; at a jump an audit wants it between the slopes beside it, and
/// a check compares nothing. Ties can hide a kink from single elements; a line that moves all
/// elements by uneven amounts shows it, before a disagreement is a failure.
struct GradientCheck {
  let loss: any RawLoss
  let tunables: [Double]
  /// The check that a disagreement fails.
  var check = CheckSuite.Step.gradient
  /// Relative tolerance of the comparison.
  var tolerance = 1e-5
  /// Whether jumps, and lines along which all elements move, are compared too.
  var isStrict = false

  struct Result {
    var kinks: [String] = []
    var jumps: [String] = []
    var compared = 0
  }

  /// Asks for the points in an order drawn once for all losses, and compares.
  ///
  /// - Parameter rows: the rows of the batch whose elements are moved, one at a time.
  /// - Throws: `LossFailure(failed(…))` for the first element that disagrees; whatever the
  ///   loss throws.
  func run(on batch: LossBatch, rows: [Int]) throws(LossFailure) -> Result {
    var random = RandomStream(seed: 0, purpose: "check-ties")
    let probes = GradientProbes(
      batch, columns: loss.descriptor.gradients, rows: rows, random: &random)
    var order = Array(0..<probes.count)
    random.shuffle(&order)
    var outputs: [Int: LossOutput] = [:]
    for index in order {
      outputs[index] = try loss.evaluate(probes.point(index), tunables: tunables)
    }
    return try judge(probes, order.indices.compactMap { outputs[$0] })
  }

  /// Compares the gradients at point 0 with the values at all points.
  ///
  /// - Parameter outputs: one for each point of `probes`.
  /// - Throws: as ``run(on:rows:)``.
  func judge(
    _ probes: GradientProbes, _ outputs: [LossOutput]
  ) throws(LossFailure) -> Result {
    let analytic = outputs[0].gradients
    let largest = analytic.values.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
    let weighty = max(0.1 * largest, 1e-9)
    var result = Result()
    for (index, line) in probes.lines.enumerated() {
      let found = slopes(probes, index, outputs)
      let terms = line.moves.map { (analytic[$0.column]?[$0.element] ?? 0) * $0.weight }
      let own = terms.reduce(0, +)
      if line.isDirection {
        // Kinks of many rows can hide each other's sides; single elements tell them apart.
        guard isStrict, found.smoothness == .smooth else { continue }
        let scale = terms.reduce(0) { $0 + abs($1) }
        if !agree(own, found, scale: scale) {
          throw mismatch(
            "along a direction in which the whole batch moves", own, found.central.inWords)
        }
        continue
      }
      guard let move = line.moves.first else { continue }
      let place = probes.batch.place(move.column, move.element)
      switch found.smoothness {
      case .jump:
        result.jumps.append(place)
        if isStrict { try requireBetween(own, found.besides, slack: 2e-2, found, place) }
      case .kink:
        result.kinks.append(place)
        try requireBetween(own, (found.left, found.right), slack: 1e-3, found, place)
      case .smooth:
        result.compared += 1
        if abs(own) >= weighty, found.noise > 0.1 * max(abs(own), abs(found.central)) {
          throw blind(place, own, found)
        }
        if !agree(own, found, scale: max(abs(own), abs(found.central))) {
          if hasHiddenKink(probes, outputs) {
            result.kinks.append(place)
            continue
          }
          throw mismatch(place, own, found.central.inWords)
        }
      }
    }
    return result
  }

  private enum Smoothness { case smooth, kink, jump }

  private struct Slopes {
    var central, left, right, truncation, noise: Double
    /// The largest value that rounding was reckoned from.
    var size: Double
    /// Beside the batch, on either side: what is left of a slope where the value jumps.
    var besides: (left: Double, right: Double)
    var smoothness: Smoothness
  }

  private func agree(_ analytic: Double, _ found: Slopes, scale: Double) -> Bool {
    abs(analytic - found.central) <= tolerance * scale + 4 * found.truncation + found.noise
  }

  private func requireBetween(
    _ analytic: Double, _ sides: (Double, Double), slack: Double, _ found: Slopes, _ place: String
  ) throws(LossFailure) {
    let (low, high) = (min(sides.0, sides.1), max(sides.0, sides.1))
    let slack = slack * max(abs(low), abs(high)) + found.noise
    if !(analytic >= low - slack && analytic <= high + slack) {
      throw mismatch(place, analytic, "between \(low.inWords) and \(high.inWords)")
    }
  }

  /// Whether the batch sits on a kink that no single element shows.
  ///
  /// Where elements are equal, moving one of them changes neither a quantile nor a sorted element
  /// to either side, while any choice of its gradient has sum 1. Moving all at once by uneven
  /// amounts shows it: left and right differ.
  private func hasHiddenKink(_ probes: GradientProbes, _ outputs: [LossOutput]) -> Bool {
    probes.lines.indices.contains {
      probes.lines[$0].isDirection && slopes(probes, $0, outputs).smoothness != .smooth
    }
  }

  /// Whether a row's value is said to depend on that row alone.
  private var isRowWise: Bool { loss.descriptor.claims.contains(.rowIndependent) }

  private func slopes(
    _ probes: GradientProbes, _ line: Int, _ outputs: [LossOutput]
  ) -> Slopes {
    let base = outputs[0].values
    let first = probes.firstPoint(of: line)
    let steps = probes.steps(of: line)
    let points = steps.indices.map { (values: outputs[first + $0].values, step: steps[$0]) }
    let (up, down, halfUp, halfDown) = (points[0], points[1], points[2], points[3])
    let zero = (values: base, step: 0.0)
    func slope(_ a: (values: [Double], step: Double), _ b: (values: [Double], step: Double))
      -> Double
    {
      var sum = 0.0
      for index in a.values.indices { sum += a.values[index] - b.values[index] }
      return sum / (a.step - b.step)
    }
    let h = GradientProbes.step
    let (coarse, fine) = (slope(up, down), slope(halfUp, halfDown))
    let own = probes.rows(of: line)
    var size = 0.0
    for row in base.indices {
      let values = [base[row]] + points.map { $0.values[row] }
      let isStill = isRowWise && !own.contains(row) && values.allSatisfy { $0 == base[row] }
      if !isStill { size = values.reduce(size) { max($0, abs($1)) } }
    }
    let origin = probes.origin(of: line)
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
    return Slopes(
      central: (4 * fine - coarse) / 3, left: left, right: right, truncation: abs(fine - coarse),
      noise: noise, size: size, besides: (slope(halfDown, down), slope(up, halfUp)),
      smoothness: smoothness)
  }

  private func blind(_ place: String, _ analytic: Double, _ found: Slopes) -> LossFailure {
    LossFailure(
      .failed(check: check.rawValue),
      "nothing shows that the gradient \(place), \(analytic.inWords), is that of the values: beside values "
        + "as large as \(found.size.inWords) rounding hides slopes up to \(found.noise.inWords)",
      remedy:
        "Leave out large constants: they change no gradient, and a value that is far larger than what "
        + "moves it loses its digits.")
  }

  private func mismatch(_ place: String, _ analytic: Double, _ expected: String) -> LossFailure {
    LossFailure(
      .failed(check: check.rawValue),
      "the gradient \(place) is \(analytic.inWords), but central differences of the values give \(expected)",
      remedy:
        "Return the derivative of the SUM over rows of the value with respect to each input; "
        + "in LossKit the gradient follows from the value, so do not detach what should be differentiated."
    )
  }
}
