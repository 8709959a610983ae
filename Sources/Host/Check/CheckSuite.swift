import Losses

/// The unit tests of a loss, in the order in which they run.
///
/// The paper's own test (arXiv 2406.08414, `validate_code`) knows shape and NaN only, on
/// ten normal samples; it lets infinite and constant losses through and refuses losses that
/// ignore an input. Each check here has a name, and after the first failure the rest do not run,
/// so that the one message that goes back to a model is about the cause.
public struct CheckSuite {
  /// Opens the loss under test in a state that no earlier call has touched: a fresh cell.
  public typealias Opener = () throws(LossFailure) -> any RawLoss

  let open: Opener
  let overrides: [String: Double]
  let seed: UInt64

  /// - Parameters:
  ///   - overrides: values of tunables by name; the rest have their initial values.
  ///   - seed: draws the probe batches; the same seed gives the same batches for every loss.
  public init(overrides: [String: Double] = [:], seed: UInt64 = 0, open: @escaping Opener) {
    self.open = open
    self.overrides = overrides
    self.seed = seed
  }

  /// The names of the checks, in order.
  public static var names: [String] { Step.allCases.map(\.rawValue) }

  enum Step: String, CaseIterable {
    case shape, written, nan, finite, gradient
    case batchSizes = "batch-sizes"
    case equalToReference = "equal-to-reference"
    case magnitudes, determinism
  }

  /// Runs the suite.
  ///
  /// - Parameter observe: called with the name of each check before it runs.
  /// - Returns: the report; a failure of the loss is in it, never thrown.
  public func run(observe: (String) -> Void = { _ in }) -> CheckReport {
    var entries: [CheckReport.Entry] = []
    var warnings: [CheckReport.Warning] = []
    var failure: (step: Step, finding: Finding)?
    let session = CheckSession(open: open, overrides: overrides, seed: seed)
    for step in Step.allCases {
      if let failure {
        entries.append(
          .init(
            name: step.rawValue, outcome: .notRun,
            message: "not run (after \(failure.step.rawValue))",
            remedy: ""))
        continue
      }
      observe(step.rawValue)
      do throws(LossFailure) {
        warnings += try session.perform(step)
        entries.append(.init(name: step.rawValue, outcome: .passed, message: "", remedy: ""))
      } catch {
        failure = (step, error.finding)
        entries.append(
          .init(
            name: step.rawValue, outcome: .failed, message: error.finding.message,
            remedy: error.finding.remedy))
      }
    }
    return CheckReport(
      entries: entries, warnings: Self.distinct(warnings), finding: failure?.finding ?? Finding(.ok)
    )
  }

  /// One warning a name: a kink met on two batches is one kink.
  static func distinct(_ warnings: [CheckReport.Warning]) -> [CheckReport.Warning] {
    var seen: Set<String> = []
    return warnings.filter { seen.insert($0.name).inserted }
  }
}
