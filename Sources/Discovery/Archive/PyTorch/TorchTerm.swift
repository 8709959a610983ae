/// A piece of Python with what it stands for.
struct TorchTerm {
  enum Kind: Hashable {
    case number, integer, bool
    /// A number literal without a point: whatever its surroundings want.
    case literal
    /// A floating-point tensor.
    case vector
    /// A tensor of truth values: LossKit's 1 and 0.
    case mask
    case tuple
    case batch, tunables

    /// What a parameter of a type in Swift is; nil for a type that the export does not know.
    init?(type: String) {
      switch type {
      case "Double", "Float": self = .number
      case "Int": self = .integer
      case "Bool": self = .bool
      case "Vector", "Matrix": self = .vector
      case "PairwiseBatch": self = .batch
      case "Tunables": self = .tunables
      default:
        if type.hasPrefix("(") { self = .tuple } else { return nil }
      }
    }

    var isTensor: Bool { self == .vector || self == .mask }
  }

  var text: String
  var kind: Kind
  /// How tightly the outermost operator of ``text`` binds, in Python; 20 for one that needs no brackets.
  var binding = 20

  /// In brackets where an operator around it would take it apart.
  func bound(_ least: Int) -> String { binding < least ? "(\(text))" : text }

  /// As numbers: truth values of pairs become 1 and 0.
  var numeric: TorchTerm {
    kind == .mask ? TorchTerm(text: "\(bound(20)).to(dtype)", kind: .vector) : self
  }

  /// As truth values of pairs.
  var mask: TorchTerm {
    kind == .mask ? self : TorchTerm(text: "\(bound(11)) != 0", kind: .mask, binding: 6)
  }
}
