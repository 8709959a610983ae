import CKernels
import Foundation
import Losses
import Testing

/// Every kernel of every instruction set that this processor has, against double precision.
@Suite("Element-wise kernels")
struct TransformerKernelTests {
  private static let sets = [CK_PLAIN, CK_AVX2, CK_AVX512].filter { ck_kernels_for($0) != nil }
    .map(\.rawValue)
  /// Rows; widths below, at and between the lengths of vectors.
  private static let widths = [1, 3, 4, 16, 21, 64, 131]

  private func table(_ set: UInt32) -> ck_kernels { ck_kernels_for(ck_isa(set))!.pointee }

  private func normals(_ count: Int, _ seed: UInt64, scale: Double = 1) -> [Float] {
    var stream = RandomStream(seed: seed, purpose: "test.kernels")
    return (0..<count).map { _ in Float(scale * stream.normal()) }
  }

  private func expectClose(
    _ own: [Float], _ expected: [Double], _ tolerance: Double,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let scale = expected.reduce(1e-30) { max($0, abs($1)) }
    let error = zip(own, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    #expect(
      own.count == expected.count && error <= tolerance * scale, "\(error) of \(scale)",
      sourceLocation: location)
  }

  @Test("the plain kernels are everywhere, and the best ones are among those tested")
  func dispatch() {
    #expect(ck_kernels_for(CK_PLAIN) != nil)
    #expect(Self.sets.contains(ck_best_isa().rawValue))
  }

  @Test("sums, copies and layer normalisation", arguments: sets, widths)
  func rows(set: UInt32, d: Int) {
    let table = table(set)
    let n = 5
    let x = normals(n * d, 1, scale: 3)
    let (weight, bias, dy) = (normals(d, 2), normals(d, 3), normals(n * d, 4))
    let residual = normals(n * d, 5)
    let wide = { (values: [Float], i: Int) in (0..<d).map { Double(values[i * d + $0]) } }

    var filled = [Float](repeating: .nan, count: n * d)
    table.fill_rows(bias, &filled, n, d)
    #expect(filled == (0..<n).flatMap { _ in bias })
    table.add_row(x, bias, &filled, n, d)
    #expect(filled == (0..<(n * d)).map { x[$0] + bias[$0 % d] })
    var added = residual
    table.add(x, &added, n * d)
    expectClose(added, (0..<(n * d)).map { Double(x[$0]) + Double(residual[$0]) }, 1e-7)
    var sums = bias
    table.add_column_sums(x, d, &sums, n, d)
    expectClose(
      sums, (0..<d).map { j in (0..<n).reduce(Double(bias[j])) { $0 + Double(x[$1 * d + j]) } },
      1e-6)

    var out = [Float](repeating: .nan, count: n * d)
    var (mean, rstd) = ([Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
    table.layer_norm(x, weight, bias, 1e-5, &out, &mean, &rstd, n, d)
    var dx = [Float](repeating: .nan, count: n * d)
    var (dweight, dbias) = (weight, bias)
    table.layer_norm_backward(
      dy, x, weight, mean, rstd, residual, &dx, &dweight, &dbias, n, d)
    var (expected, slopes) = ([Double](), [Double]())
    var (weightSlopes, biasSlopes) = (weight.map { Double($0) }, bias.map { Double($0) })
    for i in 0..<n {
      let row = wide(x, i)
      let m = row.reduce(0, +) / Double(d)
      let r = 1 / (row.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(d) + 1e-5).squareRoot()
      let h = row.map { ($0 - m) * r }
      let g = (0..<d).map { Double(dy[i * d + $0]) * Double(weight[$0]) }
      let a = g.reduce(0, +) / Double(d)
      let b = zip(g, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(d)
      for j in 0..<d {
        expected.append(h[j] * Double(weight[j]) + Double(bias[j]))
        slopes.append(Double(residual[i * d + j]) + r * (g[j] - a - h[j] * b))
        weightSlopes[j] += Double(dy[i * d + j]) * h[j]
        biasSlopes[j] += Double(dy[i * d + j])
      }
    }
    expectClose(out, expected, 2e-6)
    // A row of one or of equal elements has a slope that cancels down from 1/√ε.
    expectClose(dx, slopes, d == 1 ? 1e-4 : 4e-6)
    expectClose(dweight, weightSlopes, 2e-6)
    expectClose(dbias, biasSlopes, 1e-6)
  }

  @Test(
    "both GELUs and their slopes, from deep in one tail to the other", arguments: sets, [1, 67])
  func activations(set: UInt32, d: Int) {
    let table = table(set)
    let n = 1200 / d
    let x = (0..<(n * d)).map { Float($0 - n * d / 2) * 0.02 }
    func tanhForm(_ x: Double) -> Double {
      x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
    func exactForm(_ x: Double) -> Double { x / 2 * erfc(-x / 2.0.squareRoot()) }
    let forms = [
      (table.gelu_tanh!, table.gelu_tanh_backward!, tanhForm),
      (table.gelu!, table.gelu_backward!, exactForm),
    ]
    for (forward, backward, form) in forms {
      var out = [Float](repeating: .nan, count: n * d)
      forward(x, &out, n * d)
      for (at, value) in zip(x, out) {
        #expect(abs(Double(value) - form(Double(at))) < 1e-6 * max(1, abs(Double(at))))
      }
      let dy = normals(n * d, 7)
      var (slopes, sums) = (dy, [Float](repeating: 0, count: d))
      backward(x, &slopes, &sums, n, d)
      let step = 1e-5
      var columns = [Double](repeating: 0, count: d)
      for index in x.indices {
        let at = Double(x[index])
        let slope = Double(dy[index]) * (form(at + step) - form(at - step)) / (2 * step)
        #expect(abs(Double(slopes[index]) - slope) < 2e-6 * max(1, abs(Double(dy[index]))))
        columns[index % d] += Double(slopes[index])
      }
      expectClose(sums, columns, 1e-5)
      for extreme in [Float(1e20), -1e20, 3e38, -3e38] {
        var (value, slope, sum) = ([Float.nan], [Float(1)], [Float(0)])
        forward([extreme], &value, 1)
        backward([extreme], &slope, &sum, 1, 1)
        #expect(value[0] == max(extreme, 0) && slope[0] == (extreme > 0 ? 1 : 0))
      }
    }
  }

  @Test("normalisation by the root mean square", arguments: sets, widths)
  func rootMeanSquare(set: UInt32, d: Int) {
    let table = table(set)
    let n = 5
    let x = normals(n * d, 24, scale: 3)
    let (weight, dy, residual) = (normals(d, 25), normals(n * d, 26), normals(n * d, 27))
    var out = [Float](repeating: .nan, count: n * d)
    var rstd = [Float](repeating: 0, count: n)
    table.rms_norm(x, weight, 1e-5, &out, &rstd, n, d)
    var dx = [Float](repeating: .nan, count: n * d)
    var dweight = weight
    table.rms_norm_backward(dy, x, weight, rstd, residual, &dx, &dweight, n, d)
    var (expected, slopes, weightSlopes) = ([Double](), [Double](), weight.map { Double($0) })
    for i in 0..<n {
      let row = (0..<d).map { Double(x[i * d + $0]) }
      let r = 1 / (row.reduce(0) { $0 + $1 * $1 } / Double(d) + 1e-5).squareRoot()
      let g = (0..<d).map { Double(dy[i * d + $0]) * Double(weight[$0]) }
      let b = zip(g, row).reduce(0) { $0 + $1.0 * $1.1 * r } / Double(d)
      for j in 0..<d {
        expected.append(row[j] * r * Double(weight[j]))
        slopes.append(Double(residual[i * d + j]) + r * (g[j] - row[j] * r * b))
        weightSlopes[j] += Double(dy[i * d + j]) * row[j] * r
      }
    }
    expectClose(out, expected, 2e-6)
    expectClose(dx, slopes, 4e-6)
    expectClose(dweight, weightSlopes, 2e-6)
    // In place, as the trainer calls it; and a NaN comes out again.
    var inPlace = residual
    inPlace.withUnsafeMutableBufferPointer { own in
      table.rms_norm_backward(
        dy, x, weight, rstd, own.baseAddress!, own.baseAddress!, &dweight, n, d)
    }
    #expect(inPlace == dx)
    var broken = x
    broken[d - 1] = .nan
    table.rms_norm(broken, weight, 1e-5, &out, &rstd, n, d)
    #expect(out[..<d].allSatisfy(\.isNaN) && !out[d...].contains(where: \.isNaN))
  }

  @Test("pairs are turned by their position, and back", arguments: sets, [1, 3, 8, 16, 21, 40])
  func rotation(set: UInt32, half: Int) {
    let table = table(set)
    let (heads, n, positions) = (3, 4, [Int32](arrayLiteral: 2, 0, 6, 1))
    let stride = heads * 2 * half + 5
    let x = normals(n * stride, 28)
    let angles = (0..<(7 * half)).map { 0.37 * Double($0) }
    let turns = (0..<7).flatMap { row in
      let own = angles[(row * half)..<((row + 1) * half)]
      return own.map { Float(cos($0)) } + own.map { Float(sin($0)) }
    }
    var out = x
    table.rotate(&out, stride, turns, positions, 1, heads, half, n)
    for i in 0..<n {
      let row = i * stride
      for head in 0..<heads {
        for j in 0..<half {
          let (first, second) = (row + head * 2 * half + j, row + head * 2 * half + half + j)
          let angle = angles[Int(positions[i]) * half + j]
          let (a, b) = (Double(x[first]), Double(x[second]))
          #expect(abs(Double(out[first]) - (a * cos(angle) - b * sin(angle))) < 2e-6)
          #expect(abs(Double(out[second]) - (b * cos(angle) + a * sin(angle))) < 2e-6)
        }
      }
      // What lies behind the heads stays.
      let rest = (row + heads * 2 * half)..<(row + stride)
      #expect(out[rest] == x[rest])
    }
    table.rotate(&out, stride, turns, positions, -1, heads, half, n)
    expectClose(out, x.map { Double($0) }, 1e-6)
  }

  @Test("SwiGLU and its slopes, from deep in one tail to the other", arguments: sets, [1, 16, 67])
  func gated(set: UInt32, d: Int) {
    let table = table(set)
    let n = 1206 / d
    let gates = (0..<(n * d)).map { Float($0 - n * d / 2) * 0.05 }
    let (values, dy) = (normals(n * d, 29), normals(n * d, 30))
    func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    var (x, slopes) = ([Float](), [Float]())
    for i in 0..<n {
      let row = (i * d)..<((i + 1) * d)
      x += gates[row] + values[row]
      slopes += [Float](repeating: .nan, count: d) + dy[row]
    }
    var out = [Float](repeating: .nan, count: n * d)
    table.swiglu(x, &out, n, d)
    table.swiglu_backward(x, &slopes, n, d)
    let step = 1e-5
    for index in gates.indices {
      let (gate, value, down) = (
        Double(gates[index]), Double(values[index]), Double(dy[index])
      )
      let place = index / d * 2 * d + index % d
      let scale = max(1, abs(gate)) * max(1, abs(value)) * max(1, abs(down))
      #expect(abs(Double(out[index]) - silu(gate) * value) < 1e-6 * scale)
      let slope = (silu(gate + step) - silu(gate - step)) / (2 * step)
      #expect(abs(Double(slopes[place]) - down * value * slope) < 2e-6 * scale)
      #expect(abs(Double(slopes[place + d]) - down * silu(gate)) < 1e-6 * scale)
    }
    for extreme in [Float(1e20), -1e20, 3e38, -3e38] {
      var (result, back) = ([Float.nan], [Float.nan, 1])
      table.swiglu([extreme, 1], &result, 1, 1)
      table.swiglu_backward([extreme, 1], &back, 1, 1)
      #expect(result[0] == max(extreme, 0))
      #expect(back == [extreme > 0 ? 1 : 0, max(extreme, 0)])
    }
    table.swiglu([.nan, 1], &out, 1, 1)
    #expect(out[0].isNaN)
  }

  @Test(
    "attention of one token, with as many heads of keys and with fewer", arguments: sets,
    [
      (1, 4, 1, 1), (17, 10, 3, 3), (64, 32, 4, 4), (90, 21, 2, 1), (33, 80, 6, 2), (17, 1, 3, 3),
      (33, 1, 4, 2),
    ])
  func single(set: UInt32, shape: (Int, Int, Int, Int)) {
    let (t, d, heads, sources) = shape
    let block = Int(CK_KEYS)
    let (width, all) = (sources * d, (t + block - 1) / block * block)
    let (query, values) = (normals(heads * d, 11), normals(t * width, 13))
    func key(_ i: Int, _ element: Int) -> Int { (i / block * width + element) * block + i % block }
    var keys = normals(width * all, 12)
    // What lies behind the last position is of no matter.
    for i in t..<all {
      for element in 0..<width { keys[key(i, element)] = .nan }
    }
    var scores = [Float](repeating: 0, count: heads * all)
    var out = [Float](repeating: .nan, count: heads * d)
    query.withUnsafeBufferPointer { query in
      keys.withUnsafeBufferPointer { keys in
        values.withUnsafeBufferPointer { values in
          scores.withUnsafeMutableBufferPointer { scores in
            out.withUnsafeMutableBufferPointer { out in
              var job = ck_query(
                t: t, heads: heads, kv_heads: sources, d: d, scale: 0.3,
                query: query.baseAddress!, keys: keys.baseAddress!, values: values.baseAddress!,
                scores: scores.baseAddress!, out: out.baseAddress!)
              table(set).attend_one(&job)
            }
          }
        }
      }
    }
    let expected = (0..<heads).flatMap { head in
      let first = head * sources / heads * d
      let weights = (0..<t).map { i in
        exp(
          (0..<d).reduce(0) {
            $0 + 0.3 * Double(query[head * d + $1]) * Double(keys[key(i, first + $1)])
          })
      }
      let sum = weights.reduce(0, +)
      return (0..<d).map { k in
        (0..<t).reduce(0) {
          $0 + weights[$1] / sum * Double(values[$1 * width + first + k])
        }
      }
    }
    expectClose(out, expected, 4e-6)
  }

  @Test("log Σ exp, its slope, divergences and weights", arguments: sets, widths)
  func vocabulary(set: UInt32, d: Int) {
    let table = table(set)
    let n = 3
    let x = normals(n * d, 14, scale: 8)
    let y = zip(x, normals(n * d, 15, scale: 0.5)).map { $0 + $1 }
    func rows(_ values: [Float]) -> [[Double]] {
      (0..<n).map { i in
        let row = (0..<d).map { Double(values[i * d + $0]) }
        let sum = log(row.reduce(0) { $0 + exp($1 - row.max()!) }) + row.max()!
        return row.map { $0 - sum }
      }
    }
    let (p, q) = (rows(x), rows(y))
    var (sums, others) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    table.log_sum_exp(x, &sums, n, d)
    table.log_sum_exp(y, &others, n, d)
    for i in 0..<n { #expect(abs(sums[i] - (Double(x[i * d]) - p[i][0])) < 3e-6) }
    var slopes = x
    let (targets, gradients): ([Int32], [Float]) = ([0, Int32(d - 1), Int32(d / 2)], [1, -0.5, 2])
    table.cross_entropy_backward(&slopes, sums, targets, gradients, n, d)
    for i in 0..<n {
      for j in 0..<d {
        let expected = Double(gradients[i]) * ((j == Int(targets[i]) ? 1 : 0) - exp(p[i][j]))
        #expect(abs(Double(slopes[i * d + j]) - expected) < 5e-6)
      }
    }
    var (forward, reverse) = (others, others)
    table.divergences(x, sums, y, others, &forward, &reverse, n, d)
    for i in 0..<n {
      let f = zip(p[i], q[i]).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      let r = zip(p[i], q[i]).reduce(0) { $0 + exp($1.1) * ($1.1 - $1.0) }
      #expect(abs(forward[i] - f) < 1e-5 * f + 1e-6 && abs(reverse[i] - r) < 1e-5 * r + 1e-6)
    }
    table.divergences(x, sums, x, sums, &forward, &reverse, n, d)
    #expect(forward.allSatisfy { $0 == 0 } && reverse.allSatisfy { $0 == 0 })
    let largest = x.max()!
    #expect(table.maximum(x, n * d) == largest)
    var (weights, blocks) = (x, [Float](repeating: 0, count: (n * d + 63) / 64))
    table.exponentials(x, 0.7, largest, &weights, &blocks, n * d)
    let expected = x.map { exp(0.7 * (Double($0) - Double(largest))) }
    expectClose(weights, expected, 2e-6)
    expectClose(
      blocks,
      stride(from: 0, to: n * d, by: 64).map { expected[$0..<min($0 + 64, n * d)].reduce(0, +) },
      2e-6)
  }

  @Test("a NaN anywhere in a row comes out again", arguments: sets, [5, 40])
  func notANumber(set: UInt32, d: Int) {
    let table = table(set)
    for place in 0..<d {
      var x = normals(d, 16)
      x[place] = .nan
      var (sums, out) = ([0.0], x)
      table.log_sum_exp(x, &sums, 1, d)
      #expect(sums[0].isNaN)
      #expect(table.maximum(x, d).isNaN)
      #expect(table.sum_of_squares(x, d).isNaN)
      table.gelu_tanh(x, &out, d)
      #expect(out[place].isNaN)
      table.gelu(x, &out, d)
      #expect(out[place].isNaN)
    }
  }

  @Test("squares and AdamW's step", arguments: sets, widths)
  func optimiser(set: UInt32, d: Int) {
    let table = table(set)
    var parameters = normals(d, 17)
    let gradient = normals(d, 18)
    var (m, v) = (normals(d, 19, scale: 0.1), normals(d, 20).map { $0 * $0 })
    let (p0, m0, v0) = (parameters, m, v)
    let squares = gradient.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(table.sum_of_squares(gradient, d) - squares) < 1e-12 * squares)
    #expect(table.sum_of_squares([3e38, 3e38], 2).isFinite)
    var step = ck_adamw_step(
      beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step_size: 0.01, inverse_root_correction: 1.5,
      decay: 0.999, gradient_scale: 0.25)
    table.adamw(&parameters, gradient, &m, &v, &step, d)
    let g = gradient.map { 0.25 * Double($0) }
    let first = (0..<d).map { 0.9 * Double(m0[$0]) + 0.1 * g[$0] }
    let second = (0..<d).map { 0.99 * Double(v0[$0]) + 0.01 * g[$0] * g[$0] }
    expectClose(m, first, 4e-6)
    expectClose(v, second, 4e-6)
    expectClose(
      parameters,
      (0..<d).map {
        0.999 * Double(p0[$0]) - 0.01 * first[$0] / (1.5 * second[$0].squareRoot() + 1e-8)
      }, 2e-5)
    // Nothing ever pushed and nothing decays: not a bit moves.
    (m, v) = (Array(repeating: 0, count: d), Array(repeating: 0, count: d))
    step.decay = 1
    let before = parameters.map(\.bitPattern)
    table.adamw(&parameters, m, &m, &v, &step, d)
    #expect(parameters.map(\.bitPattern) == before)
  }
}
