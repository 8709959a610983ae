import Losses

/// A chat endpoint: where, in which language, which model, with which key.
public struct ChatEndpoint: Sendable {
  /// The flags and variables that errors send people to.
  public enum Flag {
    public static let api = "--api"
    public static let baseURL = "--base-url"
    public static let model = "--model"
    public static let keyVariable = "--key-variable"
    public static let baseURLVariable = "LOSSMITH_BASE_URL"
    public static let modelVariable = "LOSSMITH_MODEL"
  }

  public var api: ChatAPI
  /// Such as `https://host/v1`.
  public var baseURL: EndpointURL
  public var model: String
  public var key: APIKey?
  /// Nil leaves it to the server.
  public var temperature: Double?
  /// Tokens of one reply; nil leaves it to the server. Models that reason spend theirs here too.
  public var maximumTokens: Int?
  /// Whether to ask for `response_format: json_object`; given up when the server refuses it.
  public var wantsJSON: Bool
  /// Whether to ask for the reply piece by piece, so that a server that hangs is noticed early.
  public var streams: Bool
  public var limits: HTTPLimits

  /// - Parameter api: nil guesses it from the URL.
  /// - Throws: `LossmithError` (`usage`) when the model has no name, or when the key would
  ///   travel to another machine in plain text.
  public init(
    api: ChatAPI? = nil, baseURL: EndpointURL, model: String, key: APIKey? = nil,
    temperature: Double? = nil, maximumTokens: Int? = 8192, wantsJSON: Bool = true,
    streams: Bool = false, limits: HTTPLimits = HTTPLimits()
  ) throws(LossmithError) {
    guard model.contains(where: { !$0.isWhitespace }) else {
      throw LossmithError(
        .usage, "The endpoint has a base URL but no model.", at: Flag.model,
        remedy: "Name the model with \(Flag.model) or in \(Flag.modelVariable).")
    }
    if let key, baseURL.scheme == "http", !baseURL.isLoopback {
      throw LossmithError(
        .usage, "The key in \(key.variable) would travel to \(baseURL.host) in plain text.",
        at: Flag.baseURL, remedy: "Use an https URL, or unset \(key.variable).")
    }
    self.api = api ?? .guessed(from: baseURL)
    self.baseURL = baseURL
    self.model = model
    self.key = key
    self.temperature = temperature
    self.maximumTokens = maximumTokens
    self.wantsJSON = wantsJSON
    self.streams = streams
    self.limits = limits
  }

  /// The endpoint that flags and environment describe; a flag goes before its variable.
  ///
  /// - Returns: nil when no base URL is given anywhere, and the language named has no own one.
  /// - Throws: `LossmithError` (`usage`) when what is given makes no endpoint.
  public static func configured(
    api: ChatAPI? = nil, baseURL: String? = nil, model: String? = nil, keyVariable: String? = nil,
    environment: [String: String]
  ) throws(LossmithError) -> ChatEndpoint? {
    func first(_ flag: String?, _ variable: String) -> (text: String, source: String)? {
      if let flag { return (flag, "") }
      guard let value = environment[variable], !value.isEmpty else { return nil }
      return (value, variable)
    }
    guard
      let url = first(baseURL, Flag.baseURLVariable) ?? api?.defaultBaseURL.map({ ($0, Flag.api) })
    else { return nil }
    let base = try EndpointURL(url.text, flag: url.source.isEmpty ? Flag.baseURL : url.source)
    let api = api ?? .guessed(from: base)
    return try ChatEndpoint(
      api: api, baseURL: base, model: first(model, Flag.modelVariable)?.text ?? "",
      key: APIKey.find(variable: keyVariable, for: api, in: environment))
  }

  /// Where the conversation is sent.
  public var completionsURL: EndpointURL { api.url(below: baseURL) }

  /// What decides the replies, for the journal; no secrets.
  public var settings: [String: String] {
    var settings = ["url": baseURL.shown, "model": model]
    if api != .openai { settings["api"] = api.rawValue }
    settings["temperature"] = temperature.map { "\($0)" }
    settings["maximum-tokens"] = maximumTokens.map { "\($0)" }
    settings["json-mode"] = "\(wantsJSON)"
    if streams { settings["stream"] = "true" }
    return settings
  }

  /// Whether requests name a format: Anthropic's messages have no field for it.
  var sendsFormat: Bool { wantsJSON && api == .openai }
}
