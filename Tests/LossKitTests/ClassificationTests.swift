import Foundation
import Testing

@_spi(Export) @testable import LossKit

/// Calls a classification kernel as the export file does.
func callClassification(
  logits: [Double], labels: [Int32], classes: Int,
  _ loss: (ClassificationBatch, Tunables) -> Vector
) -> KernelResult {
  tapeLock.withLock {
    var value = Array(repeating: Double.nan, count: labels.count)
    var gradient = Array(repeating: Double.nan, count: logits.count)
    ClassificationExport.begin(
      rows: UInt32(labels.count), classes: UInt32(classes), tunables: [],
      values: InlineArray(repeating: 0.1))
    ClassificationExport.logits(logits)
    ClassificationExport.labels(labels)
    ClassificationExport.run(loss)
    ClassificationExport.gradient(32, &gradient)
    return KernelResult(
      status: ClassificationExport.finish(&value), value: value, gradient: gradient)
  }
}

@Suite("Classification losses and the two C functions of their plug-ins")
struct ClassificationTests {
  static let logits = [0.3, -1.2, 0.8, 0.3, -1.2, 0.8, 0.3, -1.2, 0.8]

  @Test("Cross-entropy has the values and the gradient of the definition")
  func crossEntropyValues() {
    let result = callClassification(logits: Self.logits, labels: [0, 1, 2], classes: 3) {
      batch, _ in crossEntropy(batch.logits, batch.labels)
    }
    #expect(result.status == 0)
    for (value, expected) in zip(result.value, [1.05495691964, 2.55495691964, 0.554956919642]) {
      #expect(agree(value, expected, 1e-11))
    }
    let slopes = [-0.651792572116, 0.0776955791486, 0.574096992968]
    for (slope, expected) in zip(result.gradient, slopes) { #expect(agree(slope, expected, 1e-11)) }
  }

  @Test("Cross-entropy, and with smoothing, is what logSoftmax and gather say")
  func writtenOut() {
    for smoothing in [0, 0.1, 1] {
      let short = callClassification(logits: Self.logits, labels: [2, 0, 1], classes: 3) {
        batch, _ in crossEntropy(batch.logits, batch.labels, labelSmoothing: smoothing)
      }
      let long = callClassification(logits: Self.logits, labels: [2, 0, 1], classes: 3) {
        batch, _ in
        let logarithms = logSoftmax(batch.logits)
        let target =
          (1 - smoothing) * oneHot(batch.labels, batch.classes) + smoothing / Double(batch.classes)
        return -sum(target * logarithms, dim: 1)
      }
      #expect(zip(short.value, long.value).allSatisfy { agree($0, $1, 1e-14) })
      #expect(zip(short.gradient, long.gradient).allSatisfy { agree($0, $1, 1e-14) })
    }
  }

  @Test("One row and one class are served")
  func smallest() {
    let result = callClassification(logits: [5], labels: [0], classes: 1) { batch, _ in
      crossEntropy(batch.logits, batch.labels)
    }
    #expect(result.status == 0 && result.value == [0] && result.gradient == [0])
  }

  @Test("Logits of ±1e300 give finite values and gradients")
  func extremes() {
    let result = callClassification(
      logits: [1e300, -1e300, 0, 0, -1e300, 1e300], labels: [1, 2], classes: 3
    ) { batch, _ in crossEntropy(batch.logits, batch.labels, labelSmoothing: 0.1) }
    #expect((result.value + result.gradient).allSatisfy { $0.isFinite })
  }

  @Test("Labels that are no class, bad results and empty batches are refused")
  func refusals() {
    func status(
      _ labels: [Int32], _ loss: (ClassificationBatch, Tunables) -> Vector
    ) -> Int32 {
      callClassification(
        logits: Array(repeating: 0, count: 3 * labels.count), labels: labels, classes: 3, loss
      ).status & 0xff
    }
    let plain: (ClassificationBatch, Tunables) -> Vector = { batch, _ in
      crossEntropy(batch.logits, batch.labels)
    }
    #expect(status([0, 2], plain) == 0)
    #expect(status([0, 3], plain) == 6)
    #expect(status([-1, 0], plain) == 6)
    #expect(status([], plain) == 6)
    #expect(status([0, 1]) { batch, _ in batch.logits } == 2)
    #expect(status([0, 1]) { batch, _ in mean(batch.logits, dim: 0) } == 2)
  }

  @Test("The descriptors say what the kernels' C signatures are")
  func descriptors() {
    func words(_ describe: (UnsafeMutableRawPointer) -> Int32) -> [UInt32] {
      let out = UnsafeMutableRawPointer.allocate(byteCount: 1728, alignment: 8)
      defer { out.deallocate() }
      out.initializeMemory(as: UInt8.self, repeating: 0, count: 1728)
      out.storeBytes(of: 1728, toByteOffset: 12, as: UInt32.self)
      #expect(describe(out) == 0)
      return (0..<432).map { out.load(fromByteOffset: 4 * $0, as: UInt32.self) }
    }
    func arguments(_ words: [UInt32]) -> [[UInt32]] {
      (0..<Int(words[6])).map { [words[80 + 2 * $0], words[81 + 2 * $0]] }
    }
    let numbers: [[UInt32]] = Array(repeating: [5, 0], count: 16)
    let classification = words {
      ClassificationExport.describe($0, name: "a", summary: "b", tunables: [], claims: [])
    }
    #expect(classification[4] == 2)
    #expect(
      arguments(classification) == [[1, 0], [2, 0], [4, 32], [4, 33]] + numbers + [
        [6, 0], [7, 32],
      ])
    let listwise = words {
      ListwiseExport.describe(
        $0, name: "a", summary: "b", inputs: [48, 50, 51], tunables: [], claims: [])
    }
    #expect(listwise[4] == 3 && listwise[5] == 8)
    #expect(
      arguments(listwise) == [[1, 0], [3, 0], [4, 48], [4, 50], [4, 51]] + numbers + [
        [6, 0], [7, 48],
      ])
  }
}
