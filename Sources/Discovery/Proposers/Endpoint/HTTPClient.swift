import CCurl
import Foundation

/// HTTP over libcurl: one request at a time, bounded in every direction.
///
/// TLS certificates are verified. Redirects are not followed, since the request carries a key.
/// Proxies are taken from the usual environment variables, except for a server on this machine.
/// `SSL_CERT_FILE` names the certificates of an authority that the machine does not know.
public struct HTTPClient: HTTPTransport {
  /// libcurl wants to be prepared once, before any thread uses it.
  private static let isPrepared: Bool = ccurl_prepare() == CURLE_OK

  /// Milliseconds between two looks at `shouldAbort`.
  private static let tick: Int32 = 100

  private let certificates: String?

  /// - Parameter certificates: a file of trusted authorities in PEM form; nil for the machine's.
  public init(
    certificates: String? = ProcessInfo.processInfo.environment["SSL_CERT_FILE"]
  ) {
    self.certificates = certificates
  }

  public func send(
    _ request: HTTPRequest, limits: HTTPLimits, shouldAbort: () -> Bool
  ) throws(HTTPFailure) -> HTTPResponse {
    guard Self.isPrepared, let easy = curl_easy_init(), let multi = curl_multi_init() else {
      throw HTTPFailure(.other, "libcurl could not start")
    }
    let transfer = CurlTransfer(limit: limits.answer)
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    var headerList: UnsafeMutablePointer<curl_slist>?
    let body = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: request.body.count)
    _ = body.initialize(from: request.body)
    defer {
      curl_multi_remove_handle(multi, easy)
      curl_easy_cleanup(easy)
      curl_multi_cleanup(multi)
      curl_slist_free_all(headerList)
      // It may hold prompts only, but what is gone cannot be found in a core file.
      body.update(repeating: 0)
      body.deallocate()
      errorText.deallocate()
    }

    var lines = request.headers.map { "\($0): \($1)" }
    // Without this libcurl may ask for leave to send a long body, and wait a second for it.
    lines.append("Expect:")
    for line in lines { headerList = curl_slist_append(headerList, line) }

    ccurl_set_string(easy, CURLOPT_URL, request.url.text)
    ccurl_set_error_buffer(easy, errorText)
    if let headerList { ccurl_set_headers(easy, headerList) }
    if request.method == .post {
      ccurl_set_long(easy, CURLOPT_POST, 1)
      ccurl_set_body(
        easy, UnsafeRawPointer(body.baseAddress) ?? UnsafeRawPointer(errorText),
        curl_off_t(body.count))
    }
    Self.setLimits(limits, on: easy)
    ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    if let certificates { ccurl_set_string(easy, CURLOPT_CAINFO, certificates) }
    ccurl_set_string(easy, CURLOPT_ACCEPT_ENCODING, "")
    ccurl_set_string(easy, CURLOPT_USERAGENT, "lossmith")
    if request.url.isLoopback { ccurl_set_string(easy, CURLOPT_NOPROXY, "*") }
    transfer.attach(to: easy)

    curl_multi_add_handle(multi, easy)
    let code = try Self.run(multi, easy, shouldAbort: shouldAbort)
    return try withExtendedLifetime(transfer) { () throws(HTTPFailure) in
      if transfer.isTooLarge {
        throw HTTPFailure(.tooLarge, "the answer has more than \(limits.answer) bytes")
      }
      guard code == CURLE_OK else {
        let text = String(cString: errorText)
        throw HTTPFailure(
          Self.kind(of: code), text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
      }
      return HTTPResponse(
        status: ccurl_status(easy), headers: transfer.headers, body: transfer.body)
    }
  }

  private static func setLimits(_ limits: HTTPLimits, on easy: UnsafeMutableRawPointer) {
    func milliseconds(_ seconds: Double) -> Int {
      Int(min(max(seconds, 0.001), 1e6) * 1000)
    }
    // Signals belong to the program, not to a library that wants to time a name look-up.
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect))
    ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds(limits.total))
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, Int(min(limits.silence, 1e6).rounded(.up))))
    ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
  }

  /// Drives the transfer to its end.
  private static func run(
    _ multi: UnsafeMutableRawPointer, _ easy: UnsafeMutableRawPointer, shouldAbort: () -> Bool
  ) throws(HTTPFailure) -> CURLcode {
    var running: Int32 = 1
    while running > 0 {
      if shouldAbort() {
        ccurl_quick_exit(easy)
        throw HTTPFailure(.aborted, "the request was interrupted")
      }
      var status = curl_multi_perform(multi, &running)
      if status == CURLM_OK, running > 0 {
        status = curl_multi_poll(multi, nil, 0, tick, nil)
      }
      guard status == CURLM_OK else {
        throw HTTPFailure(.other, String(cString: curl_multi_strerror(status)))
      }
    }
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
    }
    throw HTTPFailure(.other, "libcurl ended without a result")
  }

  private static func kind(of code: CURLcode) -> HTTPFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
      .unreachable
    case CURLE_OPERATION_TIMEDOUT: .timeout
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      .tls
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      .cut
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
      .garbled
    default: .other
    }
  }
}

/// What a transfer has received so far; libcurl's callbacks write here.
private final class CurlTransfer {
  /// No server has a reason to send more header bytes.
  static let maximumHeaders = 64 << 10

  private(set) var headers: [String: String] = [:]
  private(set) var body: [UInt8] = []
  private(set) var isTooLarge = false
  private let limit: Int
  private var headerBytes = 0

  init(limit: Int) { self.limit = limit }

  /// - Precondition: this object outlives the transfer of `easy`.
  func attach(to easy: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_body_sink(
      easy,
      { bytes, size, count, context in
        CurlTransfer.of(context).take(UnsafeRawBufferPointer(start: bytes, count: size * count))
      }, context)
    ccurl_set_header_sink(
      easy,
      { bytes, size, count, context in
        CurlTransfer.of(context)
          .takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      }, context)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
    guard let context else { preconditionFailure("attach(to:) gives every sink its context") }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= limit else {
      isTooLarge = true
      return 0
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytes += bytes.count
    guard headerBytes <= Self.maximumHeaders else {
      isTooLarge = true
      return 0
    }
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // The answer proper comes after any interim one.
      headers = [:]
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...]
      headers[line[..<colon].lowercased()] = String(value.trimmingSpace)
    }
    return bytes.count
  }
}

extension Substring {
  fileprivate var trimmingSpace: Substring {
    let head = drop(while: \.isWhitespace)
    return head.lastIndex(where: { !$0.isWhitespace }).map { head[...$0] } ?? ""
  }
}
