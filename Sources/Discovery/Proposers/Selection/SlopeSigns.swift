import Foundation
import Host
import Losses

/// The signs of a loss's slope along the margin: which way it pushes, where.
///
/// `----...` pushes at negative margins and lets go; `---++++` pulls back beyond some margin, as IPO
/// does. One letter for each probe: `-` the loss falls as the margin grows, `+` it rises, `.` it is
/// flat (below a thousandth of the steepest probe).
public enum SlopeSigns {
  /// Margins of the probes, in nats. At β = 0.1 the outer ones are ±6 for a logistic loss.
  public static let margins: [Double] = [-60, -20, -5, 0, 5, 20, 60]
  /// Of a loss whose slope cannot be had.
  public static let unknown = "?"

  /// The signs of slopes at ``margins``.
  ///
  /// - Returns: ``unknown`` unless there is one finite slope for each margin.
  public static func text(_ slopes: [Double]) -> String {
    guard slopes.count == margins.count, slopes.allSatisfy(\.isFinite) else { return unknown }
    let threshold = 1e-3 * (slopes.map(abs).max() ?? 0)
    return String(
      slopes.map { slope -> Character in
        abs(slope) <= threshold ? "." : slope < 0 ? "-" : "+"
      })
  }

  /// A batch of the probes, as `lossmith call` reads one: the margin is split evenly between the two
  /// completions, and the reference gives each −20 nats over 20 tokens.
  static func document(tunables: [String: Double]) throws -> Data {
    struct Document: Encodable {
      var columns: [String: [Double]]
      var params: [String: Double]
    }
    let reference = [Double](repeating: -20, count: margins.count)
    let tokens = [Double](repeating: 20, count: margins.count)
    return try JSON.encode(
      Document(
        columns: [
          "policy_chosen": margins.map { -20 + $0 / 2 },
          "policy_rejected": margins.map { -20 - $0 / 2 },
          "reference_chosen": reference, "reference_rejected": reference,
          "chosen_tokens": tokens, "rejected_tokens": tokens,
        ], params: tunables), pretty: false)
  }

  /// Slopes from the gradients of such a batch: moving the margin by 1 moves each completion by ½.
  static func slopes(_ gradients: [String: [Double]]) -> [Double] {
    let chosen = gradients["policy_chosen"] ?? []
    let rejected = gradients["policy_rejected"] ?? []
    return margins.indices.map { row in
      let up = row < chosen.count ? chosen[row] : 0
      let down = row < rejected.count ? rejected[row] : 0
      return (up - down) / 2
    }
  }
}

extension WorkerEvaluator {
  public func slopes(library: URL, name: String) throws -> String {
    let spec = PluginSpec(name: name, library: library.path, isolation: .process)
    do {
      let reply = try workbench.call(
        spec, document: try SlopeSigns.document(tunables: tunables), source: "probes of the slope")
      guard reply.finding.verdict.isOK else { return SlopeSigns.unknown }
      return SlopeSigns.text(SlopeSigns.slopes(reply.gradients))
    } catch let error as LossmithError
      where [.missingColumn, .malformedInput, .usage].contains(error.code)
    {
      // A loss that wants other columns than every pair has.
      return SlopeSigns.unknown
    } catch is LossFailure {
      return SlopeSigns.unknown
    }
  }

  public func slopes(baseline name: String) throws -> String {
    try slopes(library: try catalogue(name).library, name: name)
  }
}
