// Spread and quantiles of a batch, [n] → [1].

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
  _ x: Vector, line: UInt32, _ f: (UnsafeMutablePointer<Double>, Int, Double) -> Double
) -> Vector {
  guard x.isUsable(line: line) else { return .failed }
  let n = x.count
  guard
    let y = tape.append(
      .reduction, count: 1, a: x.node, needsGradient: tape.node(x.node).needsGradient, slopes: n,
      line: line)
  else { return .failed }
  let slopes = tape.slopePointer(y)
  if n == 1 {
    slopes[0] = 0
    tape.pointer(y)[0] = 0
    return Vector(node: y)
  }
  let scale = deviations(tape.pointer(x.node), n, slopes)
  tape.pointer(y)[0] = f(slopes, n, scale)
  return Vector(node: y)
}

/// Σ(x − mean)²/(n − 1), the unbiased variance; 0 with gradient 0 for one element.
/// PyTorch: `torch.var`, which gives NaN for one element.
@export(interface)
public func variance(_ x: Vector, line: UInt32 = #line) -> Vector {
  statistic(x, line: line) { deviation, n, scale in
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
public func standardDeviation(_ x: Vector, line: UInt32 = #line) -> Vector {
  statistic(x, line: line) { deviation, n, scale in
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
public func quantile(_ x: Vector, _ q: Double, line: UInt32 = #line) -> Vector {
  guard q >= 0 && q <= 1 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  let sorted = sort(x, line: line)
  let n = sorted.count
  let position = q * Double(n - 1)
  let below = Int(position)
  let above = min(below + 1, n - 1)
  let weight = position - Double(below)
  return reduction(sorted, line: line) { x, n, slopes in
    if let slopes {
      for i in 0..<n { slopes[i] = 0 }
      slopes[below] = 1 - weight
      slopes[above] += weight
    }
    // NaN sorts last.
    if x[n - 1].isNaN { return x[n - 1] }
    return weight == 0 ? x[below] : x[below] * (1 - weight) + x[above] * weight
  }
}
