import ArgumentParser
import Discovery
import Losses

/// Flags of `discover` that say which model proposes, what it may cost and what it is shown.
struct EndpointOptions: ParsableArguments {
  @Option(help: "Base URL of the chat endpoint (or LOSSMITH_BASE_URL).") var baseUrl: String?
  @Option(
    help: ArgumentHelp(
      "Its language: openai (also llama.cpp, Ollama, vLLM) or anthropic (default: by the URL).",
      valueName: "api"))
  var api: ChatAPI?
  @Option(
    help: ArgumentHelp(
      "Model, or several with weights: large=1,small=2 (or LOSSMITH_MODEL).", valueName: "models"))
  var model: String?
  @Option(
    help: ArgumentHelp(
      "How one of several models is chosen: weights (default), or bandit: by what pays.",
      valueName: "rule"))
  var ensemble: ModelEnsemble.Rule?
  @Option(
    help: ArgumentHelp(
      "Temperature, or several to take in turn: 0.2,0.7,1 (default: the server's).",
      valueName: "list"))
  var temperature: String?
  @Option(help: "Tokens of one reply, reasoning included (default: 8192).") var maxTokens: Int?
  @Flag(help: "Ask for replies as a stream, so that a server that hangs is noticed early.")
  var stream = false
  @Flag(
    help: "Do not ask for JSON (response_format); where a server refuses, it is dropped anyway.")
  var noJsonMode = false
  @Option(help: "Retries of a request that fails in passing, with growing waits (default: 5).")
  var retries: Int?
  @Option(
    help: ArgumentHelp(
      "Seconds that one reply may take, retries and waits included (default: 1800).",
      valueName: "seconds"))
  var timeout: Double?
  @Option(
    help: ArgumentHelp(
      "Environment variable that holds the key (default: LOSSMITH_API_KEY, then the provider's own).",
      valueName: "name"))
  var keyVariable: String?

  @Option(
    help: ArgumentHelp(
      "YAML or JSON with US dollars a million tokens, by model; see docs/endpoints.md.",
      valueName: "file"))
  var prices: String?
  @Option(help: "Stop before the endpoint costs more US dollars; --resume may raise it.")
  var budgetUsd: Double?
  @Option(help: "Stop before prompts and replies have more tokens; --resume may raise it.")
  var budgetTokens: Int?
  @Option(help: "Stop before more requests are made; --resume may raise it.") var budgetCalls: Int?

  @Option(
    help: ArgumentHelp(
      "Earlier proposals in a prompt: all (default), top:K, last:K or none.", valueName: "which"))
  var history: String?
  @Option(
    help: ArgumentHelp("Their order: time (default), best or worst first.", valueName: "order"))
  var order: String?
  @Option(
    help: ArgumentHelp(
      "Leave out of prompts, with commas between: thoughts, failures, fitness, curves.",
      valueName: "parts"))
  var hide: String?
  @Option(
    help: ArgumentHelp(
      "Build on: dialogue (default), parents:N, crossover, islands:N, map-elites.",
      valueName: "way"))
  var selection: String?
  @Flag(help: "Send the latest learning curves as a picture, too, for models that see.")
  var curveImages = false
  @Option(help: "Seed that draws parents and models (default: 0).") var searchSeed: UInt64?
  @Option(
    help: ArgumentHelp(
      "Folder with prompt templates of your own (default: templates/prompts).",
      valueName: "folder"))
  var prompts: String?

  func validate() throws {
    try FlagRange.require("--retries", retries, in: 0...100)
    if let maxTokens, !(1...10_000_000).contains(maxTokens) {
      throw ValidationError("--max-tokens takes a number from 1, not \(maxTokens).")
    }
    if let timeout, !(timeout > 0 && timeout.isFinite) {
      throw ValidationError("--timeout takes seconds above 0, not \(timeout).")
    }
    do {
      try budget?.validate()
      _ = try PromptPlan(words)
    } catch {
      throw ValidationError("\(error.location ?? ""): \(error.message) \(error.remedy ?? "")")
    }
  }

  /// Limits of the flags; nil when none is given.
  var budget: Budget? {
    let budget = Budget(usd: budgetUsd, tokens: budgetTokens, calls: budgetCalls)
    return budget.isEmpty ? nil : budget
  }

  /// The given flags that are of use to a model behind an endpoint only.
  var flagsOfEndpoint: [String] {
    let given: [(String, Bool)] = [
      ("--base-url", baseUrl != nil), ("--api", api != nil), ("--model", model != nil),
      ("--ensemble", ensemble != nil), ("--temperature", temperature != nil),
      ("--max-tokens", maxTokens != nil), ("--stream", stream), ("--no-json-mode", noJsonMode),
      ("--retries", retries != nil), ("--timeout", timeout != nil),
      ("--key-variable", keyVariable != nil), ("--prices", prices != nil),
      ("--budget-usd", budgetUsd != nil), ("--budget-tokens", budgetTokens != nil),
      ("--budget-calls", budgetCalls != nil),
    ]
    return given.filter(\.1).map(\.0)
  }

  /// The given flags that are of use only to who reads prompts: a model or a person.
  var flagsOfPrompts: [String] {
    let given: [(String, Bool)] = [
      ("--history", history != nil), ("--order", order != nil), ("--hide", hide != nil),
      ("--selection", selection != nil), ("--curve-images", curveImages),
      ("--search-seed", searchSeed != nil), ("--prompts", prompts != nil),
    ]
    return given.filter(\.1).map(\.0)
  }

  /// What the flags say of prompts and models, by the names of the run's settings.
  var words: [String: String] {
    var words: [String: String] = [:]
    words["api"] = api?.rawValue
    words["url"] = baseUrl
    words["model"] = model
    words["ensemble"] = ensemble?.rawValue
    words["temperature"] = temperature
    words["maximum-tokens"] = maxTokens.map { "\($0)" }
    if stream { words["stream"] = "true" }
    if noJsonMode { words["json-mode"] = "false" }
    words["history"] = history
    words["order"] = order
    words["hide"] = hide
    words["selection"] = selection
    if curveImages { words["curve-images"] = "true" }
    words["search-seed"] = searchSeed.map { "\($0)" }
    words["prompts"] = prompts
    return words
  }
}

extension ChatAPI: ExpressibleByArgument {}
extension ModelEnsemble.Rule: ExpressibleByArgument {}
