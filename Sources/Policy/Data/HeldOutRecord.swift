import Foundation

/// What the fit of a policy held out, as `metrics.json` in the policy's folder tells it.
///
/// A task that trains the policy further holds out prompts by the same hash. If it holds out a larger
/// share, some of its held-out prompts were trained on before.
public struct HeldOutRecord: Hashable, Sendable, Codable {
  /// What the hash was taken of.
  public enum Kind: String, Hashable, Sendable, Codable {
    case prompts, texts
  }

  /// 0 … 1.
  public var share: Double
  public var of: Kind

  public init(share: Double, of kind: Kind) {
    self.share = share
    of = kind
  }

  private struct Document: Decodable {
    var record: HeldOutRecord?
    enum CodingKeys: String, CodingKey { case record = "held_out" }
  }

  /// Reads it from a policy's folder; nil where the folder does not tell.
  public static func read(_ folder: URL) -> HeldOutRecord? {
    guard let data = try? Data(contentsOf: folder.appending(path: "metrics.json")) else {
      return nil
    }
    return (try? JSONDecoder().decode(Document.self, from: data))?.record
  }

  /// A sentence for a task that holds out too much; nil where there is nothing to say.
  ///
  /// A fit to texts is passed over: whether they hold the task's prompts, nobody knows.
  public func warning(holdingOut share: Double) -> String? {
    guard of == .prompts, self.share < share else { return nil }
    return
      "the policy was fitted with \(self.share) of the prompts held out, less than data.held_out"
      + " \(share): where the data are the same, it has seen held-out prompts"
  }
}
