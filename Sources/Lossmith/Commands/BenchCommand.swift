import ArgumentParser
import Foundation

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures what the project promises of its own speed.",
    subcommands: [
      BenchBuildCommand.self, BenchPluginCommand.self, BenchTrainCommand.self,
      BenchEpochCommand.self, BenchSampleCommand.self, BenchCellCommand.self,
      BenchGrowthCommand.self, BenchEvaluateCommand.self,
    ])
}

/// A number beside the most that it should be.
struct Promise: Encodable {
  var measured: Double
  var limit: Double
  var unit: String

  var isKept: Bool { measured <= limit }

  var text: String {
    String(format: "%.4g %@ (at most %.4g %@)", measured, unit, limit, unit)
      + (isKept ? "" : "  NOT KEPT")
  }

  private enum CodingKeys: String, CodingKey { case measured, limit, unit, kept }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(measured, forKey: .measured)
    try container.encode(limit, forKey: .limit)
    try container.encode(unit, forKey: .unit)
    try container.encode(isKept, forKey: .kept)
  }
}
