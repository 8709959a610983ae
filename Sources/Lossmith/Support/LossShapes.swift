import Discovery
import Foundation
import Host
import Losses
import Report

/// Value and slope of a run's losses, drawn once in a cell each and kept beside their libraries.
enum LossShapes {
  static let fileName = "shape.json"
  /// Margins from −40 to 40 nats: as far as trainings of small policies go.
  private static let reach = 40.0

  /// The shape that is kept in a folder; nil when there is none or it makes no sense.
  static func read(in folder: URL) -> RunModel.Shape? {
    guard let data = try? Data(contentsOf: folder.appending(path: fileName)),
      let shape = try? JSON.decode(RunModel.Shape.self, from: data), shape.margin.count > 1,
      shape.value.count == shape.margin.count, shape.slope.count == shape.margin.count,
      shape.margin.allSatisfy(\.isFinite)
    else { return nil }
    return shape
  }

  /// Draws what is missing: every loss that was trained.
  ///
  /// A loss that cannot be drawn, and a folder that cannot be written, are passed over: the run is none
  /// the worse for it.
  static func draw(_ run: URL) {
    guard let (config, events) = try? RunDirectory.read(at: run),
      let state = try? RunState.fold(events)
    else { return }
    for candidate in state.candidates where candidate.record != nil || candidate.screening != nil {
      guard let folder = candidate.folder, let library = candidate.library else { continue }
      draw(
        candidate.name ?? "", library: run.appending(path: library.path),
        in: run.appending(path: folder), tunables: config.tunables)
    }
    let plugins = try? PluginLibrary(console: Console(quiet: true))
    for baseline in state.baselines where baseline.record != nil {
      let folder = run.appending(path: "baselines/\(CandidateName.slug(baseline.name))")
      if FileManager.default.fileExists(atPath: folder.appending(path: fileName).path) { continue }
      guard let loss = try? plugins?.catalogueLoss(baseline.name) else { continue }
      draw(baseline.name, library: loss.library, in: folder, tunables: config.tunables)
    }
  }

  private static func draw(
    _ name: String, library: URL, in folder: URL, tunables: [String: Double]
  ) {
    let file = folder.appending(path: fileName)
    guard !FileManager.default.fileExists(atPath: file.path),
      FileManager.default.fileExists(atPath: library.path)
    else { return }
    let spec = PluginSpec(name: name, library: library.path, isolation: .process)
    guard
      let reply: PluginJobs.Curves.Reply = try? PluginJobs.run(
        .curves, PluginJobs.Curves(plugin: spec, tunables: [tunables], reach: reach),
        reading: [spec]),
      let curve = reply.curves.first,
      let data = try? JSON.encode(shape(curve), pretty: false)
    else { return }
    try? data.write(to: file, options: .atomic)
  }

  static func shape(_ curve: LossCurve) -> RunModel.Shape {
    // Half of the points are enough for the eye, and for the page.
    let points = stride(from: 0, to: curve.points.count, by: 2).map { curve.points[$0] }
    return RunModel.Shape(
      axis: axis(curve.family),
      coupling: curve.isCoupled
        ? "looks at its whole batch; one of \(curve.rows) pairs moves, the others stay" : nil,
      margin: points.map(\.margin), value: points.map(\.value), slope: points.map(\.slope))
  }

  static func axis(_ family: String) -> String {
    switch family {
    case "classification": "lead of the label's logit"
    case "listwise": "lead of the best completion over the worst"
    default: "margin ρ"
    }
  }
}
