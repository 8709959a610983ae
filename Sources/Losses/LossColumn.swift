import PluginABI

/// The family of a loss: what one row of its batch is.
public enum LossFamily: UInt32, Sendable, CaseIterable, Codable {
  case pairwise = 1
  case classification = 2
  case listwise = 3

  /// The word used in JSON documents and tables.
  public var name: String {
    switch self {
    case .pairwise: "pairwise"
    case .classification: "classification"
    case .listwise: "listwise"
    }
  }
}

/// An input array of a loss. The raw value is the id of the ABI and is never reused.
public enum LossColumn: UInt32, Sendable, CaseIterable, Comparable {
  case policyChosen = 1
  case policyRejected = 2
  case referenceChosen = 3
  case referenceRejected = 4
  case chosenTokens = 16
  case rejectedTokens = 17
  case chosenScore = 18
  case rejectedScore = 19
  case scoreMargin = 20
  case weight = 21
  case logits = 32
  case labels = 33
  case listPolicy = 48
  case listReference = 49
  case listScores = 50
  case listMask = 51

  /// The extents of a column, in the order of its row-major layout.
  public enum Shape: Sendable {
    case rows, rowsByClasses, rowsByGroup
  }

  public var family: LossFamily {
    switch rawValue {
    case ..<32: .pairwise
    case ..<48: .classification
    default: .listwise
    }
  }

  public var shape: Shape {
    switch self {
    case .logits: .rowsByClasses
    case .listPolicy, .listReference, .listScores, .listMask: .rowsByGroup
    default: .rows
    }
  }

  /// Whether the policy's parameters move this column, so that a gradient is wanted.
  public var isDifferentiable: Bool {
    switch self {
    case .policyChosen, .policyRejected, .logits, .listPolicy: true
    default: false
    }
  }

  /// Whether every data set of the family has the column.
  public var isCore: Bool {
    switch self {
    case .policyChosen, .policyRejected, .referenceChosen, .referenceRejected: true
    case .logits, .labels: true
    case .listPolicy, .listReference, .listScores, .listMask: true
    default: false
    }
  }

  /// The name in JSON documents.
  public var name: String {
    switch self {
    case .policyChosen: "policy_chosen"
    case .policyRejected: "policy_rejected"
    case .referenceChosen: "reference_chosen"
    case .referenceRejected: "reference_rejected"
    case .chosenTokens: "chosen_tokens"
    case .rejectedTokens: "rejected_tokens"
    case .chosenScore: "chosen_score"
    case .rejectedScore: "rejected_score"
    case .scoreMargin: "score_margin"
    case .weight: "weight"
    case .logits: "logits"
    case .labels: "labels"
    case .listPolicy: "policy"
    case .listReference: "reference"
    case .listScores: "scores"
    case .listMask: "mask"
    }
  }

  /// The column of a JSON name; nil when there is none.
  public init?(name: String) {
    guard let column = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = column
  }

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
