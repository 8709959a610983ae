/// A scalar of a loss that a search may vary: a temperature, a threshold, a smoothing.
///
/// An author declares tunables beside the loss, and reads them by name:
///
///     let extraTunables = [Tunable("tau", default: 0.05, range: 0.001...1, scale: .log)]
///     … x / tunables.tau …
///
/// β need not be declared. Declaring a tunable `beta` replaces its default and range.
public struct Tunable: Sendable {
  /// How a search should step. (A structure: an enumeration would be hashable, and hashing draws
  /// random numbers from the system.)
  public struct Scale: Sendable {
    let isLogarithmic: Bool
    @export(interface)
    public static var linear: Scale { Scale(isLogarithmic: false) }
    @export(interface)
    public static var log: Scale { Scale(isLogarithmic: true) }
  }

  let name: StaticString
  let initial: Double
  let minimum: Double
  let maximum: Double
  let scale: Scale
  let isInteger: Bool
  let line: UInt32

  /// - Parameters:
  ///   - name: a letter a–z, then letters, digits and `_`: at most 31 characters.
  ///   - initial: the value unless another is asked for; within `range`.
  ///   - range: finite ends; positive ones for `.log`.
  ///   - isInteger: whole numbers only, `initial` and the ends of `range` included.
  @export(interface)
  public init(
    _ name: StaticString, default initial: Double, range: ClosedRange<Double>,
    scale: Scale = .linear, isInteger: Bool = false, line: UInt32 = #line
  ) {
    self.name = name
    self.initial = initial
    self.minimum = range.lowerBound
    self.maximum = range.upperBound
    self.scale = scale
    self.isInteger = isInteger
    self.line = line
  }

  /// β as it is when the author does not declare it.
  static let beta = Tunable("beta", default: 0.1, range: 0.0001...100, scale: .log, line: 0)

  /// Whether the descriptor may say this.
  var isValid: Bool {
    isValidName(name) && minimum.isFinite && maximum.isFinite && minimum <= initial
      && initial <= maximum && (!scale.isLogarithmic || minimum > 0)
      && (!isInteger || (isWhole(minimum) && isWhole(maximum) && isWhole(initial)))
  }
}

/// The tunables that an author declares; none unless the author's file has a constant of this
/// name, which then hides this one.
public let extraTunables: [Tunable] = []

private func isWhole(_ number: Double) -> Bool { number.rounded() == number }

private func isValidName(_ name: StaticString) -> Bool {
  guard name.hasPointerRepresentation, 1...31 ~= name.utf8CodeUnitCount else { return false }
  for i in 0..<name.utf8CodeUnitCount {
    switch name.utf8Start[i] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): continue
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): if i == 0 { return false }
    default: return false
    }
  }
  return true
}

/// Whether two names have the same bytes.
func areEqual(_ a: StaticString, _ b: StaticString) -> Bool {
  guard a.hasPointerRepresentation, b.hasPointerRepresentation,
    a.utf8CodeUnitCount == b.utf8CodeUnitCount
  else { return false }
  for i in 0..<a.utf8CodeUnitCount where a.utf8Start[i] != b.utf8Start[i] { return false }
  return true
}

/// The tunables of a loss in the order of its descriptor: β first, then the declared ones.
struct TunableList {
  let declared: [Tunable]

  /// How many tunables a kernel can have (LOSS_MAX_PARAMS).
  static var limit: Int { 16 }

  /// One name twice, more than fit, or a declaration that makes no sense: the first offender.
  var offender: Tunable? {
    for (i, tunable) in declared.enumerated() {
      if !tunable.isValid || position(of: tunable.name) != i { return tunable }
    }
    return count <= Self.limit ? nil : declared.last
  }

  /// The place of a name in `declared`.
  func position(of name: StaticString) -> Int? {
    for i in 0..<declared.count where areEqual(declared[i].name, name) { return i }
    return nil
  }

  private var betaPosition: Int? { position(of: Tunable.beta.name) }

  var count: Int { declared.count + (betaPosition == nil ? 1 : 0) }

  /// The tunable with an index of the descriptor.
  subscript(index: Int) -> Tunable {
    let beta = betaPosition
    if index == 0 { return beta.map { declared[$0] } ?? Tunable.beta }
    if let beta { return declared[index <= beta ? index - 1 : index] }
    return declared[index - 1]
  }

  /// The index in the descriptor of a name; nil when it is not declared.
  func index(of name: StaticString) -> Int? {
    if areEqual(name, Tunable.beta.name) { return 0 }
    guard let position = position(of: name) else { return nil }
    guard let beta = betaPosition else { return position + 1 }
    return position < beta ? position + 1 : position
  }
}
