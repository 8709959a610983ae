import FlyingFox
import Foundation
import Losses
import Report

/// Answers requests for the page of a run. It reads, and nothing else: every address is looked up among
/// what the watcher has, none of them in the file system.
struct RunSite: HTTPHandler {
  let watcher: RunWatcher
  let script: Data
  let title: String
  /// Names, besides addresses and localhost, that requests may be made to.
  let names: Set<String>

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard request.method == .GET || request.method == .HEAD else {
      return answer(
        .methodNotAllowed, "This page can only be read.\n", type: Self.text,
        [.init("Allow"): "GET, HEAD", .connection: "close"])
    }
    guard HostName.isAllowed(request.headers[.host], names: names) else {
      return answer(
        .forbidden,
        "This server does not answer to that name. Use its address, or start it with --name.\n",
        type: Self.text)
    }
    var response = try respond(to: request)
    if request.method == .HEAD {
      if case .httpBody(let body) = response.payload, let count = body.count {
        response.headers[.contentLength] = "\(count)"
      }
      response.payload = .httpBody(.init(data: Data()))
    }
    return response
  }

  private static let text = "text/plain; charset=utf-8"

  private func respond(to request: HTTPRequest) throws -> HTTPResponse {
    switch request.path {
    case "/":
      let snapshot = watcher.snapshot
      let html = try LivePage.html(
        snapshot.sections.map(\.section), title: title, version: watcher.token(snapshot.version),
        templates: watcher.templates)
      return answer(.ok, html, type: "text/html; charset=utf-8")
    case "/live.js":
      return answer(.ok, script, type: "text/javascript; charset=utf-8")
    case "/events":
      let token =
        request.headers[.init("Last-Event-ID")]
        ?? request.query.first { $0.name == "since" }?.value
      if request.method == .HEAD { return answer(.ok, "", type: "text/event-stream") }
      return HTTPResponse(
        statusCode: .ok, headers: headers("text/event-stream"),
        body: .init(from: EventStream(watcher: watcher, version: watcher.version(of: token))))
    default: return figure(request.path)
    }
  }

  private func figure(_ path: String) -> HTTPResponse {
    for figure in watcher.snapshot.figures {
      if path == "/figures/\(figure.name).svg" {
        return answer(.ok, figure.svg, type: "image/svg+xml; charset=utf-8")
      }
      if path == "/figures/\(figure.name).csv" {
        return answer(.ok, figure.csv, type: "text/csv; charset=utf-8")
      }
    }
    return answer(.notFound, "There is no such page.\n", type: Self.text)
  }

  private func answer(
    _ code: HTTPStatusCode, _ text: String, type: String, _ more: [HTTPHeader: String] = [:]
  ) -> HTTPResponse {
    answer(code, Data(text.utf8), type: type, more)
  }

  private func answer(
    _ code: HTTPStatusCode, _ data: Data, type: String, _ more: [HTTPHeader: String] = [:]
  ) -> HTTPResponse {
    var headers = headers(type)
    for (name, value) in more { headers[name] = value }
    return HTTPResponse(statusCode: code, headers: headers, body: data)
  }

  /// What every answer says: no script but this server's own, no frame, no guessing, no keeping.
  private func headers(_ type: String) -> HTTPHeaders {
    [
      .contentType: type,
      .init("Cache-Control"): "no-store",
      .init("Content-Security-Policy"): "default-src 'none'; script-src 'self'; "
        + "style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'",
      .init("Cross-Origin-Resource-Policy"): "same-origin",
      .init("Referrer-Policy"): "no-referrer",
      .init("X-Content-Type-Options"): "nosniff",
    ]
  }
}

/// The `Host` header of a request.
enum HostName {
  /// Whether a server answers to it.
  ///
  /// A page of a stranger can have its own name lead to this machine (DNS rebinding) and would then read
  /// what is served as its own. Its requests carry its name; those to an address or to localhost
  /// cannot come from there.
  static func isAllowed(_ header: String?, names: Set<String>) -> Bool {
    guard let header, let host = host(header) else { return false }
    return host == "localhost" || isAddress(host) || names.contains(host)
  }

  /// The host without its port, in lower case; nil for what is none.
  static func host(_ header: String) -> String? {
    let text = header.lowercased()
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      return isPort(text[text.index(after: end)...])
        ? String(text[...end].dropFirst().dropLast()) : nil
    }
    guard let colon = text.firstIndex(of: ":") else { return text.isEmpty ? nil : text }
    let host = text[..<colon]
    return !host.isEmpty && isPort(text[colon...]) ? String(host) : nil
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.first == ":" && UInt16(text.dropFirst()) != nil)
  }

  /// Whether it is an address of version 4 or 6, as one writes it.
  static func isAddress(_ text: String) -> Bool { isV4(text) || isV6(text) }

  static func isV4(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
  }

  static func isV6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
  }
}
