import Foundation
import Losses

/// The way of a Swift source to a library.
struct SwiftBuild {
  let builder: PluginBuilder
  let source: PluginSource
  let name: PluginName

  func run() throws(LossmithError) -> BuildOutcome {
    let report = SourceLint.examine(source.text)
    if let finding = report.finding {
      return .rejected(
        BuildRejection(
          finding, issues: report.issues,
          diagnostics: report.issues.map { CompilerDiagnostic($0, in: source) }))
    }
    let export = try ExportFile.render(
      report.facts, name: name, templates: builder.installation.templates)
    guard let export else { return .rejected(unknownBatch(report.facts)) }
    let toolchain = try builder.toolchain()
    let recipe = SwiftRecipe(toolchain: toolchain)
    let kit = try CompiledLossKit.Sources(builder.installation.lossKitSources)
    let key = SHA256Digest(
      fields: [
        "swift", PluginBuilder.rulesVersion, toolchain.identity, recipe.identity, kit.digest,
        export, source.text, name.text,
      ]
    ).hex
    return try builder.build(source, name: name, key: key, strictness: .generated) {
      scratch throws(LossmithError) in
      let jail = builder.jail(readable: [toolchain.root])
      try CompiledLossKit.prepare(
        kit, recipe: recipe, jail: jail.forOurOwn, cache: builder.cache
      ).copy(to: scratch)
      return try compile(recipe, export: export, jail: jail, scratch: scratch)
    }
  }

  private func unknownBatch(_ facts: SourceFacts) -> BuildRejection {
    let type = facts.batchType.map { "takes a \($0)" } ?? "takes no batch that is known"
    return BuildRejection(
      Finding(
        .rejected(.lint), "The function loss \(type).",
        remedy: "Write func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector { … }; "
          + "the batch may also be a ClassificationBatch or a ListwiseBatch."))
  }

  private func compile(
    _ recipe: SwiftRecipe, export: String, jail: CompileJail, scratch: URL
  ) throws(LossmithError) -> Result<(library: URL, warnings: [String]), BuildRejection> {
    typealias File = SwiftRecipe.File
    for (name, text) in [
      (File.author, source.text), (File.export, export), (File.exports, SwiftRecipe.exportsMap),
    ] {
      do {
        try Data(text.utf8).write(to: scratch.appending(path: name))
      } catch {
        throw AtomicFile.failure(at: scratch, error)
      }
    }
    var warnings: [String] = []
    for (program, arguments) in [
      (recipe.toolchain.frontend.path, recipe.candidate), (recipe.toolchain.clang, recipe.link),
    ] {
      let outcome = try jail.run(program, arguments, scratch: scratch)
      let rejection = CompileVerdict.rejection(
        outcome, source: source, compiledName: File.author, scratch: scratch)
      if let rejection { return .failure(rejection) }
      warnings += CompileVerdict.warnings(outcome, source: source, compiledName: File.author)
    }
    return .success((scratch.appending(path: File.library), warnings))
  }
}
