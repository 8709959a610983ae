import CCurl
import Foundation
import Losses

/// A base URL that a request may go to, read by the library that will connect to it, so that
/// no two parsers can disagree on the host.
public struct EndpointURL: Hashable, Sendable {
  public let scheme: String
  public let host: String
  public let port: String?
  /// Without a slash at its end.
  public let path: String
  /// Part of requests and never of an error: some gateways take a key here.
  let query: String?

  /// - Parameters:
  ///   - text: an `https` URL, or an `http` one, such as `https://host/v1`.
  ///   - flag: what the URL was given by, for the error.
  /// - Throws: `LossmithError` (`usage`) for anything else.
  public init(_ text: String, flag: String = ChatEndpoint.Flag.baseURL) throws(LossmithError) {
    guard let parsed = curl_url() else {
      throw LossmithError(.hostFault, "libcurl could not start.")
    }
    defer { curl_url_cleanup(parsed) }
    func part(_ part: CURLUPart) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parsed, part, &value, 0) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    func refuse(_ why: String) -> LossmithError {
      LossmithError(
        .usage, why, at: flag,
        remedy: "Give a URL such as https://host/v1, or http://127.0.0.1:8080/v1 for a server "
          + "on this machine.")
    }
    let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    guard isClean, curl_url_set(parsed, CURLUPART_URL, text, 0) == CURLUE_OK,
      let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST), !host.isEmpty
    else { throw refuse("The base URL of the endpoint cannot be read.") }
    guard scheme == "https" || scheme == "http" else {
      throw refuse("The base URL of the endpoint begins with \(scheme), not with https or http.")
    }
    guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
      throw LossmithError(
        .usage, "The base URL of the endpoint holds a user name or a password.", at: flag,
        remedy: "Put the key into an environment variable and name that with "
          + "\(ChatEndpoint.Flag.keyVariable).")
    }
    var path = part(CURLUPART_PATH) ?? ""
    while path.hasSuffix("/") { path.removeLast() }
    self.scheme = scheme
    self.host = host
    port = part(CURLUPART_PORT)
    self.path = path
    query = part(CURLUPART_QUERY)
  }

  private init(_ other: EndpointURL, path: String) {
    scheme = other.scheme
    host = other.host
    port = other.port
    query = other.query
    self.path = path
  }

  /// The URL of something below this one; the query stays.
  public func appending(_ suffix: String) -> EndpointURL {
    EndpointURL(self, path: path.hasSuffix("/" + suffix) ? path : path + "/" + suffix)
  }

  /// The URL without the last parts of its path, if those are its last.
  func removing(_ suffix: String) -> EndpointURL {
    guard path.hasSuffix("/" + suffix) else { return self }
    return EndpointURL(self, path: String(path.dropLast(suffix.count + 1)))
  }

  /// Whether the server is on this machine.
  public var isLoopback: Bool {
    host == "localhost" || host == "[::1]"
      || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
  }

  /// The whole URL, for the request.
  var text: String { shown + (query.map { "?" + $0 } ?? "") }

  /// A text without the values of the query, which may be keys.
  func redacted(_ text: String) -> String {
    guard let query else { return text }
    return redactedSecrets(text.replacingOccurrences(of: query, with: "[query]"))
  }

  /// The same but for the query as a whole, which may be as short as `a=1` and stand in any program.
  func redactedSecrets(_ text: String) -> String {
    secrets.reduce(text) { Redaction.without($1, $0) }
  }

  /// The values of the query that may be keys, as they stand there and without their escapes.
  private var secrets: [String] {
    (query ?? "").split(separator: "&").flatMap { part -> [String] in
      let value = part.split(separator: "=", maxSplits: 1).last.map(String.init) ?? ""
      // Short values are words such as `true`, which errors may use.
      return [value, value.removingPercentEncoding ?? value].filter { $0.count >= 8 }
    }
  }

  /// The URL without its query, for people.
  public var shown: String {
    scheme + "://" + host + (port.map { ":" + $0 } ?? "") + path
  }
}
