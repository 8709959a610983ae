import Foundation
import Host
import Losses
import Testing

/// The tests of the catalogue. They share this process with the losses, and a loss has one tape,
/// so one test runs at a time.
@Suite(.serialized) struct CatalogueTests {}

/// The catalogue's losses, built once and loaded into this process: they are the project's own.
enum CatalogueLosses {
  private static let shared = Result<PluginResolver, any Error> {
    try PluginResolver(builder: PluginBuilder(installation: try Installation.current()))
  }

  private static let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("lossmith-catalogue-\(getuid())")

  static func resolver() throws -> PluginResolver { try shared.get() }

  /// Every name, sorted.
  static func names() throws -> [String] {
    try resolver().catalogue.entries.map(\.name.text)
  }

  /// A loss of the catalogue, in a state of its own.
  static func open(_ name: String) throws -> InlineLoss {
    let library: URL
    switch try resolver().resolve(name) {
    case .plugin(let plugin): library = plugin.library
    case .rejected(_, let rejection): throw LossFailure(rejection.finding)
    }
    return try InlineLoss(image: try PluginImage(path: library.path), folder: folder)
  }

  /// Values and gradients of a batch of named columns.
  static func call(
    _ name: String, _ columns: [String: CatalogueColumn], _ tunables: [String: Double] = [:]
  ) throws -> LossOutput {
    try call(try open(name), columns, tunables)
  }

  static func call(
    _ loss: InlineLoss, _ columns: [String: CatalogueColumn], _ tunables: [String: Double] = [:]
  ) throws -> LossOutput {
    let document = Document(columns: columns, params: tunables)
    let batch = try BatchDocument(try JSONEncoder().encode(document), source: "a test").batch
    try loss.descriptor.requireValid(tunables)
    for name in tunables.keys {
      try #require(
        loss.descriptor.tunables.contains { $0.name == name },
        "\(loss.descriptor.name) declares no \(name)")
    }
    return try loss.evaluate(batch, tunables: loss.descriptor.tunableValues(tunables))
  }

  private struct Document: Encodable {
    var columns: [String: CatalogueColumn]
    var params: [String: Double]
  }
}

/// A column of a batch document: numbers, or rows of numbers.
enum CatalogueColumn: Codable, ExpressibleByArrayLiteral {
  case flat([Double])
  case nested([[Double]])

  init(arrayLiteral elements: Double...) { self = .flat(elements) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flat = try? container.decode([Double].self) {
      self = .flat(flat)
    } else {
      self = .nested(try container.decode([[Double]].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flat(let values): try container.encode(values)
    case .nested(let rows): try container.encode(rows)
    }
  }

  /// The numbers, row by row.
  var values: [Double] {
    switch self {
    case .flat(let values): values
    case .nested(let rows): rows.flatMap { $0 }
    }
  }
}

/// Whether two numbers agree to a part of the second, or to 1e-14.
func agree(_ found: Double, _ expected: Double, tolerance: Double = 1e-10) -> Bool {
  abs(found - expected) <= tolerance * abs(expected) + 1e-14
}

/// Records the first element that disagrees.
func expectAgreement(
  _ found: [Double]?, _ expected: [Double], _ label: String, tolerance: Double = 1e-10,
  _ location: SourceLocation = #_sourceLocation
) {
  guard let found, found.count == expected.count else {
    Issue.record(
      "\(label): \(String(describing: found)) against \(expected)", sourceLocation: location)
    return
  }
  let first = found.indices.first { !agree(found[$0], expected[$0], tolerance: tolerance) }
  if let first {
    Issue.record(
      "\(label)[\(first)]: \(found[first]) against \(expected[first])", sourceLocation: location)
  }
}
