import Losses

/// What of a run a proposer is shown, and how: the knobs of the ablation in DiscoPOP's paper
/// (arXiv 2406.08414, appendix on prompting) and the ways to choose parents.
public struct PromptPlan: Hashable, Sendable {
  /// Which earlier proposals a request shows.
  public enum History: Hashable, Sendable {
    case all
    /// The best by their mean.
    case top(Int)
    /// The latest.
    case last(Int)
    case none
  }

  /// The order in which measured proposals are shown.
  public enum Order: String, Hashable, Sendable, CaseIterable {
    case time, best, worst
  }

  /// What can be left out of every prompt.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    /// Thoughts: neither asked for nor shown.
    case thoughts
    /// Earlier proposals without η. Within a generation a failure is always told, to be mended.
    case failures
    /// Every number that says how good a loss is.
    case fitness
    /// Learning curves.
    case curves
  }

  /// What a request is built on.
  public enum Selection: Hashable, Sendable {
    /// The run as one conversation, or what ``PromptPlan/history`` leaves of it.
    case dialogue
    /// So many measured losses, drawn by rank.
    case parents(Int)
    /// Two measured losses, to be combined.
    case crossover
    /// So many populations that see their own losses, and now and then a neighbour's best.
    case islands(Int)
    /// The best of one niche of (KL, signs of the slope), whatever other niches reach.
    case mapElites
  }

  public var history = History.all
  public var order = Order.time
  public var hidden: Set<Part> = []
  public var selection = Selection.dialogue
  /// Whether the latest learning curves go along as a picture.
  public var showsImages = false
  /// Of every draw.
  public var seed: UInt64 = 0

  public init() {}

  /// Whether a request is one message made anew, rather than the conversation so far.
  public var isDigest: Bool {
    history != .all || order != .time || selection != .dialogue
  }

  /// Whether the signs of every loss's slope must be known.
  public var needsSlopes: Bool { selection == .mapElites }
}

// The words of the command line and of a run's configuration.
extension PromptPlan {
  /// The names of the settings, which are also those of the flags.
  public enum Key: String, CaseIterable {
    case history, order, hide, selection
    case curveImages = "curve-images"
    case searchSeed = "search-seed"
  }

  /// - Parameter words: by the keys' names; others are passed over.
  /// - Throws: `LossmithError` (`usage`) for words that mean nothing.
  public init(_ words: [String: String]) throws(LossmithError) {
    func refuse(_ key: Key, _ text: String, _ remedy: String) -> LossmithError {
      LossmithError(
        .usage, "“\(text)” means nothing here.", at: "--" + key.rawValue, remedy: remedy)
    }
    func count(_ text: String, after head: String) -> Int? {
      guard text.hasPrefix(head + ":"), let number = Int(text.dropFirst(head.count + 1)),
        (1...1000).contains(number)
      else { return nil }
      return number
    }
    if let text = words[Key.history.rawValue] {
      if text == "all" {
        history = .all
      } else if text == "none" {
        history = .none
      } else if let number = count(text, after: "top") {
        history = .top(number)
      } else if let number = count(text, after: "last") {
        history = .last(number)
      } else {
        throw refuse(.history, text, "Use all, top:K, last:K or none.")
      }
    }
    if let text = words[Key.order.rawValue] {
      guard let order = Order(rawValue: text) else {
        throw refuse(.order, text, "Use time, best or worst.")
      }
      self.order = order
    }
    if let text = words[Key.hide.rawValue], text != "nothing" {
      for word in text.split(separator: ",") {
        guard let part = Part(rawValue: String(word)) else {
          throw refuse(
            .hide, String(word), "Use thoughts, failures, fitness and curves, with commas between.")
        }
        hidden.insert(part)
      }
    }
    if let text = words[Key.selection.rawValue] {
      if text == "dialogue" {
        selection = .dialogue
      } else if text == "crossover" {
        selection = .crossover
      } else if text == "map-elites" {
        selection = .mapElites
      } else if let number = count(text, after: "parents") {
        selection = .parents(number)
      } else if let number = count(text, after: "islands"), number >= 2 {
        selection = .islands(number)
      } else {
        throw refuse(
          .selection, text,
          "Use dialogue, parents:N, crossover, islands:N (N from 2) or map-elites.")
      }
    }
    if let text = words[Key.curveImages.rawValue] { showsImages = text == "true" }
    if let text = words[Key.searchSeed.rawValue] {
      guard let seed = UInt64(text) else {
        throw refuse(.searchSeed, text, "Give a whole number from 0.")
      }
      self.seed = seed
    }
  }

  /// For the run's configuration; what is as usual is not named.
  public var settings: [String: String] {
    var words: [Key: String] = [:]
    switch history {
    case .all: break
    case .top(let count): words[.history] = "top:\(count)"
    case .last(let count): words[.history] = "last:\(count)"
    case .none: words[.history] = "none"
    }
    if order != .time { words[.order] = order.rawValue }
    if !hidden.isEmpty { words[.hide] = hidden.map(\.rawValue).sorted().joined(separator: ",") }
    switch selection {
    case .dialogue: break
    case .parents(let count): words[.selection] = "parents:\(count)"
    case .crossover: words[.selection] = "crossover"
    case .islands(let count): words[.selection] = "islands:\(count)"
    case .mapElites: words[.selection] = "map-elites"
    }
    if showsImages { words[.curveImages] = "true" }
    if seed != 0 { words[.searchSeed] = "\(seed)" }
    return Dictionary(uniqueKeysWithValues: words.map { ($0.rawValue, $1) })
  }
}
