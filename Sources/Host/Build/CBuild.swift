import Foundation
import Losses

/// The way of a C or C++ source to a library.
///
/// The author implements the ABI's two functions; nothing is put around them.
struct CBuild {
  let builder: PluginBuilder
  let source: PluginSource
  let name: PluginName
  let strictness: Gate.Strictness

  func run() throws(LossmithError) -> BuildOutcome {
    // Without Swift the system's compiler serves.
    let toolchain = try? builder.toolchain()
    let recipe = try CRecipe.find(
      source.language, toolchain: toolchain, environment: builder.environment)
    let header: Data
    let place = builder.installation.abiHeaders.appending(path: "loss_abi.h")
    do {
      header = try Data(contentsOf: place)
    } catch {
      throw LossmithError(
        .missingTool, "The header of the ABI cannot be read.", at: place.path,
        remedy: "Install Lossmith again, or set LOSSMITH_HOME.", underlying: error)
    }
    let key = SHA256Digest(
      fields: [
        "c", PluginBuilder.rulesVersion, recipe.identity, SHA256Digest(of: header).hex,
        strictness.rawValue, source.text,
        name.text,
      ]
    ).hex
    return try builder.build(source, name: name, key: key, strictness: strictness) {
      scratch throws(LossmithError) in
      try AtomicFile.write(header, to: scratch.appending(path: "\(CRecipe.headers)/loss_abi.h"))
      try AtomicFile.write(Data(source.text.utf8), to: scratch.appending(path: recipe.author))
      let jail = builder.jail(readable: toolchain.map { [$0.root] } ?? [])
      let outcome = try jail.run(recipe.compiler.path, recipe.arguments, scratch: scratch)
      let rejection = CompileVerdict.rejection(
        outcome, source: source, compiledName: recipe.author, scratch: scratch)
      if let rejection { return .failure(rejection) }
      let warnings = CompileVerdict.warnings(
        outcome, source: source, compiledName: recipe.author)
      return .success((scratch.appending(path: SwiftRecipe.File.library), warnings))
    }
  }
}
