import Losses
import PluginABI

/// Reads the 1728 bytes in which a plug-in describes itself, and believes none of them unchecked.
struct DescriptorDecoder {
  /// `sizeof(loss_descriptor)`.
  static let size = MemoryLayout<loss_descriptor>.size

  private let bytes: [UInt8]

  /// - Throws: ``LossFailure``: `rejected(descriptor)`, naming the field that is wrong.
  static func decode(_ bytes: [UInt8]) throws(LossFailure) -> LossDescriptor {
    try DescriptorDecoder(bytes: bytes).descriptor()
  }

  private func descriptor() throws(LossFailure) -> LossDescriptor {
    guard bytes.count == Self.size else {
      throw refuse("descriptor", "has \(bytes.count) bytes, not \(Self.size)")
    }
    try checkVersion()
    guard let family = LossFamily(rawValue: word(\.family)) else {
      throw refuse("family", "is \(word(\.family)), which this version does not know")
    }
    let argumentCount = Int(word(\.arg_count))
    guard argumentCount <= LOSS_MAX_ARGS else {
      throw refuse("arg_count", "is \(argumentCount); at most \(LOSS_MAX_ARGS) are possible")
    }
    let paramCount = Int(word(\.param_count))
    guard paramCount <= LOSS_MAX_PARAMS else {
      throw refuse("param_count", "is \(paramCount); at most \(LOSS_MAX_PARAMS) are possible")
    }
    let name = try text("name", at: offset(\.name), capacity: LOSS_NAME_SIZE)
    guard !name.isEmpty, name.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
      throw refuse("name", "is empty or not printable ASCII")
    }
    let summary = try text("summary", at: offset(\.summary), capacity: LOSS_TEXT_SIZE)
    let tunables = try (0..<paramCount).mapTyped(tunable)
    for (index, tunable) in tunables.enumerated()
    where tunables[..<index].contains(where: { $0.name == tunable.name }) {
      throw refuse("params[\(index)].name", "\"\(tunable.name)\" occurs twice")
    }
    let arguments = try (0..<argumentCount).mapTyped { index throws(LossFailure) in
      try argument(index, family: family, paramCount: paramCount)
    }
    try ArgumentRules(arguments: arguments, family: family).check()
    return LossDescriptor(
      name: name, summary: summary, family: family,
      // Claims of a later minor version are not ours to test.
      claims: .init(rawValue: word(\.capabilities) & 0xf), arguments: arguments,
      tunables: tunables)
  }

  private func checkVersion() throws(LossFailure) {
    guard word(\.magic) == LOSS_ABI_MAGIC else {
      throw refuse(
        "magic",
        "is 0x\(String(word(\.magic), radix: 16)), not 0x\(String(LOSS_ABI_MAGIC, radix: 16))")
    }
    guard word(\.abi_major) == LOSS_ABI_MAJOR else {
      throw refuse("abi_major", "is \(word(\.abi_major)); this host speaks \(LOSS_ABI_MAJOR)")
    }
    // No version was ever smaller, and a later one fills no more than the room that it is told.
    guard Int(word(\.struct_size)) == Self.size else {
      throw refuse(
        "struct_size",
        "is \(word(\.struct_size)); version 1.0 has \(Self.size) bytes, and as many are the room of this host"
      )
    }
  }

  private func tunable(_ index: Int) throws(LossFailure) -> Tunable {
    let start = offset(\.params) + index * MemoryLayout<loss_param>.stride
    let field = "params[\(index)]"
    func real(_ path: KeyPath<loss_param, Double>) -> Double {
      Double(bitPattern: load(UInt64.self, start + Self.place(path)))
    }
    let name = try text("\(field).name", at: start, capacity: LOSS_NAME_SIZE)
    let isWord = name.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
    }
    guard let first = name.utf8.first, (0x61...0x7a).contains(first), isWord else {
      throw refuse("\(field).name", "\"\(name)\" is not of the form [a-z][a-z0-9_]*")
    }
    let (low, high, initial) = (real(\.minimum), real(\.maximum), real(\.initial))
    guard low.isFinite, high.isFinite, initial.isFinite else {
      throw refuse("\(field) (\(name))", "has a range or an initial value that is not finite")
    }
    guard low <= initial, initial <= high else {
      throw refuse("\(field) (\(name))", "does not obey minimum <= initial <= maximum")
    }
    let flags = Int(load(UInt32.self, start + Self.place(\loss_param.flags)))
    guard load(UInt32.self, start + Self.place(\loss_param.reserved)) == 0 else {
      throw refuse("\(field).reserved", "is not zero")
    }
    guard flags & ~(LOSS_PARAM_LOG_SCALE | LOSS_PARAM_INTEGER) == 0 else {
      throw refuse(
        "\(field).flags",
        "is 0x\(String(flags, radix: 16)), with bits that this version does not know")
    }
    let isInteger = flags & LOSS_PARAM_INTEGER != 0
    guard !isInteger || [low, high, initial].allSatisfy({ $0.rounded() == $0 }) else {
      throw refuse("\(field) (\(name))", "is an integer, but its range or initial value is not")
    }
    let isLogScale = flags & LOSS_PARAM_LOG_SCALE != 0
    guard !isLogScale || low > 0 else {
      throw refuse("\(field) (\(name))", "is on a logarithmic scale but may be 0 or negative")
    }
    return Tunable(
      name: name, minimum: low, maximum: high, initial: initial, isLogScale: isLogScale,
      isInteger: isInteger)
  }

  private func argument(
    _ index: Int, family: LossFamily, paramCount: Int
  ) throws(LossFailure) -> LossDescriptor.Argument {
    let start = offset(\.args) + index * MemoryLayout<loss_arg>.stride
    let role = Int(load(UInt32.self, start))
    let number = load(UInt32.self, start + 4)
    func column() throws(LossFailure) -> LossColumn {
      guard let column = LossColumn(rawValue: number) else {
        throw refuse("args[\(index)].index", "names the column \(number), which does not exist")
      }
      guard column.family == family else {
        throw refuse(
          "args[\(index)].index", "names \(column.name), which a \(family.name) loss does not have")
      }
      return column
    }
    let isPlain = [LOSS_ROWS, LOSS_CLASSES, LOSS_GROUP_SIZE, LOSS_VALUE].contains(role)
    guard !isPlain || number == 0 else {
      throw refuse(
        "args[\(index)].index", "is \(number); a parameter of this role has none, so it is 0")
    }
    switch role {
    case LOSS_ROWS: return .rows
    case LOSS_CLASSES: return .classes
    case LOSS_GROUP_SIZE: return .groupSize
    case LOSS_VALUE: return .value
    case LOSS_INPUT: return .input(try column())
    case LOSS_GRADIENT: return .gradient(try column())
    case LOSS_PARAM:
      guard Int(number) < paramCount else {
        throw refuse("args[\(index)].index", "is \(number); \(paramCount) params are declared")
      }
      return .tunable(Int(number))
    default: throw refuse("args[\(index)].role", "is \(role), which this version does not know")
    }
  }
}

extension DescriptorDecoder {
  private func refuse(_ field: String, _ problem: String) -> LossFailure {
    .descriptor(field, problem)
  }

  private static func place<Root, Value>(_ path: KeyPath<Root, Value>) -> Int {
    // Every field of an imported C struct is stored, so it has an offset.
    MemoryLayout<Root>.offset(of: path) ?? 0
  }

  private func offset<Value>(_ path: KeyPath<loss_descriptor, Value>) -> Int { Self.place(path) }

  private func word(_ path: KeyPath<loss_descriptor, UInt32>) -> UInt32 {
    load(UInt32.self, offset(path))
  }

  private func load<Value: BitwiseCopyable>(_ type: Value.Type, _ offset: Int) -> Value {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// A NUL-terminated text of characters that one can see: no control characters, no marks that turn
  /// the direction of writing, no line separators, none that Unicode does not know.
  private func text(_ field: String, at start: Int, capacity: Int) throws(LossFailure) -> String {
    let room = bytes[start..<(start + capacity)]
    guard let end = room.firstIndex(of: 0) else {
      throw refuse(field, "is not NUL-terminated within its \(capacity) bytes")
    }
    guard let text = String(validating: bytes[start..<end], as: UTF8.self),
      text.unicodeScalars.allSatisfy(Self.isVisible)
    else { throw refuse(field, "is not printable UTF-8") }
    return text
  }
}

extension DescriptorDecoder {
  private static func isVisible(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }
}

extension LossFailure {
  static func descriptor(_ field: String, _ problem: String) -> LossFailure {
    LossFailure(
      .rejected(.descriptor), "the descriptor's field \(field) \(problem)",
      remedy: "Fill the descriptor as loss_abi.h says.")
  }
}

extension Sequence {
  /// `map` that keeps the type of the error.
  func mapTyped<Value>(
    _ transform: (Element) throws(LossFailure) -> Value
  ) throws(LossFailure) -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try transform(element)) }
    return values
  }
}
