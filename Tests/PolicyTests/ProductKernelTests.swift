import CKernels
import Foundation
import Losses
import Testing

/// Attention and the products of every instruction set that this processor has, against double precision.
@Suite("Kernels of products")
struct ProductKernelTests {
  private static let sets = [CK_PLAIN, CK_AVX2, CK_AVX512].filter { ck_kernels_for($0) != nil }
    .map(\.rawValue)

  private func table(_ set: UInt32) -> ck_kernels { ck_kernels_for(ck_isa(set))!.pointee }

  private func normals(_ count: Int, _ seed: UInt64) -> [Float] {
    var stream = RandomStream(seed: seed, purpose: "test.products")
    return (0..<count).map { _ in Float(stream.normal()) }
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

  @Test(
    "products by panels, with and without bias and sum", arguments: sets,
    [
      (1, 1, 3), (2, 131, 33), (3, 5, 7), (4, 64, 20), (5, 70, 9), (6, 64, 2), (143, 131, 33),
      (7, 70, 300),
    ])
  func panels(set: UInt32, shape: (Int, Int, Int)) {
    let (m, n, k) = shape
    let (x, w, start) = (normals(m * (k + 1), 1), normals(k * n, 2), normals(m * n, 3))
    let bias = normals(n, 4)
    var panels = [Float](repeating: .nan, count: (n + 63) / 64 * 64 * k)
    ck_pack_panels(w, n, 1, &panels, k, n)
    var transposed = [Float](repeating: .nan, count: panels.count)
    let turned = (0..<(n * k)).map { w[$0 % k * n + $0 / k] }
    ck_pack_panels(turned, 1, k, &transposed, k, n)
    #expect(transposed == panels)
    let product = (0..<(m * n)).map { place in
      (0..<k).reduce(0) {
        $0 + Double(x[place / n * (k + 1) + $1]) * Double(w[$1 * n + place % n])
      }
    }
    var out = [Float](repeating: .nan, count: m * n)
    table(set).panel_multiply(x, k + 1, panels, nil, nil, &out, n, m, n, k)
    expectClose(out, product, 2e-6)
    table(set).panel_multiply(x, k + 1, panels, bias, nil, &out, n, m, n, k)
    expectClose(out, product.indices.map { product[$0] + Double(bias[$0 % n]) }, 2e-6)
    table(set).panel_multiply(x, k + 1, panels, bias, start, &out, n, m, n, k)
    let all = product.indices.map { product[$0] + Double(bias[$0 % n]) + Double(start[$0]) }
    expectClose(out, all, 2e-6)
    // In place, and row by row, to the same bits.
    var place = start
    place.withUnsafeMutableBufferPointer {
      table(set).panel_multiply(
        x, k + 1, panels, bias, $0.baseAddress!, $0.baseAddress!, n, m, n, k)
    }
    #expect(place == out)
    for i in 0..<m {
      var row = [Float](repeating: .nan, count: n)
      table(set).panel_multiply(
        Array(x[(i * (k + 1))...]), k + 1, panels, bias, Array(start[(i * n)...]), &row, n, 1, n, k)
      #expect(row == Array(out[(i * n)..<((i + 1) * n)]))
    }
  }

  @Test(
    "sums of outer products", arguments: sets,
    [(1, 1, 1), (3, 5, 7), (40, 6, 64), (129, 21, 70), (300, 50, 131), (5, 300, 1100)])
  func outerProducts(set: UInt32, shape: (Int, Int, Int)) {
    let (rows, m, n) = shape
    let (ldx, ldy, ldc) = (m + 2, n + 1, n + 3)
    let (x, y, start) = (normals(rows * ldx, 5), normals(rows * ldy, 6), normals(m * ldc, 7))
    var scratch = [Float](
      repeating: .nan, count: Int(CK_OUTER_BLOCK) * (n + 2 * Int(CK_PANEL)))
    var out = start
    table(set).add_outer_products(x, ldx, y, ldy, &out, ldc, rows, m, n, &scratch)
    expectClose(
      out,
      (0..<(m * ldc)).map { place in
        let (i, j) = (place / ldc, place % ldc)
        return (0..<rows).reduce(Double(start[place])) {
          j < n ? $0 + Double(x[$1 * ldx + i]) * Double(y[$1 * ldy + j]) : $0
        }
      }, 2e-6)
    // An element alone has the same bits.
    var one = [start[(m - 1) * ldc + n - 1]]
    table(set).add_outer_products(
      Array(x[(m - 1)...]), ldx, Array(y[(n - 1)...]), ldy, &one, 1, rows, 1, 1, &scratch)
    #expect(one[0] == out[(m - 1) * ldc + n - 1])
  }

  @Test(
    "products in double precision, row by row the same", arguments: sets,
    [(1, 3), (16, 16), (5, 37)])
  func doubles(set: UInt32, shape: (Int, Int)) {
    let (k, n) = shape
    let m = 7
    let (x, w) = (normals(m * k, 8).map { Double($0) }, normals(k * n, 9).map { Double($0) })
    var out = [Double](repeating: .nan, count: m * n)
    table(set).multiply_rows(x, w, &out, m, k, n)
    for i in 0..<m {
      for j in 0..<n {
        let expected = (0..<k).reduce(0) { $0 + x[i * k + $1] * w[$1 * n + j] }
        #expect(abs(out[i * n + j] - expected) < 1e-13)
      }
      var row = [Double](repeating: .nan, count: n)
      table(set).multiply_rows(Array(x[(i * k)...]), w, &row, 1, k, n)
      #expect(row == Array(out[(i * n)..<((i + 1) * n)]))
    }
  }

  /// Queries, keys and values of `prefix + n` rows side by side, and what attention makes of them.
  private struct Segment {
    let n: Int
    let prefix: Int
    let d: Int
    let qkv: [Float]
    let dout: [Float]
    let start: [Float]
    var out: [Float]
    var sums: [Float]
    var slopes: [Float]
    var ld: Int { 3 * d + 5 }
    var ldo: Int { d + 3 }

    /// - Parameter scratch: what the scratch holds before.
    mutating func run(_ table: ck_kernels, adds: Bool, scratch: Float) {
      let (n, prefix, d, ld, ldo) = (n, prefix, d, ld, ldo)
      var room = [Float](
        repeating: scratch, count: (prefix + n + Int(CK_PANEL)) * (4 * d + 2 * Int(CK_QUERIES)))
      qkv.withUnsafeBufferPointer { qkv in
        dout.withUnsafeBufferPointer { dout in
          out.withUnsafeMutableBufferPointer { out in
            sums.withUnsafeMutableBufferPointer { sums in
              slopes.withUnsafeMutableBufferPointer { slopes in
                room.withUnsafeMutableBufferPointer { room in
                  let all = qkv.baseAddress!
                  let own = all + prefix * ld
                  let down = slopes.baseAddress!
                  let downOwn = down + prefix * ld
                  var job = ck_attention(
                    n: n, prefix: prefix, d: d, ld: ld, ldo: ldo, scale: 0.4, queries: own,
                    keys: own + d, values: own + 2 * d, prefix_keys: all + d,
                    prefix_values: all + 2 * d, out: out.baseAddress!, sums: sums.baseAddress!,
                    sum_stride: 2, dout: dout.baseAddress!, dqueries: downOwn,
                    dkeys: downOwn + d, dvalues: downOwn + 2 * d, dprefix_keys: down + d,
                    dprefix_values: down + 2 * d, adds: adds ? 1 : 0,
                    scratch: room.baseAddress!)
                  table.attend(&job)
                  table.attend_backward(&job)
                }
              }
            }
          }
        }
      }
    }
  }

  private func segment(_ n: Int, _ prefix: Int, _ d: Int) -> Segment {
    let rows = n + prefix
    return Segment(
      n: n, prefix: prefix, d: d, qkv: normals(rows * (3 * d + 5), 10),
      dout: normals(n * (d + 3), 11), start: normals(rows * (3 * d + 5), 12),
      out: normals(n * (d + 3), 13), sums: normals(2 * n, 14),
      slopes: normals(rows * (3 * d + 5), 12))
  }

  @Test(
    "causal attention and its slopes, with and without a prefix", arguments: sets,
    [
      (1, 0, 3, false), (5, 0, 8, true), (64, 0, 32, false), (70, 13, 21, true),
      (131, 64, 16, false), (30, 100, 80, true), (9, 4, 1, true), (70, 0, 1, false),
    ])
  func attention(set: UInt32, shape: (Int, Int, Int, Bool)) {
    let (n, prefix, d, adds) = shape
    var segment = segment(n, prefix, d)
    let before = segment
    segment.run(table(set), adds: adds, scratch: .nan)
    let (ld, ldo) = (segment.ld, segment.ldo)
    func element(_ row: Int, _ part: Int, _ p: Int) -> Double {
      Double(segment.qkv[row * ld + part * d + p])
    }
    var out = before.out.map { Double($0) }
    var sums = before.sums.map { Double($0) }
    var slopes = before.start.map { Double($0) }
    for row in prefix..<(prefix + n) {
      for p in 0..<d {
        slopes[row * ld + p] = 0
        if !adds { (slopes[row * ld + d + p], slopes[row * ld + 2 * d + p]) = (0, 0) }
      }
    }
    for i in 0..<n {
      let row = prefix + i
      let scores = (0...row).map { j in
        (0..<d).reduce(0) { $0 + 0.4 * element(row, 0, $1) * element(j, 1, $1) }
      }
      let sum = log(scores.reduce(0) { $0 + exp($1 - scores.max()!) }) + scores.max()!
      sums[2 * i] = sum
      let weights = scores.map { exp($0 - sum) }
      var delta = 0.0
      for p in 0..<d {
        let value = (0...row).reduce(0) { $0 + weights[$1] * element($1, 2, p) }
        out[i * ldo + p] = value
        delta += value * Double(segment.dout[i * ldo + p])
      }
      for j in 0...row {
        let down = (0..<d).reduce(0) { $0 + Double(segment.dout[i * ldo + $1]) * element(j, 2, $1) }
        let slope = 0.4 * weights[j] * (down - delta)
        for p in 0..<d {
          slopes[row * ld + p] += slope * element(j, 1, p)
          slopes[j * ld + d + p] += slope * element(row, 0, p)
          slopes[j * ld + 2 * d + p] += weights[j] * Double(segment.dout[i * ldo + p])
        }
      }
    }
    // What lies between the rows stays.
    expectClose(segment.out, out, 4e-6)
    expectClose(segment.sums, sums, 2e-6)
    expectClose(segment.slopes, slopes, 1e-5)
    var again = before
    again.run(table(set), adds: adds, scratch: 7)
    #expect(again.out == segment.out && again.slopes == segment.slopes)
  }

  @Test("a NaN in a query comes out of attention", arguments: sets)
  func notANumber(set: UInt32) {
    let whole = segment(9, 2, 8)
    var qkv = whole.qkv
    qkv[4 * whole.ld + 3] = .nan
    var broken = Segment(
      n: 9, prefix: 2, d: 8, qkv: qkv, dout: whole.dout, start: whole.start, out: whole.out,
      sums: whole.sums, slopes: whole.slopes)
    broken.run(table(set), adds: false, scratch: 0)
    #expect(broken.sums[2 * 2].isNaN && broken.out[2 * broken.ldo].isNaN)
    #expect(broken.sums[0].isFinite && broken.slopes.contains { $0.isNaN })
  }
}
