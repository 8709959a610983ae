import Foundation
import Glibc

/// A headless Chromium, driven over its DevTools protocol by two pipes.
///
/// One process serves one test; everything is waited for with a long deadline, because machines that
/// test are busy.
final class Browser {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// The browser's program; nil where there is none.
  static var program: String? {
    let names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in names {
      for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
        return "\(folder)/\(name)"
      }
    }
    return nil
  }

  /// Whether a missing browser is a failure. `make test` installs one where apt-get knows it.
  static var isRequired: Bool {
    ProcessInfo.processInfo.environment["LOSSMITH_REQUIRE_BROWSER"] == "1"
  }

  private let process = Process()
  private let profile: TemporaryFolder
  private let commands: Int32
  private let answers: Int32
  private var buffer = Data()
  private var lastID = 0
  private(set) var events: [[String: Any]] = []

  init(_ program: String) throws {
    profile = try TemporaryFolder()
    let (input, output) = (profile.url.path + "/in", profile.url.path + "/out")
    guard mkfifo(input, 0o600) == 0, mkfifo(output, 0o600) == 0 else {
      throw Failure(description: "no pipes: \(errno)")
    }
    // Both ends are held open here, so that neither side waits for the other to open its own.
    commands = open(input, O_RDWR | O_CLOEXEC)
    answers = open(output, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    var arguments = [
      program, "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
      "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
      "--user-data-dir=\(profile.url.path)/profile", "--window-size=1100,900",
    ]
    // Its own sandbox does not start as root, nor where user namespaces are forbidden. The pages are ours.
    arguments.append("--no-sandbox")
    process.arguments =
      [
        "-c", "exec \"$@\" 3<\"\(input)\" 4>\"\(output)\"", "browser",
      ] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    // Its helpers hold what Foundation waits for, so the whole group ends; nobody waits.
    let number = process.processIdentifier
    if number > 0 {
      kill(-number, SIGKILL)
      kill(number, SIGKILL)
    }
    close(commands)
    close(answers)
  }

  /// Sends a command and waits for its answer.
  @discardableResult
  func send(
    _ method: String, _ parameters: [String: Any] = [:], session: String? = nil
  ) throws -> [String: Any] {
    lastID += 1
    let id = lastID
    var message: [String: Any] = ["id": id, "method": method, "params": parameters]
    message["sessionId"] = session
    var bytes = try JSONSerialization.data(withJSONObject: message)
    bytes.append(0)
    try bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          commands, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno != EINTR { throw Failure(description: "pipe: \(errno)") }
        if count > 0 { rest = rest.dropFirst(count) }
      }
    }
    var answer: [String: Any]?
    try wait(for: "the answer to \(method)") {
      answer = events.first { $0["id"] as? Int == id }
      return answer != nil
    }
    events.removeAll { $0["id"] as? Int == id }
    if let error = answer?["error"] { throw Failure(description: "\(method): \(error)") }
    return answer?["result"] as? [String: Any] ?? [:]
  }

  /// Reads what the browser tells until something holds.
  func wait(
    for what: String, seconds: Double = 300, _ holds: () throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !holds() {
      guard ContinuousClock.now < deadline else {
        throw Failure(description: "The browser did not do it in \(seconds) s: \(what).")
      }
      guard process.isRunning else { throw Failure(description: "The browser ended: \(what).") }
      var poll = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
      _ = Glibc.poll(&poll, 1, 200)
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(answers, &bytes, bytes.count)
      if count > 0 { take(bytes[..<count]) }
    }
  }

  private func take(_ bytes: ArraySlice<UInt8>) {
    buffer.append(contentsOf: bytes)
    while let end = buffer.firstIndex(of: 0) {
      let message = buffer[..<end]
      if let value = try? JSONSerialization.jsonObject(with: message) as? [String: Any] {
        events.append(value)
      }
      buffer = Data(buffer[(end + 1)...])
    }
  }
}
