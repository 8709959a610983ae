import Foundation
import Testing

@testable import LossKit

@Suite("Every operation of the vocabulary")
struct OperationTests {
  static let operations =
    elementwiseOperations + binaryOperations + rowOperations + shapeOperations + listOperations

  @Test("There is a row in the table for every public function, and for nothing else")
  func everyFunctionIsTried() {
    let tried = Set(Self.operations.flatMap(\.names)).union(scalarOperations.map(\.name))
    let declared = Set(Vocabulary.entries.map(\.name))
    #expect(declared.count > 120)
    #expect(declared.subtracting(tried).sorted() == [], "not in the table")
    #expect(tried.subtracting(declared).sorted() == [], "not declared")
  }

  @Test("Every public function says its shape and PyTorch's name")
  func everyFunctionIsDocumented() {
    // Aliases say it by their name, arithmetic and comparisons in the comment of their file.
    let free = ["PyTorchNames.swift", "Scalars.swift"]
    for entry in Vocabulary.entries where !free.contains(entry.file) && !entry.isOperator {
      #expect(entry.comment.contains("PyTorch"), "\(entry.name) lacks PyTorch's name")
      let saysShape = entry.comment.contains("[n]") || entry.comment.contains("[m")
      let isReduction = ["Reductions.swift", "Statistics.swift"].contains(entry.file)
      #expect(
        saysShape || isReduction || entry.comment.contains("[B") || entry.comment.contains("→ ["),
        "\(entry.name) lacks its shape")
    }
  }

  @Test("The gradient equals central differences at ordinary inputs", arguments: operations)
  func ordinary(_ operation: TriedOperation) {
    for point in operation.points(operation.inputs.map { _ in 1 }) {
      let result = operation.run(point)
      #expect(result.status == 0 && result.values.allSatisfy(\.isFinite), "\(point)")
      if operation.isConstant {
        #expect(result.gradients.joined().allSatisfy { $0 == 0 })
      } else {
        expectGradients(
          zip(point, operation.domains).map(\.0), columns: operation.columns,
          skipping: operation.domains.indices.filter { operation.domains[$0] == .fixed },
          operation.function)
      }
    }
  }

  @Test("A function of a plain number has the vector's values", arguments: scalarOperations)
  func scalars(_ operation: ScalarOperation) {
    for x in [0x1p-1074, 1e-300, 1e-9, 0.3, 1.37, 40, 700, 1e10, 1e150] {
      let (one, other) = (operation.scalar(x), point(x, operation.vector).value)
      #expect(one == other || agree(one, other, 1e-15), "\(x): \(one) and \(other)")
    }
  }

  /// Scales 2ᵏ over the range of doubles: all inputs alike, and one at a time.
  private func scales(_ count: Int) -> [[Double]] {
    // Every power of two for one input, every fifth, and the ends, for more.
    let exponents = Array(stride(from: -1074, to: 1023, by: count == 1 ? 1 : 5)) + [1023]
    let powers = exponents.map { Foundation.scalbn(1.0, $0) }
    return powers.flatMap { power in
      if count == 1 { return [[power]] }
      let one = Array(repeating: 1.0, count: count)
      return [one.map { _ in power }]
        + (0..<count).map { i in one.indices.map { $0 == i ? power : 1 } }
    }
  }

  @Test(
    "Values and gradients are finite over the whole range of doubles where mathematics allows",
    arguments: operations)
  func range(_ operation: TriedOperation) {
    var complaints: [String] = []
    for scale in scales(operation.inputs.count) {
      for point in operation.points(scale) {
        let result = operation.run(point)
        guard result.status == 0 else {
          complaints.append("\(point): status \(result.status)")
          continue
        }
        if operation.valueIsFinite(point), !result.values.allSatisfy(\.isFinite) {
          complaints.append("\(point): value \(result.values)")
        }
        if operation.gradientIsFinite(point), !result.gradients.joined().allSatisfy(\.isFinite) {
          complaints.append("\(point): gradient \(result.gradients)")
        }
      }
    }
    #expect(complaints.isEmpty, "\(complaints.count): \(complaints.prefix(3))")
  }

  @Test("The gradient equals central differences at extreme inputs", arguments: operations)
  func extreme(_ operation: TriedOperation) {
    guard !operation.isConstant else { return }
    var complaints: [String] = []
    for scale in scales(operation.inputs.count) {
      for point in operation.points(scale)
      where operation.isTame(point) && operation.valueIsFinite(point) {
        if let complaint = comparison(operation, at: point) { complaints.append(complaint) }
      }
    }
    #expect(complaints.isEmpty, "\(complaints.count): \(complaints.prefix(3))")
  }

  /// Compares the gradient of one value of an operation, which changes with the place, to
  /// differences over steps relative to the input; nil when they agree or cannot be told.
  private func comparison(_ operation: TriedOperation, at point: [[Double]]) -> String? {
    func picked(_ inputs: [[Double]]) -> Trial {
      trial(inputs, columns: operation.columns) {
        let y = flatten(operation.function($0))
        return y[y.count / 2]
      }
    }
    let analytic = picked(point)
    for (k, input) in point.enumerated() where operation.domains[k] != .fixed {
      let i = input.count / 2
      let h = abs(input[i]) * 0x1p-14
      guard h >= 0x1p-1000, h <= 0x1p+1000 else { continue }
      func shifted(_ steps: Double) -> Double {
        var moved = point
        moved[k][i] += steps * h
        return picked(moved).values.first ?? .nan
      }
      let near = shifted(1) - shifted(-1)
      let numeric = (8 * near - (shifted(2) - shifted(-2))) / (12 * h)
      let slope = analytic.gradients[k][i]
      let size = abs(analytic.values[0])
      guard numeric.isFinite, size / h < 0x1p+1020 else { continue }
      // What the rounding of two values, and the steps of subnormal ones, hide. Slopes that are
      // subnormal themselves are not told apart.
      let hidden = 16 * (size * 0x1p-52 + 0x1p-1074) / h
      if !(abs(slope - numeric) <= 1e-5 * abs(numeric) + hidden + 0x1p-1022) {
        return "\(point)[\(k)][\(i)]: \(slope) against \(numeric)"
      }
    }
    return nil
  }
}

extension Vocabulary.Entry {
  var isOperator: Bool { word.allSatisfy { !$0.isLetter } && !name.hasPrefix("[") }
}
