import Foundation
import Losses

// A run may go on with another endpoint than it began with: one that had the wrong address or was
// closed down, or another model. What it asks, and what becomes of a reply, stays as it was; which
// model made a reply stands in the reply.
extension RunConfig {
  /// Names of the proposer's settings that a later session may change: who replies, where, in which
  /// language and at what price. All others decide the protocol of the search.
  public static let endpointSettings: Set<String> = [
    "api", "url", "model", "maximum-tokens", "json-mode", "stream", "prices",
  ]

  /// The proposer's settings with what later sessions put in their place.
  public func proposerSettings(after state: RunState) -> [String: String] {
    var settings = proposerSettings
    if let endpoint = state.endpoint {
      for name in Self.endpointSettings where name != "prices" { settings[name] = endpoint[name] }
    }
    if let prices = state.prices {
      settings["prices"] = (try? JSON.text(prices, pretty: false)) ?? settings["prices"]
    }
    return settings
  }

  /// What of some settings is to be written down, because a session's endpoint is not the run's.
  ///
  /// - Returns: nil where nothing but prices changed, which have a place of their own.
  func changedEndpoint(_ settings: [String: String], after state: RunState) -> [String: String]? {
    func endpoint(_ settings: [String: String]) -> [String: String] {
      settings.filter { Self.endpointSettings.contains($0.key) && $0.key != "prices" }
    }
    let given = endpoint(settings)
    return given == endpoint(proposerSettings(after: state)) ? nil : given
  }

  /// Who proposes, for people: the models that have replied, else those that are to; without a model
  /// the proposer.
  public func proposerName(after state: RunState) -> String {
    var models: [String] = []
    for candidate in state.candidates {
      if let model = candidate.reply.model, !models.contains(model) { models.append(model) }
    }
    guard let named = proposerSettings(after: state)["model"] else { return proposer }
    return state.endpoint == nil || models.isEmpty ? named : models.joined(separator: ",")
  }
}
