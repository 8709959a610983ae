import Foundation

/// Shows what a task prepares before it can train, such as the fit of its reference.
///
/// On a terminal it is one line with rate and time left. In a log it is a plain line at the start, then
/// one each fifth of the way, so that nobody takes a fit of a minute for a program that hangs.
final class PreparationPrinter {
  private let console: Console
  private var pace = Pace()
  /// What is being done, without its numbers.
  private var stage: String?
  private var fifths = 0

  init(console: Console) {
    self.console = console
  }

  /// - Parameters:
  ///   - detail: what is being done; numbers may follow after a comma.
  ///   - fraction: 0 to 1.
  func show(_ detail: String, fraction: Double) {
    let head = "prepare".padded(to: 10) + " "
    let name = String(detail.prefix { $0 != "," })
    if name != stage {
      stage = name
      pace = Pace(at: fraction)
      fifths = Int(fraction * 5)
      console.note(head + name)
    }
    if console.isLive {
      console.live("\(head)\(detail), \(pace.text(fraction))")
    } else if Int(fraction * 5) > fifths {
      fifths = Int(fraction * 5)
      console.note("\(head)\(detail), \(pace.text(fraction))")
    }
  }
}
