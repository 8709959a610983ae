import Foundation

/// Shows a long stage: a fit of a reference, the seeds of a loss, a training.
///
/// On a terminal it is one line with share, rate and time left. In a log it is a plain line at the start,
/// then one each fifth of the way, so that nobody takes a fit of a minute for a program that hangs.
final class StagePrinter {
  private let console: Console
  private let head: String
  private var pace = Pace()
  /// What is being done, without its numbers.
  private var stage: String?
  private var fifths = 0

  /// - Parameter head: what every line begins with, such as the loss.
  init(console: Console, head: String = "prepare".padded(to: 10)) {
    self.console = console
    self.head = head + " "
  }

  /// - Parameters:
  ///   - stage: what is being done; a new one begins a new count.
  ///   - detail: more of it, with numbers.
  ///   - fraction: 0 to 1 of the stage.
  ///   - tellsPace: whether the detail has rate and time left already.
  func show(_ stage: String, _ detail: String, fraction: Double, tellsPace: Bool = false) {
    if stage != self.stage {
      self.stage = stage
      pace = Pace(at: fraction)
      fifths = Int(fraction * 5)
      console.note(head + stage)
    }
    let share = tellsPace ? "\(Int((fraction * 100).rounded(.down))) %" : pace.text(fraction)
    let line = "\(head)\(detail), \(share)"
    if console.isLive {
      console.live(line)
    } else if Int(fraction * 5) > fifths {
      fifths = Int(fraction * 5)
      console.note(line)
    }
  }

  /// A stage that is named by its detail up to the first comma.
  func show(_ detail: String, fraction: Double) {
    show(String(detail.prefix { $0 != "," }), detail, fraction: fraction)
  }
}
