// Spread and quantiles. Shapes, `dim`, `keepdim` and masks are those of `sum`: [n] → [1],
// with `dim: 1` [m, n] → [m].

/// Deviations from the mean, written to `out` and scaled by a power of two.
///
/// The first element is taken off before averaging, so that n equal numbers have deviations of
/// exactly 0 and not of rounding. Numbers near the end of the range are scaled down first.
///
/// - Returns: the scale: `out[i]` is scale·(x[i] − mean).
private func deviations(
  _ x: UnsafePointer<Double>, _ n: Int, _ out: UnsafeMutablePointer<Double>
) -> Double {
  var largest = 0.0
  for i in 0..<n where x[i].magnitude > largest { largest = x[i].magnitude }
  let scale = largest > 0x1p+1000 ? 0x1p-30 : 1
  let first = x[0]
  for i in 0..<n { out[i] = scale * x[i] - scale * first }
  let mean = average(out, n)
  for i in 0..<n { out[i] -= mean }
  return scale
}

/// Records a statistic of the deviations.
///
/// - Parameter f: gets the deviations, their count and their scale; gives the value and leaves the
///   slopes where the deviations were.
@inline(__always)
private func statistic(
  _ rows: Rows?, _ line: UInt32, _ f: (UnsafeMutablePointer<Double>, Int, Double) -> Double
) -> Vector {
  reduce(rows, alwaysSlopes: true, line: line) { x, n, slopes in
    guard let slopes else { return 0 }
    if n == 1 {
      slopes[0] = 0
      return 0
    }
    let scale = deviations(x, n, slopes)
    return f(slopes, n, scale)
  }
}

/// Σ(x − mean)²/(n − 1), the unbiased variance; 0 with gradient 0 for one element.
/// PyTorch: `torch.var`, which gives NaN for one element.
@export(interface)
public func variance(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  return statistic(rows, line) { deviation, n, scale in
    let divisor = Double(n - 1)
    var sum = 0.0
    for i in 0..<n { sum += deviation[i] * deviation[i] }
    for i in 0..<n { deviation[i] = 2 / scale * deviation[i] / divisor }
    return sum / divisor / (scale * scale)
  }
}

/// The square root of the unbiased variance; 0 with gradient 0 for one element and for equal
/// elements. PyTorch: `torch.std`, which gives NaN for one element.
///
/// Deviations are divided by the largest before they are squared, so that neither large nor tiny
/// ones leave the range.
@export(interface)
public func standardDeviation(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line)
  return statistic(rows, line) { deviation, n, scale in
    let divisor = Double(n - 1)
    var largest = 0.0
    for i in 0..<n where !(deviation[i].magnitude <= largest) { largest = deviation[i].magnitude }
    guard largest > 0 || largest.isNaN else { return 0 }
    var sum = 0.0
    for i in 0..<n {
      deviation[i] /= largest
      sum += deviation[i] * deviation[i]
    }
    let root = (sum / divisor).squareRoot()
    for i in 0..<n { deviation[i] = deviation[i] / (divisor * root) }
    return root * largest / scale
  }
}

/// The q-quantile, 0 ≤ q ≤ 1, with linear interpolation between neighbours; 0.5 is the median.
/// Any other q is LOSS_STATUS_ARGUMENT; a NaN among the elements gives NaN.
/// PyTorch: `torch.quantile(x, q)`.
@export(interface)
public func quantile(
  _ x: Vector, _ q: Double, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil,
  line: UInt32 = #line
) -> Vector {
  guard q >= 0 && q <= 1 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  guard let rows = rows(of: x, dim: dim, keepdim: keepdim, mask: mask, line: line),
    let order = tape.append(.leaf, count: 2 * rows.length, needsGradient: false, line: line)
  else { return .failed }
  return reduce(rows, line: line) { x, n, slopes in
    let order = tape.pointer(order)
    sortedOrder(of: x, n, descending: false, into: order)
    let position = q * Double(n - 1)
    let below = Int(position)
    let (i, j) = (Int(order[below]), Int(order[min(below + 1, n - 1)]))
    let weight = position - Double(below)
    if let slopes {
      slopes.update(repeating: 0, count: n)
      slopes[i] = 1 - weight
      slopes[j] += weight
    }
    // NaN sorts last.
    let last = x[Int(order[n - 1])]
    if last.isNaN { return last }
    return weight == 0 ? x[i] : x[i] * (1 - weight) + x[j] * weight
  }
}

/// The middle element, of an even number the mean of the middle two.
/// PyTorch: `torch.quantile(x, 0.5)`; `torch.median` takes the lower of two.
@export(interface)
public func median(
  _ x: Vector, dim: Int? = nil, keepdim: Bool = false, mask: Vector? = nil, line: UInt32 = #line
) -> Vector {
  quantile(x, 0.5, dim: dim, keepdim: keepdim, mask: mask, line: line)
}
