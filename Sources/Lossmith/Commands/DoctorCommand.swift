import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Policy

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What this machine has: toolchain, BLAS core and GFLOP/s, sandbox layers, endpoint.")

  @OptionGroup var output: OutputOptions

  struct Entry: Encodable {
    var name: String
    var isGood: Bool
    var finding: String
    var remedy: String?
    var products: ProductSpeed?
  }

  func run() throws {
    OwnBLAS.prepare()
    let console = output.console()
    let entries = [
      examine("installation") { "resources in \(try Installation.current().resourceRoot.path)" },
      examine("swiftc") { try PluginLibrary(console: console).builder.toolchain().version },
      examine("worker and BLAS") {
        let facts = try PluginLibrary(console: console).workbench().facts().environment
        return ["cpu", "blas_core", "blas_threads", "openblas", "kernel"].map {
          "\($0) \(facts[$0] ?? "?")"
        }.joined(separator: ", ")
      },
      Self.products(),
      examine("worker's jail") {
        try PluginLibrary(console: console).workbench().facts().environment["worker_layers"] ?? ""
      },
      layers(),
      examine("cell") { try Self.cell(console) },
      examine("compiler's jail") {
        try PluginLibrary(console: console).builder.jailLayers.joined(separator: ", ")
      },
      examine("endpoint") {
        let endpoint = try ChatEndpoint.configured(environment: ProcessInfo.processInfo.environment)
        return endpoint.map { "\($0.model) at \($0.baseURL.shown)" }
          ?? "none set; discover replays a recorded transcript (see --base-url and --model)"
      },
    ]
    if output.json {
      console.print(document: try JSON.text(entries))
    } else {
      for entry in entries {
        let mark = !entry.isGood ? "FAIL" : entry.remedy == nil ? "ok  " : "warn"
        console.print("\(mark)  \(entry.name.padded(to: 18))\(entry.finding)")
        if let remedy = entry.remedy { console.print("      \(remedy)") }
      }
    }
    if entries.contains(where: { !$0.isGood }) { throw ExitStatus.environment }
  }

  private func examine(_ name: String, _ look: () throws -> String) -> Entry {
    do {
      return Entry(name: name, isGood: true, finding: try look())
    } catch let error as LossmithError {
      return Entry(name: name, isGood: false, finding: error.message, remedy: error.remedy)
    } catch let failure as LossFailure {
      let finding = failure.finding
      return Entry(
        name: name, isGood: false, finding: "\(finding.verdict): \(finding.message)",
        remedy: finding.remedy.isEmpty ? nil : finding.remedy)
    } catch {
      return Entry(name: name, isGood: false, finding: "\(error)")
    }
  }

  /// How fast matrices are multiplied, and whether OpenBLAS should do better.
  private static func products() -> Entry {
    let speed = ProductSpeed.measure()
    var entry = Entry(
      name: "products", isGood: true,
      finding: String(
        format: "OpenBLAS %@ %.3g GFLOP/s, our %@ kernel %.3g GFLOP/s (float32, one thread)",
        speed.core, speed.openblasGigaflops, speed.instructionSet, speed.panelGigaflops),
      products: speed)
    if !OpenBLASCore.isFitting(speed.core), let better = OpenBLASCore.choose() {
      let given = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
      entry.remedy =
        "This processor can run OpenBLAS's faster \(better) kernels: "
        + (given == nil || given == better
          ? "install an OpenBLAS that chooses at run time (DYNAMIC_ARCH)."
          : "unset OPENBLAS_CORETYPE.")
    }
    return entry
  }

  /// The layers of a plug-in's cell, and what this machine would need for the rest.
  private func layers() -> Entry {
    var advice: [String] = []
    var entry = examine("cell's layers") {
      let layers = try CellLayers.probe(try LocalCells())
      advice = layers.advice
      return layers.names.joined(separator: ", ")
    }
    if entry.isGood, !advice.isEmpty { entry.remedy = advice.joined(separator: "\n      ") }
    return entry
  }

  /// Runs DPO in a cell: the one test that tells whether every layer works together.
  private static func cell(_ console: Console) throws -> String {
    let spec = try PluginLibrary(console: console).spec("dpo", isolation: .process)
    let reply = try PluginLibrary(console: console).workbench().describe(spec)
    guard reply.finding.verdict.isOK else { throw LossFailure(reply.finding) }
    return "a plug-in runs"
  }
}
