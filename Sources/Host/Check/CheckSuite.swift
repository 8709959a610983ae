import Losses

/// The unit tests of a loss, in the order in which they run.
///
/// The paper's own test (arXiv 2406.08414, `validate_code`) knows shape and NaN only, on
/// ten normal samples; it lets infinite and constant losses through and refuses losses that
/// ignore an input. Each check here has a name, and after the first failure the rest do not run,
/// so that the one message that goes back to a model is about the cause.
///
/// | check | what must hold |
/// |---|---|
/// | `load` | the source builds, the library loads, its descriptor is valid |
/// | `call` | a call returns: no crash, denied system call, excess of time or memory |
/// | `status` | the kernel accepts an ordinary batch |
/// | `shape` | vectors of one length meet, and there is one value a row |
/// | `bounds` | nothing is written beyond the outputs |
/// | `written` | every element of every output is written |
/// | `nan`, `finite` | values and gradients are numbers, and finite ones |
/// | `time` | 64, 8 and 1 rows take at most ``CheckSuite/secondsPerCall`` of processor time |
/// | `gradient` | gradients are those of the sum, by central differences |
/// | `batch-sizes` | 1, 2, 8 and 64 rows, and other widths of a matrix, are served |
/// | `equal-to-reference` | the first training step, where the policy is the reference |
/// | `magnitudes` | log-probabilities to −1000, β·margin to ±200; gradients there too |
/// | `padding` | what a listwise mask hides does not count |
/// | `determinism` | the same calls give the same bits, in a fresh cell and another order too |
/// | `row-independent` … `reference-free` | what the descriptor claims |
public struct CheckSuite {
  /// Opens the loss under test in a state that no earlier call has touched: a fresh cell.
  public typealias Opener = () throws(LossFailure) -> any RawLoss

  /// Processor time that one call with 64 rows or fewer may take. A loss needs microseconds; one at this
  /// limit would take longer than the policy that it trains.
  public static let secondsPerCall = 0.02

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
    case load, call, status, shape, bounds, written, nan, finite, time, gradient
    case batchSizes = "batch-sizes"
    case equalToReference = "equal-to-reference"
    case magnitudes, padding, determinism
    case rowIndependent = "row-independent"
    case shiftInvariant = "shift-invariant"
    case convex
    case referenceFree = "reference-free"
  }

  /// What a check that passed has to say.
  struct Note {
    var warnings: [CheckReport.Warning] = []
    /// Why there was nothing to test; empty where there was.
    var message = ""

    static let silent = Note()
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
        let note = try session.perform(step)
        warnings += note.warnings
        entries.append(
          .init(name: step.rawValue, outcome: .passed, message: note.message, remedy: ""))
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
