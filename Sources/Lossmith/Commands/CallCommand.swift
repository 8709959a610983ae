import ArgumentParser
import Discovery
import Foundation
import Losses

struct CallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Values and gradients of one batch.",
    discussion: """
      The batch is a JSON document {"columns": {"policy_chosen": [...], ...}, "params": {"beta": 0.1}}; \
      it may come through a pipe, - reads it from standard input, and it has at most 64 MB. \
      Classification has logits [[...]] and labels [...]; listwise has \
      policy, reference, scores and mask, each [[...]].
      """)

  @Argument(help: "Catalogue name, .so, source file or folder.") var plugin: String
  @Option(help: "The batch document.") var input: String
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let console = output.console()
    let data = try InputFile.read(input)
    // Read here too, so that a broken document is refused before anything is built.
    _ = try BatchDocument(data, source: input)
    let library = try PluginLibrary(console: console)
    let spec = try library.spec(plugin, isolation: isolation.isolation)
    let reply = try library.workbench().call(spec, document: data, source: input)
    guard reply.finding.verdict.isOK else { throw LossFailure(reply.finding) }
    for name in reply.ignored {
      console.note("note: \(spec.name) does not declare \(name); it is ignored")
    }
    let document = OutputDocument(loss: reply.loss, gradients: reply.gradients)
    console.print(document: try JSON.text(document, pretty: !output.json))
  }
}
