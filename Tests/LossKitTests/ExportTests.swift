import Foundation
import Testing

@_spi(Export) @testable import LossKit

@Suite("The two C functions of a pairwise plug-in")
struct ExportTests {
  static let columns: [(UInt32, [Double])] = [
    (1, [-42.5, -31, -55.25, -20]), (2, [-48, -30.5, -40, -20]),
    (3, [-44, -30, -54, -20]), (4, [-46.5, -33, -43.5, -20]),
  ]

  /// Calls a kernel as the export file does.
  func call(
    columns: [(UInt32, [Double])] = columns, rows: UInt32 = 4, beta: Double = 0.05,
    tunables: [Tunable] = [], others: [Double] = [],
    _ loss: (PairwiseBatch, Tunables) -> Vector
  ) -> (status: Int32, value: [Double], chosen: [Double], rejected: [Double]) {
    tapeLock.withLock {
      var values = InlineArray<16, Double>(repeating: beta)
      for (i, value) in others.enumerated() { values[i + 1] = value }
      var value = Array(repeating: Double.nan, count: 4)
      var (chosen, rejected) = (value, value)
      PairwiseExport.begin(rows: rows, tunables: tunables, values: values)
      for (id, column) in columns { PairwiseExport.input(id, column) }
      PairwiseExport.run(loss)
      PairwiseExport.gradient(1, &chosen)
      PairwiseExport.gradient(2, &rejected)
      return (PairwiseExport.finish(&value), value, chosen, rejected)
    }
  }

  /// DPO's golden values at β = 0.05 (TRL 0.20, `sigmoid`).
  @Test("DPO's values and gradients come out")
  func dpo() {
    let result = call { batch, tunables in softplus(-(tunables.beta * batch.margin)) }
    let loss = [0.6209570477895321, 0.7844704306630469, 0.8189314526868343, 0.6931471805599453]
    let slope = [
      -0.023128507732812525, -0.027181934361853944, -0.027954873595119653, -0.025,
    ]
    #expect(result.status == 0)
    for i in 0..<4 {
      #expect(agree(result.value[i], loss[i], 1e-15))
      #expect(agree(result.chosen[i], slope[i], 1e-16))
      #expect(agree(result.rejected[i], -slope[i], 1e-16))
    }
  }

  @Test("An input that the loss ignores has gradient 0, not NaN")
  func unused() {
    let result = call { batch, _ in square(batch.policyChosen - batch.referenceChosen) }
    #expect(result.rejected == [0, 0, 0, 0])
    #expect(result.chosen == [3, -2, -2.5, 0])
    let constant = call { batch, _ in zeros(like: batch.margin) }
    #expect(constant.value == [0, 0, 0, 0] && constant.chosen == [0, 0, 0, 0])
  }

  @Test("The reference takes no gradient")
  func reference() {
    let result = call { batch, _ in batch.referenceChosen * batch.referenceRejected }
    #expect(result.status == 0 && result.chosen == [0, 0, 0, 0])
  }

  @Test("A scalar is not a result, unless it is broadcast or there is one row")
  func scalar() {
    let scalar = call { batch, _ in mean(batch.margin, line: 40) }
    #expect(scalar.status == Status.result.code(line: 40))
    #expect(scalar.value.allSatisfy { $0.isNaN })
    let long = call { batch, _ in concatenate(batch.margin, batch.margin, line: 41) }
    #expect(long.status == Status.result.code(line: 41))
    let spread = call { batch, _ in broadcast(mean(batch.margin), like: batch.margin) }
    #expect(spread.status == 0 && spread.value[0] == spread.value[3])
    let one = Self.columns.map { ($0.0, [$0.1[0]]) }
    #expect(call(columns: one, rows: 1) { batch, _ in mean(batch.margin) }.status == 0)
  }

  @Test("Tunables are read by name; an undeclared name is a status")
  func tunables() {
    let declared = [
      Tunable("tau", default: 0.05, range: 0.001...1), Tunable("b2", default: 1, range: 0...2),
    ]
    let result = call(tunables: declared, others: [0.25, 1.5]) { batch, tunables in
      full(like: batch.margin, tunables.beta * 100 + tunables.tau * 10 + tunables.b2)
    }
    #expect(result.value[0] == 9)
    let unknown = call(tunables: declared) { batch, tunables in batch.margin * tunables.gamma }
    #expect(unknown.status == Status.tunable.code(line: 0))
  }

  @Test("A column that was not handed over, and an empty batch, are refused")
  func unsupported() {
    #expect(call { batch, _ in batch.chosenTokens }.status == Status.unsupported.code(line: 0))
    let free = Array(Self.columns.prefix(2))
    #expect(call(columns: free) { batch, _ in batch.margin }.status == 6)
    #expect(call(columns: free) { batch, _ in batch.policyChosen }.status == 0)
    #expect(call(columns: [], rows: 0) { batch, _ in zeros(1) }.status == 6)
    let tokens = Self.columns + [(16, [5, 6, 7, 8])]
    #expect(call(columns: tokens) { batch, _ in batch.chosenTokens }.value == [5, 6, 7, 8])
  }

  /// `loss_descriptor` as bytes; offsets as pinned in PluginABI's layout.c.
  func describe(_ tunables: [Tunable], inputs: [UInt32] = [1, 2, 3, 4], room: UInt32 = 1728) -> (
    status: Int32, bytes: [UInt8]
  ) {
    let out = UnsafeMutableRawPointer.allocate(byteCount: 1728, alignment: 8)
    defer { out.deallocate() }
    out.initializeMemory(as: UInt8.self, repeating: 0, count: 1728)
    out.storeBytes(of: room, toByteOffset: 12, as: UInt32.self)
    let status = PairwiseExport.describe(
      out, name: "a-name-of-forty-characters-is-cut-at-31-", summary: "naïve", inputs: inputs,
      tunables: tunables, claims: [.convex])
    return (status, Array(UnsafeRawBufferPointer(start: out, count: 1728)))
  }

  func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  func text(_ bytes: [UInt8], _ offset: Int) -> String {
    String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
  }

  @Test("The descriptor says what the kernel's C signature is")
  func descriptor() {
    let (status, bytes) = describe([
      Tunable("tau", default: 0.05, range: 0.001...1, scale: .log)
    ])
    #expect(status == 0)
    #expect(Array(bytes[0..<4]) == Array("LOSS".utf8))
    #expect((1..<8).map { word(bytes, 4 * $0) } == [1, 0, 1728, 1, 4, 1 + 4 + 16 + 1 + 2, 2])
    #expect(text(bytes, 32) == "a-name-of-forty-characters-is-c")
    #expect(text(bytes, 64) == "naïve")
    let arguments = (0..<24).map { [word(bytes, 320 + 8 * $0), word(bytes, 324 + 8 * $0)] }
    let numbers: [[UInt32]] = [[5, 0], [5, 1]] + Array(repeating: [5, 0], count: 14)
    #expect(
      arguments == [[1, 0], [4, 1], [4, 2], [4, 3], [4, 4]] + numbers + [[6, 0], [7, 1], [7, 2]])
    #expect(text(bytes, 704) == "beta" && text(bytes, 768) == "tau")
    #expect(word(bytes, 704 + 56) == 1 && word(bytes, 768 + 56) == 1)
  }

  @Test("A loss without reference columns is reference-free by itself")
  func referenceFree() {
    #expect(word(describe([], inputs: [1, 2, 16]).bytes, 20) == 4 | 8)
    #expect(word(describe([], inputs: [1, 2, 3, 4]).bytes, 20) == 4)
  }

  @Test("Declaring beta replaces its default; declarations that make no sense are refused")
  func declarations() {
    let own = describe([
      Tunable("gamma", default: 1, range: 0...2), Tunable("beta", default: 2, range: 1...4),
    ]).bytes
    #expect(word(own, 28) == 2 && text(own, 704) == "beta" && text(own, 768) == "gamma")
    let bad = [
      Tunable("Tau", default: 0, range: 0...1, line: 9),
      Tunable("", default: 0, range: 0...1, line: 9),
      Tunable("2x", default: 0, range: 0...1, line: 9),
      Tunable("x", default: 2, range: 0...1, line: 9),
      Tunable("x", default: 0, range: 0...(.infinity), line: 9),
      Tunable("x", default: 0, range: 0...1, scale: .log, line: 9),
      Tunable("a_name_of_more_than_31_characters", default: 0, range: 0...1, line: 9),
    ]
    for tunable in bad { #expect(describe([tunable]).status == Status.tunable.code(line: 9)) }
    let x = Tunable("x", default: 0, range: 0...1, line: 9)
    #expect(describe([x]).status == 0)
    #expect(describe([x, x]).status == Status.tunable.code(line: 9))
    #expect(describe([], room: 1000).status == 6)
  }

  @Test("lrml's stable form is finite with slope −1 at x = −10,000")
  func farOut() {
    let columns: [(UInt32, [Double])] = [
      (1, [-2e5, 0, 0, 0]), (2, [0, 0, 0, 0]), (3, [0, 0, 0, 0]), (4, [0, 0, 0, 0]),
    ]
    let result = call(columns: columns) { batch, tunables in
      let x = tunables.beta * batch.margin
      return sigmoid(-x / 0.05) * softplus(-x) + exp(logSigmoid(x / 0.05) - x)
    }
    #expect(result.value[0] == 10_000)
    #expect(result.chosen[0] == -0.05)
  }
}
