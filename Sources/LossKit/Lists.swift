// Comparisons within lists. A batch of B lists of K items is a matrix [B, K]; what belongs to the
// pairs of items of a list is a matrix [B·K, K] with one block of K rows for each list.

/// Every pair of items of a list, [B, K] → two matrices [B·K, K]: in row b·K + i and column j,
/// `own` has x[b, i] and `other` has x[b, j].
///
///     let (own, other) = pairs(s)
///     let differences = own - other
///
/// A vector is one list. PyTorch: `x.unsqueeze(2)` and `x.unsqueeze(1)`, expanded.
@export(interface)
public func pairs(_ x: Matrix, line: UInt32 = #line) -> (own: Matrix, other: Matrix) {
  guard x.isUsable(line: line) else { return (.failed, .failed) }
  let k = x.columns == 0 ? x.count : Int(x.columns)
  return (
    gather(x, rows: x.count, columns: k, line: line) { row, _ in row },
    gather(x, rows: x.count, columns: k, line: line) { row, j in row / k * k + j }
  )
}

/// Each list's block times the list, [B·K, K], [B, K] → [B, K]: y[b, i] = Σⱼ p[b·K + i, j]·x[b, j].
/// With a permutation matrix, exact or soft, the items in their order.
/// PyTorch: `torch.bmm(p, x.unsqueeze(2)).squeeze(2)`.
@export(interface)
public func matvec(_ p: Matrix, _ x: Matrix, line: UInt32 = #line) -> Matrix {
  let other = pairs(x, line: line).other
  guard tape.status == 0, p.isUsable(line: line) else { return .failed }
  guard p.count == other.count, p.columns == other.columns else {
    tape.fail(.shape, line: line)
    return .failed
  }
  return reshape(sum(p * other, dim: 1, line: line), like: x, line: line)
}

/// The rank of each item by decreasing score, smoothed, [B, K] → [B, K]:
/// 1 + Σ_{j≠i} sigmoid(α·(x[j] − x[i])).
///
/// 1 is best; ties share the mean of their ranks; for α → ∞ the exact rank. Items that a mask
/// leaves out neither count nor have a rank: 0. ApproxNDCG's position (Qin, Liu and Li 2010).
/// PyTorch has no function of this.
@export(interface)
public func softRank(
  _ x: Matrix, alpha: Double = 1, mask: Vector? = nil, line: UInt32 = #line
) -> Matrix {
  let (own, other) = pairs(x, line: line)
  let above = sigmoid((other - own) * alpha, line: line)
  guard let mask else {
    return reshape(sum(above, dim: 1, line: line), like: x, line: line) + 0.5
  }
  let present = broadcast(mask, like: x, line: line)
  let count = sum(above, dim: 1, mask: pairs(present, line: line).other, line: line)
  return select(
    present, reshape(count, like: x, line: line) + 0.5, 0, line: line)
}

/// The permutation that sorts each list in descending order, softened, [B, K] → [B·K, K]:
/// row b·K + i has the weights of the items at place i, softmax(((n + 1 − 2i)·x − A·1)/τ) with
/// Aⱼₖ = |xⱼ − xₖ| and i from 1 to n, the number of items present (NeuralSort, Grover and others
/// 2019). For τ → 0 the exact permutation.
///
/// Rows sum to 1; rows and columns of absent items are 0. τ ≤ 0 is LOSS_STATUS_ARGUMENT.
/// PyTorch has no function of this.
@export(interface)
public func neuralSort(
  _ x: Matrix, temperature: Double = 1, mask: Vector? = nil, line: UInt32 = #line
) -> Matrix {
  guard x.isUsable(line: line) else { return .failed }
  guard temperature > 0 else {
    tape.fail(.argument, line: line)
    return .failed
  }
  let k = x.columns == 0 ? x.count : Int(x.columns)
  let present =
    mask.map { broadcast($0, like: x, line: line) } ?? ones(like: x, line: line)
  let (own, other) = pairs(x, line: line)
  let others = pairs(present, line: line).other
  guard tape.status == 0 else { return .failed }
  let distance = sum(abs(own - other, line: line), dim: 1, mask: others, line: line)
  let distances = pairs(reshape(distance, like: x, line: line), line: line).other
  // n − 1 − 2i for i from 0: the places of a list, and none beyond its n items.
  let items = sum(others, dim: 1, line: line)
  guard tape.status == 0 else { return .failed }
  let place = constant(x.count, columns: 1, line: line) { Double($0 % k) }
  let slope = reshape(items, like: place, line: line) - 1 - place * 2
  let isPlace = place < reshape(items, like: place, line: line)
  return softmax(
    (slope * other - distances) / temperature, mask: others & isPlace, line: line)
}
