/// A descriptor as JSON, in the words that a user writes.
public struct DescriptorDocument: Codable, Sendable, Hashable {
  public var name: String
  public var summary: String
  public var family: String
  public var columns: [String]
  public var tunables: [Tunable]
  public var claims: [String]

  public init(_ descriptor: LossDescriptor) {
    name = descriptor.name
    summary = descriptor.summary
    family = descriptor.family.name
    columns = descriptor.inputs.map(\.name)
    tunables = descriptor.tunables
    let named: [(LossDescriptor.Claims, String)] = [
      (.rowIndependent, "row-independent"), (.shiftInvariant, "shift-invariant"),
      (.convex, "convex"), (.referenceFree, "reference-free"),
    ]
    claims = named.filter { descriptor.claims.contains($0.0) }.map(\.1)
  }
}
