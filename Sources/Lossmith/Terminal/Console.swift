import Foundation
import Losses
import Synchronization

/// Where words go: results to standard output, everything else to standard error.
///
/// On a terminal the current stage is one line that is written over; in a log every stage is a
/// plain line of its own. Colours are for terminals only, and not where `NO_COLOR` is set
/// (no-color.org); nothing is told by colour alone.
///
/// All words pass through here, or through `Failure.report`, and only the colours of these two are
/// control characters: those of names, paths, sources and messages are shown as escapes.
final class Console: Sendable {
  let isQuiet: Bool
  let isLive: Bool
  private let state = Mutex(State())

  private struct State {
    var liveWidth = 0
    var lastLive = ContinuousClock.now - .seconds(1)
  }

  init(quiet: Bool = false) {
    isQuiet = quiet
    isLive = !quiet && isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  enum Tone: Int {
    case bad = 31
    case good = 32
    case warning = 33
  }

  /// Whether a descriptor shows colours.
  static func hasColours(
    _ descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }

  /// The text in a colour where standard error shows it.
  static func painted(_ text: String, _ tone: Tone?) -> String {
    guard let tone, hasColours(2) else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }

  /// A result, on standard output. A closed pipe is not an error.
  func print(_ text: String) {
    clearLive()
    Self.write(text.shown + "\n", to: 1)
  }

  /// A result that programs read, a JSON document, byte for byte on standard output.
  func print(document: String) {
    clearLive()
    Self.write(document + "\n", to: 1)
  }

  /// A plain line on standard error; further lines of the text are set in.
  func note(_ text: String, _ tone: Tone? = nil) {
    guard !isQuiet else { return }
    clearLive()
    let tone = tone ?? (text.hasPrefix("warning:") ? .warning : nil)
    Self.write(Self.painted(text.shown.hanging, tone) + "\n", to: 2)
  }

  /// A line that must be seen even with `--quiet`: errors, and how to resume.
  func alert(_ text: String) {
    clearLive()
    Self.write(text.shown + "\n", to: 2)
  }

  /// The stage that is under way. Shown on a terminal only, at most ten times a second.
  func live(_ text: String) {
    guard isLive else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.lastLive > .milliseconds(100) else { return }
      state.lastLive = now
      let line = String(text.shownOnOneLine.prefix(Self.width - 1))
      let padding = String(repeating: " ", count: max(0, state.liveWidth - line.count))
      state.liveWidth = line.count
      Self.write("\r\(line)\(padding)", to: 2)
    }
  }

  private func clearLive() {
    state.withLock { state in
      guard state.liveWidth > 0 else { return }
      Self.write("\r" + String(repeating: " ", count: state.liveWidth) + "\r", to: 2)
      state.liveWidth = 0
    }
  }

  private static var width: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}
