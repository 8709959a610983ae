/// A loss that can be called: all that a trainer knows of a plug-in.
///
/// An instance belongs to one thread at a time.
public protocol Loss: AnyObject {
  var descriptor: LossDescriptor { get }

  /// The value and the gradients of one batch.
  ///
  /// - Parameters:
  ///   - batch: must hold every column of ``LossDescriptor/inputs``.
  ///   - tunables: one value for each of ``LossDescriptor/tunables``, in their order.
  /// - Throws: ``LossFailure`` when the plug-in crashed, ran out of time or memory, broke the
  ///   contract or returned a status. A NaN among the values is not an error here.
  func evaluate(_ batch: LossBatch, tunables: [Double]) throws(LossFailure) -> LossOutput
}

/// A declared scalar of a loss: β, τ …
public struct Tunable: Hashable, Sendable, Codable {
  public var name: String
  public var minimum: Double
  public var maximum: Double
  public var initial: Double
  /// Whether a search should step in the logarithm.
  public var isLogScale: Bool
  public var isInteger: Bool

  public init(
    name: String, minimum: Double, maximum: Double, initial: Double, isLogScale: Bool = false,
    isInteger: Bool = false
  ) {
    self.name = name
    self.minimum = minimum
    self.maximum = maximum
    self.initial = initial
    self.isLogScale = isLogScale
    self.isInteger = isInteger
  }
}

/// What a plug-in says of itself, validated.
public struct LossDescriptor: Hashable, Sendable {
  /// One parameter of the kernel's C signature.
  public enum Argument: Hashable, Sendable {
    case rows, classes, groupSize
    case input(LossColumn)
    case tunable(Int)
    case value
    case gradient(LossColumn)
  }

  /// Claims that the host tests and never trusts.
  public struct Claims: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let rowIndependent = Claims(rawValue: 1)
    public static let shiftInvariant = Claims(rawValue: 2)
    public static let convex = Claims(rawValue: 4)
    public static let referenceFree = Claims(rawValue: 8)
  }

  public var name: String
  public var summary: String
  public var family: LossFamily
  public var claims: Claims
  /// The kernel's C signature, in order.
  public var arguments: [Argument]
  public var tunables: [Tunable]

  public init(
    name: String, summary: String, family: LossFamily, claims: Claims, arguments: [Argument],
    tunables: [Tunable]
  ) {
    self.name = name
    self.summary = summary
    self.family = family
    self.claims = claims
    self.arguments = arguments
    self.tunables = tunables
  }

  /// The columns that the kernel reads, in the order of its parameters.
  public var inputs: [LossColumn] {
    arguments.compactMap { if case .input(let column) = $0 { column } else { nil } }
  }

  /// The columns for which the kernel gives gradients.
  public var gradients: [LossColumn] {
    arguments.compactMap { if case .gradient(let column) = $0 { column } else { nil } }
  }

  /// The value of every tunable: the given one where its name is declared, else the initial one.
  public func tunableValues(_ overrides: [String: Double] = [:]) -> [Double] {
    tunables.map { overrides[$0.name] ?? $0.initial }
  }
}
