import Foundation
import Glibc

/// A server on loopback that does exactly what a script says, the ill-mannered things too.
///
/// It speaks just enough HTTP/1.1 to read a request, and writes whatever bytes it is told.
/// Everything runs on threads of its own: the code under test blocks its caller's.
final class ScriptedServer: @unchecked Sendable {
  enum Step: Sendable {
    case respond(status: Int, headers: [String: String] = [:], body: String)
    /// Bytes as they are, then the connection closes.
    case raw([UInt8])
    /// Nothing, until the client gives up.
    case stall
    /// A head that promises a body of this size, then zeros as long as the client takes them.
    case flood(bytes: Int)
  }

  struct Received: Sendable {
    var head: String
    var body: [UInt8]

    func field(_ name: String) -> String? {
      for line in head.split(separator: "\r\n") {
        guard let colon = line.firstIndex(of: ":") else { continue }
        if line[..<colon].lowercased() == name {
          return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
      }
      return nil
    }

    /// The body as a JSON object; empty when it is none.
    var object: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }
  }

  let port: UInt16
  private let listener: Int32
  private let steps: [Step]
  private let lock = NSLock()
  private var requests: [Received] = []

  /// - Parameter steps: one a connection; the last is repeated.
  convenience init(_ steps: Step...) { self.init(steps) }

  init(_ steps: [Step]) {
    self.steps = steps
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    precondition(isBound, "no port on loopback")
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in acceptAll() }
  }

  deinit { close(listener) }

  /// What has arrived so far.
  var received: [Received] { lock.withLock { requests } }

  var url: String { "http://127.0.0.1:\(port)/v1" }

  /// Ends the thread that accepts; open connections end with their clients.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func acceptAll() {
    var count = 0
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { return }
      let step = steps[min(count, steps.count - 1)]
      count += 1
      Thread.detachNewThread { [self] in
        serve(connection, step)
        close(connection)
      }
    }
  }

  private func serve(_ connection: Int32, _ step: Step) {
    guard let request = read(connection) else { return }
    lock.withLock { requests.append(request) }
    switch step {
    case .respond(let status, var headers, let body):
      if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
      headers["Content-Length"] = "\(body.utf8.count)"
      headers["Connection"] = "close"
      let fields = headers.map { "\($0): \($1)\r\n" }.joined()
      send(connection, Array("HTTP/1.1 \(status) Word\r\n\(fields)\r\n\(body)".utf8))
    case .raw(let bytes): send(connection, bytes)
    case .stall:
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    case .flood(let bytes):
      send(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n".utf8))
      let block = [UInt8](repeating: 0x20, count: 1 << 16)
      for _ in 0..<(bytes / block.count) where !send(connection, block) { return }
    }
  }

  private func read(_ connection: Int32) -> Received? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let end = bytes.firstRange(of: blank) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let request = Received(head: head, body: Array(bytes[end.upperBound...]))
        let length = request.field("content-length").flatMap { Int($0) } ?? 0
        if request.body.count >= length { return request }
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      // A greeting of TLS, say: whoever sends it gets its answer in plain words.
      if let first = bytes.first, first < 0x41 { return Received(head: "", body: bytes) }
    }
  }

  @discardableResult
  private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

extension Array where Element: Equatable {
  /// The first place where a shorter array stands in this one.
  fileprivate func firstRange(of other: [Element]) -> Range<Int>? {
    guard count >= other.count else { return nil }
    for start in 0...(count - other.count)
    where self[start..<(start + other.count)].elementsEqual(other) {
      return start..<(start + other.count)
    }
    return nil
  }
}
