/// Writes a `loss_descriptor` (ABI 1.0) at its pinned offsets, so that no C header is needed
/// where a plug-in is compiled.
struct DescriptorWriter {
  /// A `loss_role`.
  enum Role: UInt32 {
    case rows = 1
    case input = 4
    case tunable = 5
    case value = 6
    case gradient = 7
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
  func header(claims: Claims, name: StaticString, summary: StaticString) {
    let pairwise: UInt32 = 1
    let words: InlineArray<6, UInt32> = [
      0x5353_4F4C, 1, 0, UInt32(Offset.end), pairwise, claims.rawValue,
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
