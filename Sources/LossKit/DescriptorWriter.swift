/// Writes a `loss_descriptor` (ABI 1.0) at its pinned offsets, so that no C header is needed
/// where a plug-in is compiled.
struct DescriptorWriter {
  /// A `loss_role`.
  enum Role: UInt32 {
    case rows = 1
    case classes = 2
    case groupSize = 3
    case input = 4
    case tunable = 5
    case value = 6
    case gradient = 7
  }

  /// A `loss_family`.
  enum Family: UInt32 {
    case pairwise = 1
    case classification = 2
    case listwise = 3
  }

  private enum Offset {
    static let structSize = 12
    static let argumentCount = 24
    static let parameterCount = 28
    static let name = 32
    static let summary = 64
    static let arguments = 320
    static let parameters = 704
    static let end = 1728
  }

  private let out: UnsafeMutableRawPointer
  private var arguments: UInt32 = 0
  private var parameters: UInt32 = 0

  init(_ out: UnsafeMutableRawPointer) { self.out = out }

  /// Whether the host gave room for a whole descriptor.
  var hasRoom: Bool { out.load(fromByteOffset: Offset.structSize, as: UInt32.self) >= Offset.end }

  /// Magic, version, size, family, claims and texts.
  func header(_ family: Family, claims: Claims, name: StaticString, summary: StaticString) {
    let words: InlineArray<6, UInt32> = [
      0x5353_4F4C, 1, 0, UInt32(Offset.end), family.rawValue, claims.rawValue,
    ]
    for i in words.indices { store(words[i], at: 4 * i) }
    text(name, at: Offset.name, room: 32)
    text(summary, at: Offset.summary, room: 256)
  }

  /// Appends a parameter of the kernel.
  mutating func argument(_ role: Role, _ index: UInt32 = 0) {
    let offset = Offset.arguments + 8 * Int(arguments)
    guard offset < Offset.parameters else { return }
    store(role.rawValue, at: offset)
    store(index, at: offset + 4)
    arguments += 1
    store(arguments, at: Offset.argumentCount)
  }

  /// Appends a tunable.
  mutating func parameter(_ tunable: Tunable) {
    let offset = Offset.parameters + 64 * Int(parameters)
    guard offset < Offset.end else { return }
    text(tunable.name, at: offset, room: 32)
    store(tunable.minimum, at: offset + 32)
    store(tunable.maximum, at: offset + 40)
    store(tunable.initial, at: offset + 48)
    let isLog: UInt32 = tunable.scale.isLogarithmic ? 1 : 0
    let isInteger: UInt32 = tunable.isInteger ? 2 : 0
    store(isLog | isInteger, at: offset + 56)
    parameters += 1
    store(parameters, at: Offset.parameterCount)
  }

  /// Writes all that the three families have in common around their inputs and outputs.
  ///
  /// - Parameters:
  ///   - extents: what follows the number of rows.
  ///   - inputs: ids of the columns in the order of the kernel's parameters.
  ///   - gradients: ids of the columns with a gradient, likewise.
  /// - Returns: LOSS_OK; LOSS_STATUS_UNSUPPORTED when there is too little room;
  ///   LOSS_STATUS_TUNABLE with the line of a declaration that makes no sense.
  static func write(
    _ out: UnsafeMutableRawPointer, _ family: Family, name: StaticString, summary: StaticString,
    extents: [Role], inputs: [UInt32], gradients: [UInt32], tunables declared: [Tunable],
    claims: Claims
  ) -> Int32 {
    let list = TunableList(declared: declared)
    var descriptor = DescriptorWriter(out)
    guard descriptor.hasRoom else { return Status.unsupported.code(line: 0) }
    descriptor.header(family, claims: claims, name: name, summary: summary)
    descriptor.argument(.rows)
    for extent in extents { descriptor.argument(extent) }
    for column in inputs { descriptor.argument(.input, column) }
    // The kernel always takes 16 numbers; those beyond the declared ones are β again.
    for i in 0..<TunableList.limit { descriptor.argument(.tunable, UInt32(i < list.count ? i : 0)) }
    descriptor.argument(.value)
    for column in gradients { descriptor.argument(.gradient, column) }
    for i in 0..<list.count { descriptor.parameter(list[i]) }
    guard let offender = list.offender else { return 0 }
    // The host finds in the descriptor what is wrong, too many of them included.
    descriptor.store(UInt32(list.count), at: Offset.parameterCount)
    return Status.tunable.code(line: offender.line)
  }

  private func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
    out.storeBytes(of: value, toByteOffset: offset, as: Value.self)
  }

  /// Writes as many whole characters of a text as fit with the NUL behind them.
  private func text(_ text: StaticString, at offset: Int, room: Int) {
    guard text.hasPointerRepresentation else { return }
    var length = min(text.utf8CodeUnitCount, room - 1)
    let isCut = length < text.utf8CodeUnitCount
    // 10xxxxxx continues a character of UTF-8.
    while isCut && length > 0 && text.utf8Start[length] & 0xC0 == 0x80 { length -= 1 }
    for i in 0..<length { store(text.utf8Start[i], at: offset + i) }
  }
}
