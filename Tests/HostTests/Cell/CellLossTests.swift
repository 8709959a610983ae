import CKernelCall
import Foundation
import Losses
import Testing

@testable import Host

@Suite("Losses in cells", .serialized)
struct CellLossTests {
  private func open(_ name: String, limits: CellLimits = CellFixture.limits) throws -> CellLoss {
    try CellLoss(
      image: try FixtureLibrary.image(name), cells: try LocalCells(), limits: limits)
  }

  @Test("values and gradients equal the formula, for every batch size", arguments: [1, 2, 8, 64])
  func values(rows: Int) throws {
    let batch = CellFixture.batch(rows: rows)
    let output = try open("benign").evaluate(batch, tunables: [0.3])
    #expect(CellFixture.agree(output, CellFixture.dpo(batch, beta: 0.3)))
  }

  @Test("the descriptor says what the plug-in declared")
  func descriptor() throws {
    let descriptor = try open("benign").descriptor
    #expect(descriptor.name == "fixture")
    #expect(descriptor.family == .pairwise)
    #expect(descriptor.claims == .rowIndependent)
    #expect(
      descriptor.inputs == [.policyChosen, .policyRejected, .referenceChosen, .referenceRejected])
    #expect(descriptor.gradients == [.policyChosen, .policyRejected])
    #expect(
      descriptor.tunables == [
        Tunable(name: "beta", minimum: 0.001, maximum: 10, initial: 0.1, isLogScale: true)
      ])
  }

  @Test("classification: int32 labels and B x C logits cross the boundary")
  func classification() throws {
    let batch = LossBatch(
      family: .classification, rows: 2, classes: 3,
      columns: [.logits: [0, 0, 0, 1, 2, 3], .labels: [2, 0]])
    let output = try open("classification").evaluate(batch, tunables: [])
    #expect(abs(output.values[0] - log(3.0)) < 1e-14)
    let total = exp(1.0) + exp(2.0) + exp(3.0)
    #expect(abs(output.values[1] - (log(total) - 1)) < 1e-14)
    let gradient = try #require(output.gradients[.logits])
    #expect(abs(gradient[2] - (1.0 / 3 - 1)) < 1e-14)
    #expect(abs(gradient[5] - exp(3.0) / total) < 1e-14)
  }

  @Test("listwise: the order of the kernel's parameters is the plug-in's own")
  func listwise() throws {
    let batch = LossBatch(
      family: .listwise, rows: 2, groupSize: 2,
      columns: [
        .listPolicy: [-1, -2, -3, -4], .listReference: [0, 0, 0, 0], .listScores: [1, 0, 0, 1],
        .listMask: [1, 1, 1, 0],
      ])
    let output = try open("listwise").evaluate(batch, tunables: [])
    #expect(output.values == [8, 9])
    #expect(output.gradients[.listPolicy] == [-4, -4, -6, 0])
  }

  @Test("batches of changing size and ones that outgrow the regions are served")
  func growth() throws {
    let loss = try open("coupled")
    for rows in [64, 1, 20_000, 2, 30_000] {
      let output = try loss.evaluate(CellFixture.batch(rows: rows), tunables: [0.1])
      #expect(output.values == [Double](repeating: Double(rows), count: rows))
    }
  }

  @Test("a fresh cell remembers nothing")
  func restart() throws {
    let loss = try open("nothing-second-call")
    let batch = CellFixture.batch(rows: 2)
    let first = try loss.evaluate(batch, tunables: [0.1])
    try loss.restart()
    let second = try loss.evaluate(batch, tunables: [0.1])
    #expect(first == second)
    let raw = try loss.evaluateRaw(batch, tunables: [0.1])
    #expect(raw.unwritten.count == 6)
    #expect(raw.unwritten.first == "loss[0]")
    #expect(raw.unwritten.contains("d_policy_rejected[1]"))
  }

  @Test("a batch without a needed column never reaches the plug-in")
  func missingColumn() throws {
    let loss = try open("benign")
    var batch = CellFixture.batch(rows: 2)
    batch.columns[.referenceChosen] = nil
    let error = #expect(throws: LossmithError.self) {
      try loss.descriptor.requireColumns(of: batch)
    }
    #expect(error?.code == .missingColumn)
    #expect(error?.message.contains("reference_chosen") == true)
    #expect(throws: LossFailure.self) { try loss.evaluate(batch, tunables: [0.1]) }
  }

  @Test("thousands of calls go through one cell")
  func manyCalls() throws {
    let loss = try open("benign")
    let batch = CellFixture.batch(rows: 64)
    let expected = try loss.evaluate(batch, tunables: [0.1])
    for _ in 0..<2_000 {
      #expect(try loss.evaluate(batch, tunables: [0.1]) == expected)
    }
  }

  @Test("without names of system calls the verdicts are the same but for the name")
  func killingMode() throws {
    var limits = CellFixture.limits
    limits.namesSystemCalls = false
    func verdict(_ name: String) throws -> Verdict {
      try CellFixture.verdict(of: name, limits: limits)
    }
    #expect(try verdict("benign") == .ok)
    #expect(try verdict("fork") == .violation(syscall: nil))
    #expect(try verdict("open") == .violation(syscall: nil))
    #expect(try verdict("exit-zero") == .violation(syscall: nil))
    #expect(try verdict("constructor-fork") == .violation(syscall: nil))
    #expect(try verdict("abort") == .crashed(signal: SIGABRT))
    #expect(try verdict("null-write") == .crashed(signal: SIGSEGV))
    #expect(try verdict("huge-allocation") == .resource)
    #expect(try verdict("loop") == .timeout)
  }

  @Test("a cell program that is not there is a fault of the host")
  func noProgram() throws {
    let cells = LocalCells(program: URL(fileURLWithPath: "/no/such/cell"))
    let image = try FixtureLibrary.image("benign")
    let failure = #expect(throws: LossFailure.self) { try CellLoss(image: image, cells: cells) }
    #expect(failure?.finding.verdict.isHostFault == true)
  }

  @Test("a program that is no cell is a fault of the host")
  func wrongProgram() throws {
    let cells = LocalCells(program: URL(fileURLWithPath: "/bin/true"))
    let image = try FixtureLibrary.image("benign")
    let failure = #expect(throws: LossFailure.self) { try CellLoss(image: image, cells: cells) }
    #expect(failure?.finding.verdict.isHostFault == true)
  }

  @Test("the cell program is free of the Swift runtime and tells of failed allocations")
  func program() throws {
    let program = try Installation.current().cellProgram()
    let file = try ELFFile(Array(try Data(contentsOf: program)))
    #expect(!file.needed.contains { $0.contains("swift") })
    let exports = Set(file.symbols.filter(\.isExported).map(\.name))
    #expect(
      exports.isSuperset(of: [
        "malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign", "mmap",
      ]))
  }
}
