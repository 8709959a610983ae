import Foundation
import Losses
import Testing

@testable import Policy

@Suite("Safetensors")
struct SafetensorsTests {
  /// A file of a header and data.
  static func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
    let head = Array(header.utf8)
    let count = (length ?? UInt64(head.count)).littleEndian
    return withUnsafeBytes(of: count) { Array($0) } + head
      + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
  }

  static func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Data(bytes).write(to: url)
      return try SafetensorsFile(url)
    }
  }

  static func tensor(_ dtype: String, _ shape: String, _ range: Range<Int>) -> String {
    "{\"dtype\":\"\(dtype)\",\"shape\":\(shape),"
      + "\"data_offsets\":[\(range.lowerBound),\(range.upperBound)]}"
  }

  @Test("reads tensors of every type by name, in any order of the header")
  func types() throws {
    let header = """
      {"b":\(Self.tensor("F16", "[2]", 8..<12)),"__metadata__":{"format":"pt","k":"v"},\
      "a":\(Self.tensor("F32", "[1,2]", 0..<8)),"c":\(Self.tensor("BF16", "[]", 12..<14)),\
      "d":\(Self.tensor("I8", "[0]", 14..<14)),"e":\(Self.tensor("F64", "[1]", 14..<22)),\
      "f":\(Self.tensor("I64", "[1]", 22..<30)),"g":\(Self.tensor("BOOL", "[2]", 30..<32))}
      """
    var bytes = Self.file(header, data: 0)
    func add<Value>(_ value: Value) { withUnsafeBytes(of: value) { bytes += Array($0) } }
    add(Float(1.5))
    add(-Float.pi)
    add(UInt16(0x3C01))
    add(UInt16(0xFC00))
    add(UInt16(0xC049))
    add(Double(0.1))
    add(Int64(-7))
    add(UInt16(0x0100))
    let file = try Self.open(bytes)
    #expect(file.names == ["a", "b", "c", "d", "e", "f", "g"])
    #expect(file.metadata == ["format": "pt", "k": "v"])
    #expect(file.shape(of: "a") == [1, 2])
    #expect(file.shape(of: "c") == [])
    #expect(file.shape(of: "x") == nil)
    #expect(file.floats("a") == [1.5, -Float.pi])
    #expect(file.floats("b") == [1 + 0x1p-10, -.infinity])
    #expect(file.floats("c") == [-3.140625])
    #expect(file.floats("d") == [])
    #expect(file.floats("e") == [0.1])
    #expect(file.floats("f") == [-7])
    #expect(file.floats("g") == [0, 1])
  }

  @Test("halves: all 65,536 patterns, against the formula")
  func halves() {
    for bits in UInt16.min...UInt16.max {
      let value = TensorElement.float(half: bits)
      let sign: Float = bits >> 15 == 0 ? 1 : -1
      let (exponent, fraction) = (Int(bits >> 10) & 31, Float(bits & 0x3FF))
      switch exponent {
      case 31: #expect(fraction == 0 ? value == sign * .infinity : value.isNaN)
      case 0: #expect(value == sign * fraction * 0x1p-24 && (value.sign == .minus) == (sign < 0))
      default:
        let scale = Float(sign: .plus, exponent: exponent - 15, significand: 1)
        #expect(value == sign * scale * (1 + fraction / 1024))
      }
    }
  }

  @Test(
    "refuses a malformed file and says what is wrong",
    arguments: [
      ([UInt8](), "too few"), ([1, 2, 3], "too few"),
      (file("{}", data: 0, length: 1 << 60), "claims 1152921504606846976 bytes"),
      (file("{}", data: 0, length: .max), "claims"),
      (file("{}", data: 0, length: 3), "truncated"),
      (file("", data: 0), "must start with"), (file("[]", data: 0), "must start with"),
      (file(" {}", data: 0), "must start with"), (file("{", data: 0), "ends too early"),
      (file("{}x", data: 0), "after the end"),
      (file("{\"a\":7}", data: 0), "expected \"{\""),
      (file("{\"a\":\(tensor("F31", "[1]", 0..<4))}", data: 4), "unknown dtype \"F31\""),
      (file("{\"a\":\(tensor("F32", "[2]", 0..<4))}", data: 4), "needs 8 bytes"),
      (file("{\"a\":\(tensor("F32", "[-1]", 0..<4))}", data: 4), "negative"),
      (file("{\"a\":\(tensor("F32", "[1.0]", 0..<4))}", data: 4), "whole number"),
      (
        file("{\"a\":\(tensor("F32", "[4611686018427387904,4]", 0..<4))}", data: 4),
        "larger than any file"
      ),
      (file("{\"a\":\(tensor("F32", "[1]", 0..<4))}", data: 3), "truncated: \"a\" ends at byte"),
      (file("{\"a\":\(tensor("F32", "[1]", 0..<4))}", data: 5), "1 bytes of no tensor after \"a\""),
      (file("{\"a\":\(tensor("F32", "[1]", 4..<8))}", data: 8), "between the header and \"a\""),
      (
        file(
          "{\"a\":\(tensor("F32", "[2]", 0..<8)),\"b\":\(tensor("F32", "[2]", 4..<12))}", data: 12),
        "\"a\" and \"b\" overlap"
      ),
      (
        file(
          "{\"a\":\(tensor("F32", "[1]", 0..<4)),\"b\":\(tensor("F32", "[1]", 0..<4))}", data: 4),
        "overlap"
      ),
      (
        file(
          "{\"a\":\(tensor("F32", "[1]", 0..<4)),\"a\":\(tensor("F32", "[1]", 4..<8))}", data: 8),
        "the key \"a\" occurs twice"
      ),
      (file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", data: 4), "needs dtype, shape"),
      (
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,4]}}", data: 8),
        "impossible"
      ),
      (
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"x\":1}}", data: 4),
        "key \"x\""
      ),
      (
        file(
          "{\"a\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[\(Int.max),\(Int.max)]}}",
          data: 0), "impossible"
      ),
      (file("{\"__metadata__\":{\"a\":1}}", data: 0), "expected \"\"\""),
    ])
  func malformed(bytes: [UInt8], message: String) throws {
    let error = #expect(throws: LossmithError.self) { try Self.open(bytes) }
    #expect(error?.code == .malformedInput)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.location?.hasSuffix("model.safetensors") == true)
    #expect(error?.remedy != nil)
  }

  @Test("a file that is not there, and a folder in its place")
  func missing() throws {
    try TestFiles.withFolder { folder in
      let none = #expect(throws: LossmithError.self) {
        try SafetensorsFile(folder.appending(path: "none"))
      }
      #expect(none?.code == .missingFile)
      let isFolder = #expect(throws: LossmithError.self) { try SafetensorsFile(folder) }
      #expect(isFolder?.code == .malformedInput)
    }
  }

  @Test("writes what it reads back; equal tensors give equal bytes in any order")
  func writing() throws {
    try TestFiles.withFolder { folder in
      let one = [Float](arrayLiteral: 1, -0.0, .pi, .leastNonzeroMagnitude)
      let two = [Float](arrayLiteral: 7)
      let urls = [folder.appending(path: "1"), folder.appending(path: "2")]
      try one.withUnsafeBufferPointer { one in
        try two.withUnsafeBufferPointer { two in
          let tensors = [
            SafetensorsWriter.Tensor(name: "h.10.\"é\"", shape: [2, 2], elements: one),
            SafetensorsWriter.Tensor(name: "h.1", shape: [], elements: two),
          ]
          try SafetensorsWriter.write(tensors, to: urls[0])
          try SafetensorsWriter.write(tensors.reversed(), to: urls[1])
        }
      }
      let file = try SafetensorsFile(urls[0])
      #expect(file.floats("h.10.\"é\"")?.map(\.bitPattern) == one.map(\.bitPattern))
      #expect(file.floats("h.1") == two)
      #expect(file.shape(of: "h.1") == [])
      #expect(file.metadata == ["format": "pt"])
      #expect(try Data(contentsOf: urls[0]) == Data(contentsOf: urls[1]))
      // Only the two files: nothing temporary is left.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
  }

  @Test("a failed write leaves the old file and nothing else")
  func failedWrite() throws {
    try TestFiles.withFolder { folder in
      let url = folder.appending(path: "taken")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      let error = #expect(throws: LossmithError.self) { try AtomicFile.write([1], to: url.path) }
      #expect(error?.code == .storage)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
      #expect(throws: LossmithError.self) {
        try AtomicFile.write([1], to: folder.appending(path: "no/such/folder").path)
      }
    }
  }
}
