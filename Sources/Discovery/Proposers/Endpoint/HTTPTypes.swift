import CCurl
import Foundation

/// One HTTP request.
public struct HTTPRequest: Sendable {
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  public var method: Method
  public var url: EndpointURL
  /// Header fields by name. Values may be secret: they are never part of an error.
  public var headers: [String: String]
  public var body: [UInt8]

  public init(
    _ method: Method, _ url: EndpointURL, headers: [String: String] = [:], body: [UInt8] = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What one HTTP request may take.
public struct HTTPLimits: Hashable, Sendable {
  /// Seconds until the connection stands, TLS included.
  public var connect: Double
  /// Seconds for everything.
  public var total: Double
  /// Seconds without a byte. A server that does not stream is silent while its model writes, so
  /// this must allow for a whole answer.
  public var silence: Double
  /// Bytes of an answer's body, decompressed.
  public var answer: Int

  public init(
    connect: Double = 15, total: Double = 600, silence: Double = 300, answer: Int = 8 << 20
  ) {
    self.connect = connect
    self.total = total
    self.silence = silence
    self.answer = answer
  }
}

/// The answer to an HTTP request, whatever its status.
public struct HTTPResponse: Sendable {
  public var status: Int
  /// Header fields by name in lower case; of a repeated field the last.
  public var headers: [String: String]
  public var body: [UInt8]

  public init(status: Int, headers: [String: String], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The media type without its parameters, in lower case; empty when there is none.
  public var mediaType: String {
    let field = headers["content-type"] ?? ""
    return field.prefix(while: { $0 != ";" }).trimmingCharacters(in: .whitespaces).lowercased()
  }

  /// Seconds to wait as the `Retry-After` field has it, in seconds or as a date.
  ///
  /// - Returns: nil without the field or when it makes no sense; 0 for a date that has passed.
  public func retryAfter(now: Date = Date()) -> Double? {
    guard let field = headers["retry-after"]?.trimmingCharacters(in: .whitespaces), !field.isEmpty
    else { return nil }
    if let seconds = Double(field) {
      return seconds.isFinite && seconds >= 0 ? seconds : nil
    }
    let date = curl_getdate(field, nil)
    return date < 0 ? nil : max(0, Double(date) - now.timeIntervalSince1970)
  }
}

/// Why a request got no answer.
public struct HTTPFailure: Error, Hashable, Sendable {
  public enum Kind: String, Sendable {
    /// The name does not resolve, or nothing listens there.
    case unreachable
    /// The connection cannot be made secure.
    case tls
    /// One of the time limits was reached.
    case timeout
    /// The connection ended before the answer did.
    case cut
    /// What came is not HTTP.
    case garbled
    /// The answer is larger than allowed.
    case tooLarge
    /// The caller asked to stop.
    case aborted
    /// Anything else that libcurl reports.
    case other
  }

  public var kind: Kind
  /// libcurl's words; holds no header and no body.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Whether the same request may succeed a little later.
  public var isTransient: Bool {
    switch kind {
    case .unreachable, .timeout, .cut, .garbled: true
    case .tls, .tooLarge, .aborted, .other: false
    }
  }
}

/// Something that can make an HTTP request.
public protocol HTTPTransport: Sendable {
  /// - Parameter shouldAbort: asked about ten times a second; true ends the request.
  func send(
    _ request: HTTPRequest, limits: HTTPLimits, shouldAbort: () -> Bool
  ) throws(HTTPFailure) -> HTTPResponse
}
