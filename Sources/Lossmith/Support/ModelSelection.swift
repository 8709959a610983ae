import Discovery
import Foundation
import Host
import Losses

/// The endpoint, its models and its prices, as flags, environment and a resumed run have them.
///
/// A flag goes before what the run has stored, and that before the environment: a run goes on with the
/// models that it began with. A flag that contradicts the run is refused later.
struct ModelSelection {
  let endpoint: ChatEndpoint
  let ensemble: ModelEnsemble
  let prices: PriceBook?

  /// - Parameters:
  ///   - stored: settings of the run that is resumed; empty for a new one.
  ///   - limits: what that run may spend; nil for a new one.
  /// - Returns: nil when no endpoint is named anywhere.
  /// - Throws: `LossmithError`: `usage` for what makes no endpoint, `missingFile` or
  ///   `malformedInput` for the price file.
  init?(_ options: EndpointOptions, stored: [String: String], limits: Budget?, seed: UInt64) throws
  {
    let words = stored.merging(options.words) { $1 }
    let environment = ProcessInfo.processInfo.environment
    guard
      var endpoint = try ChatEndpoint.configured(
        api: words["api"].flatMap(ChatAPI.init),
        baseURL: options.baseUrl ?? Self.baseURL(stored["url"], in: environment),
        model: words["model"], keyVariable: options.keyVariable, environment: environment)
    else { return nil }
    if let count = words["maximum-tokens"].flatMap({ Int($0) }) { endpoint.maximumTokens = count }
    endpoint.wantsJSON = words["json-mode"] != "false"
    endpoint.streams = words["stream"] == "true"
    // A server that streams is silent only while its model reads and thinks.
    if endpoint.streams { endpoint.limits.silence = 120 }
    let temperatures = try (words["temperature"] ?? "").split(separator: ",").map { part in
      guard let value = Double(part.trimmingCharacters(in: .whitespaces)) else {
        throw LossmithError(
          .usage, "“\(part)” is no temperature.", at: "--temperature",
          remedy: "Give numbers from 0 to 2, with commas between.")
      }
      return value
    }
    let ensemble = try ModelEnsemble(
      endpoint.model, rule: words["ensemble"].flatMap(ModelEnsemble.Rule.init) ?? .weights,
      temperatures: temperatures, seed: seed)
    endpoint.model = ensemble.arms[0].model
    self.endpoint = endpoint
    self.ensemble = ensemble
    prices = try Self.prices(options.prices, stored["prices"])
    try requirePrices(options.budgetUsd ?? limits?.usd)
    guard options.ensemble != .bandit || ensemble.arms.count > 1 else {
      throw LossmithError(
        .usage, "A bandit has nothing to choose from: there is one model.", at: "--ensemble",
        remedy: "Name several with --model large,small, or leave --ensemble out.")
    }
  }

  /// The URL that a run has stored; the environment's where that is the same but for its query, which is
  /// never stored since it may hold a key.
  private static func baseURL(_ stored: String?, in environment: [String: String]) -> String? {
    guard let stored else { return nil }
    let variable = ChatEndpoint.Flag.baseURLVariable
    guard let text = environment[variable], let url = try? EndpointURL(text, flag: variable),
      url.shown == stored
    else { return stored }
    return text
  }

  /// The price file, or the prices that the run has stored.
  private static func prices(_ path: String?, _ stored: String?) throws -> PriceBook? {
    if let path { return try PriceBook(path: path) }
    return try stored.map { try JSON.decode(PriceBook.self, from: Data($0.utf8)) }
  }

  /// A budget in dollars that nobody counts would never stop anything.
  private func requirePrices(_ budget: Double?) throws {
    guard budget != nil else { return }
    let unpriced = ensemble.arms.map(\.model).filter { prices?.price(of: $0) == nil }
    guard !unpriced.isEmpty else { return }
    throw LossmithError(
      .usage, "There is no price for \(unpriced.joined(separator: ", ")).", at: "--budget-usd",
      remedy: "Name its price, or a default, in a file and give it with --prices; the run has a "
        + "budget in dollars.")
  }

  /// What decides the replies, for the run's configuration; no secrets.
  var settings: [String: String] {
    var settings = endpoint.settings.merging(ensemble.settings) { $1 }
    if let prices { settings["prices"] = try? JSON.text(prices, pretty: false) }
    return settings
  }

  var note: String {
    let models = ensemble.arms.map(\.model).joined(separator: ", ")
    return "Proposals come from \(models) at \(endpoint.baseURL.shown)."
  }
}
