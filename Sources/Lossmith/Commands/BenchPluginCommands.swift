import ArgumentParser
import Discovery
import Foundation
import Host
import Losses

/// `lossmith bench build`: how long a source takes to become a plug-in.
struct BenchBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Measures cold and cached builds of a Swift loss in the compiler's jail.",
    discussion: """
      Cold: lint, compiler and linker in their jail, gate, cache; LossKit is compiled before the clock \
      starts, once for a toolchain. Cached: the same source again. The least of several is reported: \
      other programs only ever add time.
      """)

  @Option(help: "A catalogue name or a Swift source.") var plugin = "lrml"
  @Option(help: "Cold builds.") var cold = 3
  @Option(help: "Cached builds.") var cached = 20
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var plugin: String
    /// Seconds that LossKit took, compiled once for a toolchain.
    var losskit: Double
    var cold: Promise
    var cached: Promise
    var layers: [String]
    var environment = MachineFacts.processor(threads: 1)
  }

  func validate() throws {
    try FlagRange.require("--cold", cold, in: 1...1000)
    try FlagRange.require("--cached", cached, in: FlagRange.many)
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let file = try library.resolver.source(of: plugin)
    let source = try PluginSource(file: file)
    guard source.language == .swift else {
      throw LossmithError(.usage, "this is not a Swift source", at: file.path)
    }
    let document = try PassingFolder.with(console) { folder in
      try measure(
        source,
        PluginBuilder(installation: library.installation, cacheDirectory: folder), console)
    }
    if output.json { return console.print(document: try JSON.text(document)) }
    console.print("cold    \(document.cold.text)")
    console.print("cached  \(document.cached.text)")
    console.print(String(format: "LossKit, once for a toolchain: %.2f s", document.losskit))
    console.print("jail: \(document.layers.joined(separator: ", "))")
  }

  /// Cold and cached builds with a cache that is empty.
  private func measure(
    _ source: PluginSource, _ builder: PluginBuilder, _ console: Console
  ) throws -> Document {
    func build(_ text: String) throws -> Double {
      let clock = ContinuousClock()
      let start = clock.now
      let outcome = try builder.build(
        PluginSource(text: text), name: PluginName(from: "bench"), strictness: .generated)
      let parts = (clock.now - start).components
      if case .rejected(let rejection) = outcome { throw LossFailure(rejection.finding) }
      return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
    console.live("compiling LossKit")
    let first = try build(source.text)
    var times: [Double] = []
    for round in 0..<cold {
      console.live("cold build \(round + 1) of \(cold)")
      times.append(try build(source.text + "\n// round \(round)\n"))
    }
    var again: [Double] = []
    for _ in 0..<cached { again.append(try build(source.text)) }
    return Document(
      plugin: plugin, losskit: max(0, first - (times.min() ?? 0)),
      cold: Promise(measured: times.min() ?? 0, limit: 2, unit: "s"),
      cached: Promise(measured: (again.min() ?? 0) * 1000, limit: 30, unit: "ms"),
      layers: builder.jailLayers)
  }
}

/// `lossmith bench plugin`: what a call of a trusted plug-in costs.
struct BenchPluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Measures inline calls of a loss: overhead beyond the kernel, value and gradients.",
    discussion: """
      Benchmarks/plugin.py runs the same loss in PyTorch eager on one thread beside it. The plug-in is \
      loaded into a worker without a cell: name trusted ones only.
      """)

  @Argument(help: "Catalogue name, .so, source file or folder.") var plugin = "lrml"
  @Option(help: "Rows of the batch.") var rows = 64
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var plugin: String
    var rows: Int
    var overhead: Promise
    var call: Promise
    /// From Swift arrays to Swift arrays, in microseconds.
    var evaluate: Double
    var environment = MachineFacts.processor(threads: 1)
  }

  func validate() throws {
    guard (1...1_000_000).contains(rows) else {
      throw ValidationError("--rows takes a number from 1 to 1000000, not \(rows).")
    }
  }

  func run() throws {
    let console = output.console()
    let library = try PluginLibrary(console: console)
    let spec = try library.spec(plugin, isolation: .inline)
    let stages = StagePrinter(console: console, head: "bench")
    let bench: CallBench = try PluginJobs.run(
      .benchPlugin, PluginJobs.BenchPlugin(plugin: spec, rows: rows), reading: [spec]
    ) { stages.show("calls", "calls of \(spec.name)", fraction: $0) }
    let document = Document(
      plugin: spec.name, rows: rows,
      overhead: Promise(measured: bench.overhead, limit: 150, unit: "ns"),
      call: Promise(
        measured: bench.call / 1000, limit: 8 * Double(max(rows, 64)) / 64, unit: "µs"),
      evaluate: bench.evaluate / 1000)
    if output.json { return console.print(document: try JSON.text(document)) }
    console.print("overhead of a call beyond the kernel  \(document.overhead.text)")
    console.print("\(spec.name), value and gradients of \(rows)  \(document.call.text)")
    console.print(String(format: "from arrays to arrays  %.4g µs", document.evaluate))
  }
}
