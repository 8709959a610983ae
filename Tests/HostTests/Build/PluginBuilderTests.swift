import Foundation
import Losses
import Testing

@testable import Host

@Suite struct PluginBuilderTests {
  let name = BuildFixtures.name("plain")

  @Test("a source becomes a library that is named by its content and passes the gate")
  func plain() throws {
    let source = try BuildFixtures.source("plain.swift")
    let plugin = try BuildFixtures.builder().build(source, name: name, strictness: .generated)
      .plugin()
    #expect(plugin.library.lastPathComponent == "\(plugin.sha256).so")
    #expect(try SHA256Digest(file: plugin.library).hex == plugin.sha256)
    #expect(plugin.sourceDigest == SHA256Digest(of: source.text).hex)
    #expect(plugin.warnings.isEmpty)
    let report = try Gate.inspect(
      Data(contentsOf: plugin.library), name: "plain", strictness: .generated)
    #expect(report.exports == ["loss_describe_v1", "loss_kernel_v1"])
    #expect(report.problems.isEmpty)
  }

  @Test("two builds in two caches, with and without namespaces, give the same bytes")
  func reproducible() throws {
    let source = try BuildFixtures.source("plain.swift")
    let caches = [try BuildFixtures.freshCacheWithLossKit(), BuildFixtures.freshCache()]
    defer { for cache in caches { try? FileManager.default.removeItem(at: cache) } }
    let first = try BuildFixtures.builder(cache: caches[0], usesNamespaces: true)
      .build(source, name: name, strictness: .generated).plugin()
    let second = try BuildFixtures.builder(cache: caches[1], usesNamespaces: false)
      .build(source, name: name, strictness: .generated).plugin()
    #expect(first.sha256 == second.sha256)
    #expect(!first.isFromCache)
    #expect(!second.isFromCache)
    let bytes = try Data(contentsOf: first.library)
    for path in [caches[0].path, "/build", NSTemporaryDirectory(), BuildFixtures.root.path] {
      #expect(bytes.range(of: Data(path.utf8)) == nil, "\(path)")
    }
    let left = try FileManager.default.contentsOfDirectory(
      atPath: caches[0].appending(path: "scratch").path)
    #expect(left.isEmpty)
  }

  @Test("a second build comes from the cache; another name or source does not")
  func cached() throws {
    let cache = try BuildFixtures.freshCacheWithLossKit()
    defer { try? FileManager.default.removeItem(at: cache) }
    let builder = try BuildFixtures.builder(cache: cache)
    let source = try BuildFixtures.source("plain.swift")
    let first = try builder.build(source, name: name, strictness: .generated).plugin()
    var second = try builder.build(source, name: name, strictness: .generated).plugin()
    #expect(second.isFromCache)
    second.isFromCache = false
    #expect(second == first)
    let renamed = try builder.build(
      source, name: BuildFixtures.name("other"), strictness: .generated
    ).plugin()
    #expect(!renamed.isFromCache)
    #expect(renamed.sha256 != first.sha256)
    var edited = source
    edited.text += "\n// edited\n"
    #expect(
      try !builder.build(edited, name: name, strictness: .generated).plugin().isFromCache)
  }

  @Test("damage to any file of the cache is noticed and mended")
  func damaged() throws {
    let cache = BuildFixtures.freshCache()
    defer { try? FileManager.default.removeItem(at: cache) }
    let builder = try BuildFixtures.builder(cache: cache)
    let source = try BuildFixtures.source("plain.swift")
    let first = try builder.build(source, name: name, strictness: .generated).plugin()
    func damage(_ extensions: Set<String>, _ change: (inout Data) -> Void) throws -> Int {
      let paths = try #require(FileManager.default.enumerator(atPath: cache.path))
        .compactMap { $0 as? String }.map { cache.appending(path: $0) }
        .filter { extensions.contains($0.pathExtension) }
      for path in paths {
        var bytes = try Data(contentsOf: path)
        change(&bytes)
        try bytes.write(to: path)
      }
      return paths.count
    }
    let flipped = try damage(["so"]) { $0[$0.count / 2] ^= 0xff }
    #expect(flipped == 1)
    let mended = try builder.build(source, name: name, strictness: .generated).plugin()
    #expect(!mended.isFromCache)
    #expect(mended.sha256 == first.sha256)
    #expect(try SHA256Digest(file: mended.library).hex == first.sha256)
    // Everything at once, LossKit too, so that nothing of the first build can serve.
    let all = try damage(["so", "json", "o", "pcm", "swiftmodule"]) { $0 = $0.prefix(5) }
    #expect(all >= 6)
    let again = try builder.build(source, name: name, strictness: .generated).plugin()
    #expect(again.sha256 == first.sha256)
    #expect(!again.isFromCache)
  }

  @Test("concurrent builds of one source agree")
  func concurrent() async throws {
    let cache = try BuildFixtures.freshCacheWithLossKit()
    defer { try? FileManager.default.removeItem(at: cache) }
    let builder = try BuildFixtures.builder(cache: cache)
    let source = try BuildFixtures.source("plain.swift")
    let name = name
    let plugins = try await withThrowingTaskGroup(of: BuiltPlugin.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try builder.build(source, name: name, strictness: .generated).plugin()
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(plugins.map(\.sha256)).count == 1)
    #expect(plugins.count { !$0.isFromCache } == 1)
  }

  @Test("a loss that reads optional columns and no reference builds")
  func columns() throws {
    let source = try BuildFixtures.source("columns.swift")
    let facts = SourceLint.examine(source.text).facts
    let export = try #require(
      try ExportFile.render(
        facts, name: name, templates: BuildFixtures.installation().templates))
    #expect(export.contains("inputs: [1, 2, 16, 17]"))
    _ = try BuildFixtures.builder().build(source, name: name, strictness: .generated).plugin()
  }

  @Test("diagnostics have the author's file and lines, and a verdict with words")
  func diagnostics() throws {
    let source = try BuildFixtures.source("misspelt.swift")
    let outcome = try BuildFixtures.builder().build(source, name: name, strictness: .generated)
    let rejection = try #require(outcome.rejection)
    #expect(rejection.finding.verdict == .rejected(.compile))
    #expect(rejection.finding.remedy.contains("line 3"))
    #expect(rejection.finding.message.contains("misspelt.swift:3:"))
    let errors = rejection.diagnostics.errors
    #expect(errors.map(\.line) == [3, 5])
    #expect(errors[0].file == "misspelt.swift")
    #expect(errors[0].message.contains("margn"))
    #expect(errors[0].sourceLine == "  let x: Vector = tunables.beta * batch.margn")
    #expect(errors[0].column == 41)
  }

  @Test("a loss of another type is told which type is wanted")
  func wrongType() throws {
    let outcome = try BuildFixtures.builder().build(
      try BuildFixtures.source("wrong_type.swift"), name: name, strictness: .generated)
    let finding = try #require(outcome.rejection?.finding)
    #expect(finding.verdict == .rejected(.compile))
    #expect(finding.remedy.contains("-> Vector"))
  }

  @Test("touching memory under a name that the lint does not know is an error of the compiler")
  func memory() throws {
    let source = try BuildFixtures.source("memory.swift")
    #expect(SourceLint.examine(source.text).issues.isEmpty)
    let outcome = try BuildFixtures.builder().build(source, name: name, strictness: .generated)
    let rejection = try #require(outcome.rejection)
    #expect(rejection.finding.verdict == .rejected(.compile))
    #expect(rejection.diagnostics.errors.contains { $0.group == "StrictMemorySafety" })
    #expect(rejection.diagnostics.errors.first?.line == 4)
  }

  @Test("what the lint refuses never reaches the compiler")
  func lint() throws {
    let source = PluginSource(text: "import Glibc\nfunc loss() {}")
    let outcome = try BuildFixtures.builder(environment: ["PATH": "/nowhere"])
      .build(source, name: name, strictness: .generated)
    #expect(outcome.rejection?.finding.verdict == .rejected(.lint))
    #expect(outcome.rejection?.issues.first?.line == 1)
    let diagnostic = try #require(outcome.rejection?.diagnostics.first)
    #expect((diagnostic.file, diagnostic.line, diagnostic.column) == ("Loss.swift", 1, 1))
    #expect(diagnostic.group == "lint")
    #expect(diagnostic.sourceLine == "import Glibc")
    #expect(diagnostic.notes.first?.message.contains("Remove the import") == true)
  }

  @Test("a fix-it comes as data, at the author's line behind comments and blank lines")
  func fixIt() throws {
    let source = PluginSource(
      text: """
        // A comment.

        let extraTunables = [Tunable("tau", 0.5, range: 0.1...1)]
        func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
          softplus(-tunables.tau * batch.margin)
        }
        """)
    let outcome = try BuildFixtures.builder().build(source, name: name, strictness: .generated)
    let error = try #require(outcome.rejection?.diagnostics.errors.first)
    #expect((error.file, error.line, error.column) == ("Loss.swift", 3, 29))
    #expect(error.fixIt == "default:")
    #expect(outcome.rejection?.finding.remedy.contains("The compiler proposes: default:") == true)
  }

  @Test("a function that is called and nowhere defined is named, and how to mend it")
  func undefinedFunction() throws {
    let text = """
      #include "loss_abi.h"
      extern double frobnicate(double);
      int32_t loss_describe_v1(loss_descriptor *out) { return frobnicate(1); }
      int32_t loss_kernel_v1(void) { return 0; }
      """
    let outcome = try BuildFixtures.builder().build(
      PluginSource(text: text, language: .c, fileName: "x.c"),
      name: BuildFixtures.name("undefined"), strictness: .trusted)
    let finding = try #require(outcome.rejection?.finding)
    #expect(finding.verdict == .rejected(.compile))
    #expect(finding.message.contains("frobnicate") && !finding.message.contains("use -v"))
    #expect(finding.remedy.hasPrefix("Define frobnicate, or do not call it"))
  }

  @Test("of a long line a message shows what is around the place")
  func longLine() {
    let line = String(repeating: "a", count: 500) + "!" + String(repeating: "b", count: 500)
    let diagnostic = CompilerDiagnostic(
      severity: .error, file: "x.swift", line: 1, column: 501, message: "no", sourceLine: line)
    let lines = diagnostic.rendered.split(separator: "\n")
    #expect(lines[1].count < 180)
    let caret = lines[2].distance(
      from: lines[2].startIndex, to: lines[2].firstIndex(of: "^") ?? lines[2].startIndex)
    #expect(Array(lines[1])[caret] == "!")
  }

  @Test("sources of all families build from Swift")
  func families() throws {
    for (type, body) in [
      ("ClassificationBatch", "crossEntropy(batch.logits, batch.labels)"),
      ("ListwiseBatch", "-sum(softmax(batch.policy, mask: batch.mask) * batch.scores, dim: 1)"),
    ] {
      let text = "func loss(_ batch: \(type), _ tunables: Tunables) -> Vector { \(body) }"
      _ = try BuildFixtures.builder().build(
        PluginSource(text: text), name: name, strictness: .generated
      ).plugin()
    }
  }

  @Test("an unknown batch is refused with the type that is known")
  func unknownBatch() throws {
    let source = PluginSource(
      text: "func loss(_ batch: TripleBatch, _ t: Tunables) -> Vector { 1 }")
    let outcome = try BuildFixtures.builder().build(source, name: name, strictness: .generated)
    #expect(outcome.rejection?.finding.message.contains("TripleBatch") == true)
    #expect(outcome.rejection?.finding.remedy.contains("PairwiseBatch") == true)
  }

  @Test("sources in C and C++ build", arguments: ["plain.c", "plain.cpp"])
  func c(file: String) throws {
    let plugin = try BuildFixtures.builder().build(
      try BuildFixtures.source(file), name: name, strictness: .trusted
    ).plugin()
    let report = try Gate.inspect(
      Data(contentsOf: plugin.library), name: file, strictness: .trusted)
    #expect(report.exports.contains("loss_kernel_v1"))
  }

  @Test("errors of a C compiler have the author's lines")
  func brokenC() throws {
    let outcome = try BuildFixtures.builder().build(
      try BuildFixtures.source("broken.c"), name: name, strictness: .trusted)
    let error = try #require(outcome.rejection?.diagnostics.errors.first)
    #expect(error.file == "broken.c")
    #expect(error.line == 4)
    #expect(error.message.contains("undeclared"))
  }

  @Test("a C source without the ABI's functions is rejected by the gate")
  func withoutKernel() throws {
    let source = PluginSource(text: "int x;", language: .c, fileName: "x.c")
    let outcome = try BuildFixtures.builder().build(source, name: name, strictness: .trusted)
    #expect(outcome.rejection?.finding.verdict == .rejected(.gate))
    #expect(outcome.rejection?.finding.message.contains("loss_describe_v1") == true)
  }

  @Test("a missing compiler is an error of the environment with a remedy")
  func noCompiler() throws {
    let builder = try BuildFixtures.builder(environment: ["PATH": "/nowhere"])
    let source = try BuildFixtures.source("plain.swift")
    let error = #expect(throws: LossmithError.self) {
      _ = try builder.build(source, name: name, strictness: .generated)
    }
    #expect(error?.code == .missingTool)
    #expect(error?.remedy?.contains("LOSSMITH_SWIFTC") == true)
  }
}
