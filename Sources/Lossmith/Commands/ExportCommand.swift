import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Takes a loss out: as a folder that stands alone, or as a PyTorch function.",
    discussion: """
      lossmith export RUN ID writes a folder that lossmith build accepts. With --format pytorch it holds a \
      Python module instead: the loss as a function of tensors, a trainer for TRL around it, and the \
      plug-in's own values and gradients, with which it compares itself when it is run. PyTorch is also to \
      be had of a catalogue loss, a Swift source or a folder: lossmith export lrml --format pytorch.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case folder, pytorch }

  @Argument(
    help: "A run's directory; with --format pytorch also a catalogue name, source or folder.")
  var origin: String
  @Argument(help: "The proposal's number in the run, or its name.") var id: String?
  @Option(help: "folder (default) or pytorch.") var format: Format = .folder
  @Option(help: "The folder that is made (default: the loss's name, here).") var out: String?
  @OptionGroup var output: OutputOptions

  /// The JSON document.
  struct Document: Encodable {
    var name: String
    var folder: String
    var files: [String]
  }

  func validate() throws {
    if id == nil, format == .folder {
      throw ValidationError("Give the proposal of the run that is to be exported: export RUN ID.")
    }
  }

  func run() throws {
    let console = output.console()
    let loss = try id.map { try ArchivedLoss($0, in: URL(filePath: origin).standardizedFileURL) }
    let name: String
    let files: [String: String]
    switch format {
    case .folder:
      guard let loss else { return }
      name = PluginName(from: loss.name).text
      files = try loss.files(stem: stem(name))
    case .pytorch: (name, files) = try pytorch(loss, console)
    }
    let folder = URL(filePath: out ?? name).standardizedFileURL
    try ExportFolder.write(files, to: folder)
    if output.json {
      console.print(
        document: try JSON.text(
          Document(name: name, folder: folder.path, files: files.keys.sorted())))
    } else {
      for file in files.keys.sorted() {
        console.print(folder.appending(path: file).path.shownOnOneLine)
      }
    }
  }

  /// The source is named like the folder, so that it is the folder's plug-in.
  private func stem(_ name: String) -> String {
    out.map { PluginName(from: URL(filePath: $0).standardizedFileURL.lastPathComponent).text }
      ?? name
  }

  private func pytorch(
    _ loss: ArchivedLoss?, _ console: Console
  ) throws -> (name: String, files: [String: String]) {
    let library = try PluginLibrary(console: console)
    let source: PluginSource
    let plugin: PluginSpec
    if let loss {
      let code = try loss.files(stem: "loss")["loss.swift"] ?? ""
      source = PluginSource(text: code)
      let built = try library.builder.build(
        source, name: PluginName(from: loss.name), strictness: .generated)
      guard case .built(let binary) = built else {
        throw LossmithError(
          .candidate, "The proposal does not build, so it has no values to compare with.",
          at: loss.name, remedy: "lossmith show tells what is wrong with it.")
      }
      plugin = PluginSpec(name: loss.name, library: binary.library.path, isolation: .process)
    } else {
      let resolved = try library.resolve(origin)
      guard resolved.file.pathExtension == "swift" else {
        throw LossmithError(
          .usage, "Only a Swift source can be exported to PyTorch.", at: resolved.file.path,
          remedy: "Give a catalogue name, a .swift file or a folder with one.")
      }
      source = try PluginSource(file: resolved.file)
      plugin = PluginSpec(
        name: resolved.name.text, library: resolved.library.path, isolation: .process)
    }
    let bench = library.workbench()
    let description = try bench.describe(plugin)
    guard let descriptor = description.descriptor else { throw LossFailure(description.finding) }
    let module = try TorchModule(source: source.text, name: plugin.name, descriptor: descriptor)
    let reply = try bench.call(plugin, document: module.checkBatch(), source: "the check's batch")
    guard reply.finding.verdict.isOK else { throw LossFailure(reply.finding) }
    let text = try module.text(
      origin: loss.map { "proposal \($0.candidate) (\($0.name)) of a discovery" }
        ?? "the loss \(plugin.name)", digest: SHA256Digest(of: source.text).hex, reply: reply,
      templates: library.installation.templates.appending(path: "export"))
    return (module.name, ["\(module.name).py": text])
  }
}
