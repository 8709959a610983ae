import Discovery
import Foundation

/// Shows a run's progress: a plain line for every stage, and on a terminal what is under way
/// within a stage.
///
/// A generation's line tells the pace, and the time left where the end is known.
final class RunProgressPrinter {
  private let console: Console
  /// Generations that the run will have at most; nil when nobody knows.
  private let expectedGenerations: Int?
  private let started = Date()
  private var generationsSeen = 0
  /// The stage and loss of the last plain line: within them only the live line moves.
  private var shown: String?
  /// Of the stage that is under way.
  private var stagePace = Pace()

  init(console: Console, expectedGenerations: Int?) {
    self.console = console
    self.expectedGenerations = expectedGenerations
  }

  func show(_ progress: RunProgress) {
    let name = progress.name.map { "\($0): " } ?? ""
    let head = "\(progress.stage.rawValue.padded(to: 10)) \(place(progress))\(name)"
    guard let fraction = progress.fraction else {
      if progress.stage != .propose || !progress.message.hasPrefix("answered") { shown = nil }
      console.note(
        head + progress.message + (progress.stage == .generation ? pace(progress) : ""),
        tone(progress))
      return
    }
    if shown != head {
      shown = head
      stagePace = Pace(at: fraction)
      // The cheap stage has said what it does, and takes no time worth another line.
      if progress.stage != .screen {
        console.note(head + (progress.stage == .train ? "training" : "running the checks"))
      }
    }
    console.live("\(head)\(progress.message), \(stagePace.text(fraction))")
  }

  private func tone(_ progress: RunProgress) -> Console.Tone? {
    switch progress.stage {
    case .fault: .bad
    case .verdict:
      progress.message.hasPrefix("η") ? .good : progress.message.hasPrefix("stopped") ? nil : .bad
    default: nil
    }
  }

  private func place(_ progress: RunProgress) -> String {
    guard let generation = progress.generation else { return "" }
    let attempt = progress.attempt.map { $0 > 0 ? ".\($0)" : "" } ?? ""
    return "[\(generation)\(attempt)] "
  }

  /// ", 12 s a generation, about 2 min left".
  private func pace(_ progress: RunProgress) -> String {
    guard let generation = progress.generation else { return "" }
    generationsSeen += 1
    let each = Date().timeIntervalSince(started) / Double(generationsSeen)
    var text = String(format: ", %.1f s a generation", each)
    if let expectedGenerations, expectedGenerations > generation {
      text += ", at most \(Pace.duration(each * Double(expectedGenerations - generation))) left"
    }
    return text
  }
}
