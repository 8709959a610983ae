import LossKit

private let points = [1.1, 0.3, 1.9, 0.7, 1.37, 1.25]

/// A function of a vector and of a matrix of two rows.
private func both(
  _ names: String..., domain: TriedOperation.Domain = .all,
  value: @escaping @Sendable (Double) -> Bool = { _ in true },
  gradient: @escaping @Sendable (Double) -> Bool = { _ in true },
  tame: @escaping @Sendable (Double) -> Bool = { _ in true }, isConstant: Bool = false,
  _ function: @escaping @Sendable (Vector) -> Vector
) -> [TriedOperation] {
  [0, 3].map { columns in
    var operation = TriedOperation(
      inputs: [points], columns: [columns], domains: [domain], value: { value(size($0)) },
      gradient: { gradient(size($0)) }, tame: { tame(size($0)) }, isConstant: isConstant
    ) { function($0[0]) }
    operation.names = names
    return operation
  }
}

private let sumFits: @Sendable (Double) -> Bool = { $0 < 0x1p+1021 }
private let squareFits: @Sendable (Double) -> Bool = { $0 < 0x1p+510 }

let rowOperations: [TriedOperation] = [
  both("sum(Vector)", "sum()", value: sumFits) { sum($0, dim: -1) + $0.sum(dim: -1) * 0.5 },
  both("mean(Vector)", "mean()") { mean($0, dim: -1) * 0.5 + $0.mean() * 0.5 },
  both("min(Vector)", "min()") { min($0, dim: -1) * 0.5 + $0.min() * 0.5 },
  both("max(Vector)", "max()") { max($0, dim: -1) * 0.5 + $0.max() * 0.5 },
  both("argmax(Vector)", isConstant: true) { argmax($0, dim: -1) },
  both("norm(Vector)", value: sumFits) { norm($0, dim: -1) },
  both("variance(Vector)", "variance()", value: squareFits, gradient: sumFits) {
    variance($0, dim: -1) * 0.5 + $0.variance() * 0.5
  },
  both("standardDeviation(Vector)", "std()", "std(Vector)", value: sumFits) {
    standardDeviation($0, dim: -1) * 0.5 + $0.std() * 0.25 + std($0) * 0.25
  },
  both("quantile(Vector, Double)", "quantile(Double)") {
    quantile($0, 0.3, dim: -1) * 0.5 + $0.quantile(0.8) * 0.5
  },
  both("median(Vector)") { median($0, dim: -1) },
  both("logSumExp(Vector)", "logsumexp(Vector)", "logsumexp()") {
    logSumExp($0, dim: -1) * 0.5 + logsumexp($0) * 0.25 + $0.logsumexp() * 0.25
  },
  both("softmax(Vector)", "softmax()") { softmax($0) - 0.5 * $0.softmax(dim: -1) },
  both("logSoftmax(Vector)", value: sumFits) { logSoftmax($0) },
  both("sort(Vector)", "sort()") { 0.25 * sort($0) + 0.5 * $0.sort(descending: true) },
  both("argsort(Vector)", isConstant: true) { argsort($0) },
  both("rank(Vector)", isConstant: true) { rank($0, descending: true) },
  both("cumulativeSum(Vector)", "cumsum(Vector)", "cumsum()", value: sumFits) {
    0.25 * cumulativeSum($0) + 0.25 * cumsum($0) + 0.25 * $0.cumsum()
  },
  both("logCumulativeSumExp(Vector)") { logCumulativeSumExp($0) },
].flatMap { $0 }

let shapeOperations: [TriedOperation] = [
  both("flip(Vector)") { flip($0) },
  both("roll(Vector, Int)") { roll($0, 2) },
  both("[Int]", "[Range<Int>]") { concatenate($0[1], flatten($0[0..<2])) },
  both("concatenate(Vector, Vector)", "concatenate([Vector])", "cat([Vector])") {
    concatenate(concatenate($0, $0), cat([concatenate([$0]), $0, $0]))
  },
  both("flatten(Vector)", "flatten()", "reshape(Vector, Vector)") {
    reshape(flatten($0) * 0.5 + $0.flatten() * 0.5, like: $0)
  },
  both("reshape(Vector, Int, Int)", "transpose(Vector)", "t()") {
    transpose(reshape($0, 3, 2)) * 0.5 + reshape(flatten($0), 3, 2).t() * 0.5
  },
  both("unsqueeze(Vector, Int)", "unsqueeze(Int)", "squeeze(Vector)", "squeeze()") {
    let x = flatten($0)
    return unsqueeze(x, 1) * 0.25 + x.unsqueeze(0) * 0.25
      + squeeze(unsqueeze(x, -1)) * 0.25 + x.unsqueeze(0).squeeze() * 0.25
  },
  both("column(Vector, Int)", "columns(Vector, Range<Int>)") {
    let x = reshape($0, 2, 3)
    return 0.5 * column(x, 2).unsqueeze(1) + 0.5 * columns(x, 1..<3)
  },
  both("broadcast(Vector, Vector)") {
    broadcast(mean($0), like: $0) * 0.5 + broadcast($0[0], like: $0) * 0.5
  },
  both(
    "full(Int, Double)", "full(Int, Int, Double)", "full(Vector, Double)", "zeros(Int)",
    "zeros(Vector)", "ones(Int)", "ones(Vector)", "arange(Int)", "vector([Double])",
    "matrix([[Double]])", isConstant: true
  ) {
    let lines = zeros(3) + ones(3) + full(3, 0.5) + arange(3) + vector([1, 2, 3])
    let whole = zeros(like: $0) + ones(like: $0) + full(like: $0, 2)
    return flatten(whole) + flatten(full(2, 3, 1) + matrix([[1, 2, 3], [4, 5, 6]]) + lines)
  },
  both("count", "size(Int)", "item()", value: { $0 < 0x1p+1010 }) {
    $0 * Double($0.count + $0.size(0) + $0.size(-1)) * mean(ones(3)).item() * 0x1p-8
  },
  both("oneHot(Vector, Int)", isConstant: true) { _ in oneHot(vector([2, 0, 1]), 3) },
  both("gather(Vector, Vector)", "gather(Vector)") {
    gather(reshape($0, 2, 3), vector([2, 0])) * 0.5
      + flatten($0).gather(vector([5, 1])) * 0.5
  },
].flatMap { $0 }

private let scores = [1.1, 0.3, 1.9, 0.7, 1.37, 1.25, 0.2, 0.95]

let listOperations: [TriedOperation] = [
  TriedOperation(
    "crossEntropy(Vector, Vector)", inputs: [scores], columns: [4],
    value: { size($0) < 0x1p+1021 }
  ) {
    0.5 * crossEntropy($0[0], vector([2, 1]))
      + 0.5 * crossEntropy($0[0], vector([0, 3]), labelSmoothing: 0.1)
  },
  TriedOperation("pairs(Vector)", inputs: [scores], columns: [4]) {
    let (own, other) = pairs($0[0])
    return own * 0.5 - other * 0.25
  },
  TriedOperation(
    "matvec(Vector, Vector)", inputs: [scores.flatMap { [$0, 0.5, 1, -$0] }, scores],
    columns: [4, 4], value: { size([$0[0]]) * size([$0[1]]) < 0x1p+1018 },
    gradient: { size($0) < 0x1p+1020 }
  ) { matvec($0[0], $0[1]) },
  TriedOperation("softRank(Vector)", inputs: [scores], columns: [4]) {
    softRank($0[0], alpha: 0.7)
  },
  TriedOperation(
    "neuralSort(Vector)", inputs: [scores], columns: [4], value: { size($0) < 0x1p+1018 },
    gradient: { size($0) < 0x1p+1018 }
  ) {
    neuralSort($0[0], temperature: 0.8)
  },
  TriedOperation(
    "sinkhorn(Vector)", inputs: [scores.flatMap { [$0, 0.5, 1, 0.1 + $0] }], columns: [4],
    domains: [.positive], value: { size($0) < 0x1p+1022 },
    gradient: { size($0) > 0x1p-1000 && size($0) < 0x1p+1022 },
    tame: { size($0) > 0x1p-1000 }
  ) { sinkhorn($0[0], iterations: 12, tolerance: 0) },
]
