/// The element types of the safetensors format.
enum TensorElement: String, CaseIterable, Sendable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"

  /// Bytes an element.
  var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// Whether a model's weights can have this type.
  var isFloatingPoint: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16: true
    default: false
    }
  }

  /// Converts elements to Float32, little-endian and at any alignment.
  ///
  /// F16 and BF16 are exact; wider types are rounded to nearest.
  ///
  /// - Precondition: `source` has `size` bytes for each element of `target`.
  func convert(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>) {
    precondition(source.count == target.count * size, "a tensor's bytes and elements disagree")
    func each<Value>(_ type: Value.Type, _ value: (Value) -> Float) {
      for index in target.indices {
        target[index] = value(
          source.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type))
      }
    }
    switch self {
    case .f32: UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
    case .f64: each(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .f16: each(UInt16.self) { Self.float(half: UInt16(littleEndian: $0)) }
    case .bf16: each(UInt16.self) { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    case .i64: each(Int64.self) { Float(Int64(littleEndian: $0)) }
    case .i32: each(Int32.self) { Float(Int32(littleEndian: $0)) }
    case .i16: each(Int16.self) { Float(Int16(littleEndian: $0)) }
    case .i8: each(Int8.self) { Float($0) }
    case .u64: each(UInt64.self) { Float(UInt64(littleEndian: $0)) }
    case .u32: each(UInt32.self) { Float(UInt32(littleEndian: $0)) }
    case .u16: each(UInt16.self) { Float(UInt16(littleEndian: $0)) }
    case .u8: each(UInt8.self) { Float($0) }
    case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
  }

  /// The value of an IEEE 754 half: sign, 5 bits of exponent (bias 15), 10 of fraction.
  ///
  /// Written out because `Float16` is not there on every platform of Swift.
  static func float(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10) & 0x1F
    let fraction = UInt32(half) & 0x3FF
    switch exponent {
    case 0:
      // A subnormal is fraction · 2⁻²⁴, which Float32 holds exactly.
      return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
