import ArgumentParser
import Discovery
import Foundation
import Host
import Losses
import Report

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draws value and slope of losses against the margin, or a table over beta, as SVG.",
    discussion: """
      One line for each loss and each β. A loss that looks at its whole batch (means, variances, sorts) \
      has no curve of its own: its dashed line is one pair of a batch of \(LossCurve.coupledRows) whose \
      margin moves while the others, ordinary ones, stay.

      With --over-beta no loss is named: a CSV table of measured means is drawn, \(BetaTable.columns).
      """)

  @Argument(help: "Catalogue names, .so, source files or folders.") var plugins: [String] = []
  @Option(name: .customShort("o"), help: "The picture's file.") var file = "losses.svg"
  @Option(help: "Values of beta, comma-separated (default: each loss's own).") var beta: String?
  @Option(help: ArgumentHelp("Draw this table of means over beta.", valueName: "csv"))
  var overBeta: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Value of another tunable, NAME=VALUE; repeatable.", valueName: "name=value")
  )
  var assignments: [String] = []
  @Option(help: "Margins from −REACH to REACH, at most 2000.") var reach = 60.0
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var file: String
    var curves: [LossCurve]?
  }

  func validate() throws {
    if overBeta != nil {
      guard plugins.isEmpty, beta == nil, assignments.isEmpty else {
        throw ValidationError("--over-beta draws a table: it takes no losses, --beta or --set.")
      }
      return
    }
    guard !plugins.isEmpty else { throw ValidationError("Name at least one loss.") }
    guard reach > 0, reach <= 2000 else {
      throw ValidationError("--reach takes a number above 0 and up to 2000, not \(reach).")
    }
  }

  func run() throws {
    let console = output.console()
    let place = try Self.place(file)
    if let overBeta {
      try OutputFiles.write(try BetaTable.chart(of: overBeta).svg(), to: place)
      let document = Document(file: place.path)
      if output.json { return console.print(document: try JSON.text(document)) }
      return console.print(place.path.shownOnOneLine)
    }
    let betas = try beta.map { try Self.numbers($0) } ?? []
    let library = try PluginLibrary(console: console)
    let others = try Self.assigned(assignments)
    var curves: [LossCurve] = []
    let named = try NamedPlugins(plugins, library: library, isolation: isolation.isolation)
    let specs = try named.all.map { try $0.spec.get() }
    try DeclaredTunables.require(others.keys, in: specs, console)
    for spec in specs {
      console.live("drawing \(spec.name)")
      let sets = betas.isEmpty ? [others] : betas.map { others.merging(["beta": $0]) { $1 } }
      let reply: PluginJobs.Curves.Reply = try PluginJobs.run(
        .curves, PluginJobs.Curves(plugin: spec, tunables: sets, reach: reach),
        reading: [spec])
      curves += reply.curves
    }
    try require(oneFamily: curves)
    let chart = LossChart(
      curves: curves.map(Self.drawn), axis: LossShapes.axis(curves.first?.family ?? "pairwise"))
    try OutputFiles.write(chart.svg(), to: place)
    if output.json {
      return console.print(
        document: try JSON.text(Document(file: place.path, curves: curves)))
    }
    console.print(place.path.shownOnOneLine)
  }

  /// Where the picture goes.
  ///
  /// - Throws: `LossmithError(.usage)` for a folder, and where no file can be.
  private static func place(_ file: String) throws -> URL {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
      throw LossmithError(
        .usage, "this is a folder, not a file for a picture", at: file,
        remedy: "Write for example -o \(file)/losses.svg.")
    }
    try OutputPlace.require(file: file, flag: "-o")
    return URL(fileURLWithPath: file)
  }

  private func require(oneFamily curves: [LossCurve]) throws {
    guard let first = curves.first else { return }
    if let other = curves.first(where: { $0.family != first.family }) {
      throw LossmithError(
        .usage,
        "\(first.name) is a \(first.family) loss and \(other.name) a \(other.family) one: they have no "
          + "axis in common", remedy: "Draw them into two pictures.")
    }
  }

  private static func drawn(_ curve: LossCurve) -> LossChart.Curve {
    let beta = curve.family == "classification" ? nil : curve.tunables["beta"]
    return .init(
      label: curve.name + (beta.map { " β=\(shortened($0))" } ?? ""),
      coupling: curve.isCoupled
        ? "looks at its whole batch; one of \(curve.rows) pairs moves, the others stay" : nil,
      points: curve.points.map { ($0.margin, $0.value, $0.slope) })
  }

  private static func shortened(_ value: Double) -> String { String(format: "%.4g", value) }

  private static func numbers(_ text: String) throws -> [Double] {
    try text.split(separator: ",").map { part in
      guard let value = Double(part.trimmingCharacters(in: .whitespaces)), value.isFinite, value > 0
      else {
        throw LossmithError(
          .usage, "\"\(part)\" is not a positive number", at: "--beta",
          remedy: "Write for example --beta 0.05,0.1,0.5.")
      }
      return value
    }
  }

  private static func assigned(_ assignments: [String]) throws -> [String: Double] {
    var options = TunableOptions()
    options.assignments = assignments
    options.beta = nil
    return try options.values()
  }
}
