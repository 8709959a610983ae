import Foundation
import Losses
import Testing

@testable import Host

@Suite("Inline losses", .serialized)
struct InlineLossTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lossmith-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("an inline loss gives the bits that the same plug-in gives in a cell")
  func sameAsCell() throws {
    try withFolder { folder in
      let image = try FixtureLibrary.image("benign")
      let inline = try InlineLoss(image: image, folder: folder)
      let cell = try CellLoss(image: image, cells: try LocalCells(), limits: CellFixture.limits)
      #expect(inline.descriptor == cell.descriptor)
      for rows in [1, 8, 64, 3] {
        let batch = CellFixture.batch(rows: rows)
        #expect(
          try inline.evaluate(batch, tunables: [0.2]) == cell.evaluate(batch, tunables: [0.2]))
      }
    }
  }

  @Test("two libraries that had one path are two losses")
  func samePath() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let path = folder.appendingPathComponent("plugin.so")
      var values: [[Double]] = []
      for name in ["benign", "coupled"] {
        try? FileManager.default.removeItem(at: path)
        try FileManager.default.copyItem(at: try FixtureLibrary.library(name), to: path)
        let loss = try InlineLoss(
          image: try PluginImage(path: path.path), folder: folder.appendingPathComponent("inline"))
        values.append(try loss.evaluate(CellFixture.batch(rows: 2), tunables: [0.1]).values)
      }
      #expect(values[1] == [2, 2])
      #expect(values[0] != values[1])
    }
  }

  @Test(
    "what the checks of a cell find is found inline as well",
    arguments: [
      ("benign", Verdict.ok), ("nothing", .failed(check: "written")),
      ("past-end", .failed(check: "bounds")), ("status", .failed(check: "status")),
      ("wrong-magic", .rejected(.descriptor)), ("unresolved", .rejected(.gate)),
    ])
  func checks(name: String, verdict: Verdict) throws {
    try withFolder { folder in
      let image = try FixtureLibrary.image(name)
      var seen = Verdict.ok
      do throws(LossFailure) {
        let loss = try InlineLoss(image: image, folder: folder)
        _ = try loss.evaluate(CellFixture.batch(rows: 4), tunables: [0.1])
      } catch {
        seen = error.finding.verdict
      }
      #expect(seen == verdict)
    }
  }
}
