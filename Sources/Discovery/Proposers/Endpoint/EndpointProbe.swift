import Foundation
import Host
import Losses

/// A look at an endpoint before hours of work that lead up to the first question to it: is a server
/// there, and does it take the key?
///
/// It asks for the list of models, which costs nothing. Many servers have no such list, so only what would
/// surely fail later is an error now.
public struct EndpointProbe {
  private let endpoint: ChatEndpoint
  private let models: [String]
  private let transport: any HTTPTransport
  private let tries: Int
  private let sleep: (Double) -> Bool
  private let shouldAbort: () -> Bool

  /// Seconds between two tries to reach a server that is perhaps just starting.
  private static let pause = 1.0
  private static let limits = HTTPLimits(connect: 15, total: 30, silence: 30)
  /// Names that a note shows, and the longest that is no nonsense.
  private static let (shown, longestName) = (5, 200)

  /// - Parameters:
  ///   - models: that will be asked.
  ///   - tries: to reach the server.
  ///   - sleep: waits some seconds; false when it was broken off. Nil for the real one.
  ///   - shouldAbort: asked many times a second while waiting; true ends with `interrupted`.
  public init(
    _ endpoint: ChatEndpoint, models: [String], transport: any HTTPTransport = HTTPClient(),
    tries: Int = 3, sleep: ((Double) -> Bool)? = nil,
    shouldAbort: @escaping () -> Bool = { false }
  ) {
    self.endpoint = endpoint
    self.models = models
    self.transport = transport
    self.tries = tries
    self.sleep = sleep ?? { InterruptibleSleep()(seconds: $0, shouldAbort: shouldAbort) }
    self.shouldAbort = shouldAbort
  }

  /// Asks.
  ///
  /// - Returns: what a person should know, such as a model that the server does not list; else nil. A
  ///   server that is slow, busy, broken or without a list is no error: the first question will tell.
  /// - Throws: `LossmithError`: `endpoint` when nothing listens there, when the connection cannot be made
  ///   secure, and when the key is refused (401); `interrupted`.
  public func check() throws(LossmithError) -> String? {
    let request = HTTPRequest(
      .get, endpoint.api.modelsURL(below: endpoint.baseURL),
      headers: endpoint.api.headers(key: endpoint.key))
    for attempt in 1... {
      switch answer(to: request) {
      case .success(let response):
        if response.status == 401 { throw refusal(.refused(response)) }
        return response.status == 200 ? note(on: response.body) : nil
      case .failure(let failure):
        switch failure.kind {
        case .aborted: throw Self.interrupted
        case .unreachable where attempt < tries:
          guard sleep(Self.pause), !shouldAbort() else { throw Self.interrupted }
        case .unreachable, .tls: throw refusal(.transport(failure))
        case .timeout, .cut, .garbled, .tooLarge, .other: return nil
        }
      }
    }
    return nil
  }

  private func answer(to request: HTTPRequest) -> Result<HTTPResponse, HTTPFailure> {
    do throws(HTTPFailure) {
      return .success(
        try transport.send(request, limits: Self.limits, shouldAbort: shouldAbort))
    } catch {
      return .failure(error)
    }
  }

  private static let interrupted = LossmithError(
    .interrupted, "The look at the model's endpoint was interrupted.",
    remedy: "Nothing was begun yet: give the same command again.")

  private func refusal(_ failure: ChatFailure) -> LossmithError {
    failure.error(for: endpoint, "The model cannot be asked")
  }

  // MARK: - The list

  /// The list as both languages have it.
  private struct Models: Decodable {
    struct Model: Decodable { var id: String }
    var data: [Model]
    /// Whether there are more on further pages.
    var has_more: Bool?
  }

  private func note(on body: [UInt8]) -> String? {
    guard let list = try? JSONDecoder().decode(Models.self, from: Data(body)),
      !list.data.isEmpty, list.has_more != true
    else { return nil }
    let names = list.data.map(\.id).filter { $0.count <= Self.longestName }
    let missing = models.filter { model in
      // Ollama leaves the usual tag out.
      !names.contains { $0 == model || $0 == model + ":latest" }
    }
    guard !missing.isEmpty, !names.isEmpty else { return nil }
    let near = missing.compactMap { EditDistance.nearest(to: $0, among: names) }
    let others = names.sorted().filter { !near.contains($0) }
    let told = (near + others).prefix(Self.shown).joined(separator: ", ")
    let more = names.count > Self.shown ? " and \(names.count - Self.shown) more" : ""
    let text = endpoint.baseURL.redacted(Redaction.clean(told, key: endpoint.key))
    return "The endpoint does not list \(missing.joined(separator: ", ")); it lists "
      + ReplyParser.excerpt(text, length: Self.shown * Self.longestName) + more + "."
  }
}
