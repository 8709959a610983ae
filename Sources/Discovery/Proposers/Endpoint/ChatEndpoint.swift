import Losses

/// An OpenAI-compatible chat endpoint: where, which model, with which key.
public struct ChatEndpoint: Sendable {
  /// The flags and variables that errors send people to.
  public enum Flag {
    public static let baseURL = "--base-url"
    public static let model = "--model"
    public static let keyVariable = "--key-variable"
    public static let baseURLVariable = "LOSSMITH_BASE_URL"
    public static let modelVariable = "LOSSMITH_MODEL"
  }

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
  public var limits: HTTPLimits

  /// - Throws: `LossmithError` (`usage`) when the model has no name, or when the key would
  ///   travel to another machine in plain text.
  public init(
    baseURL: EndpointURL, model: String, key: APIKey? = nil, temperature: Double? = nil,
    maximumTokens: Int? = 8192, wantsJSON: Bool = true, limits: HTTPLimits = HTTPLimits()
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
    self.baseURL = baseURL
    self.model = model
    self.key = key
    self.temperature = temperature
    self.maximumTokens = maximumTokens
    self.wantsJSON = wantsJSON
    self.limits = limits
  }

  /// The endpoint that flags and environment describe; a flag goes before its variable.
  ///
  /// - Returns: nil when no base URL is given anywhere.
  /// - Throws: `LossmithError` (`usage`) when what is given makes no endpoint.
  public static func configured(
    baseURL: String? = nil, model: String? = nil, keyVariable: String? = nil,
    environment: [String: String]
  ) throws(LossmithError) -> ChatEndpoint? {
    func first(_ flag: String?, _ variable: String) -> (text: String, source: String)? {
      if let flag { return (flag, "") }
      guard let value = environment[variable], !value.isEmpty else { return nil }
      return (value, variable)
    }
    guard let url = first(baseURL, Flag.baseURLVariable) else { return nil }
    return try ChatEndpoint(
      baseURL: EndpointURL(url.text, flag: url.source.isEmpty ? Flag.baseURL : url.source),
      model: first(model, Flag.modelVariable)?.text ?? "",
      key: APIKey.find(variable: keyVariable, in: environment))
  }

  /// Where the conversation is sent.
  public var completionsURL: EndpointURL { baseURL.appending("chat/completions") }

  /// What decides the replies, for the journal; no secrets.
  public var settings: [String: String] {
    var settings = ["url": baseURL.shown, "model": model]
    settings["temperature"] = temperature.map { "\($0)" }
    settings["maximum-tokens"] = maximumTokens.map { "\($0)" }
    settings["json-mode"] = "\(wantsJSON)"
    return settings
  }
}
