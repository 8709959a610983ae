import Foundation
import Glibc

/// `lossmith serve`, running.
final class ServedRun: @unchecked Sendable {
  let url: String
  let port: UInt16
  private let process = Process()

  /// - Parameter port: 0 for a free one.
  init(_ run: URL, port: UInt16 = 0, options: [String] = []) throws {
    let pipe = Pipe()
    process.executableURL = Program.executable
    process.arguments = ["serve", run.path, "--port", "\(port)"] + options
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("\n") {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else {
        process.waitUntilExit()
        throw Browser.Failure(description: "serve ended with \(process.terminationStatus)")
      }
      text += String(decoding: data, as: UTF8.self)
    }
    url = String(text.prefix { $0 != "\n" })
    self.port = UInt16(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0
  }

  deinit { stop() }

  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  /// An answer to a request, as it came over the wire.
  struct Answer: Sendable {
    var status: Int
    var head: String
    var body: String
  }

  /// Sends a request of these lines, and reads until the server has said all, or for an endless body until
  /// it has said something.
  func ask(
    _ line: String, host: String? = nil, headers: [String] = [], until mark: String? = nil,
    at place: String = "127.0.0.1"
  ) throws -> Answer {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(place)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Browser.Failure(description: "connect: \(errno)") }
    var patience = timeval(tv_sec: 300, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let lines =
      ["\(line) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Connection: close"] + headers
    let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    _ = request.withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(socket, &buffer, buffer.count)
      if count <= 0 { break }
      bytes += buffer[..<count]
      if let mark, String(decoding: bytes, as: UTF8.self).contains(mark) { break }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.components(separatedBy: "\r\n\r\n")
    return Answer(
      status: Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0, head: parts[0],
      body: parts.dropFirst().joined(separator: "\r\n\r\n"))
  }
}

/// The program, running beside a test that stops or kills it; killed when the test ends before it does.
final class StartedProgram: @unchecked Sendable {
  private let process = Process()

  init(_ arguments: [String]) throws {
    process.executableURL = Program.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter {
      ["PATH", "HOME", "XDG_CACHE_HOME"].contains($0.key)
    }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  var isRunning: Bool { process.isRunning }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// - Returns: its exit code, or the signal that ended it.
  @discardableResult
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
