import CKernelCall
import Testing

/// C functions to call; what they compute tells apart every argument.
private let mixed:
  @convention(c) (UInt32, Double, UnsafeMutablePointer<Double>, UInt32, Double) -> Int32 = {
    count, scale, out, other, shift in
    for index in 0..<Int(count) { out[index] = scale * Double(index) + shift }
    return Int32(bitPattern: other)
  }

/// More integers and reals than registers hold, in turn: 9 of one and 10 of the other.
private let crowd:
  @convention(c) (
    UnsafeMutablePointer<Double>, Double, UInt32, Double, UInt32, Double, UInt32, Double, UInt32,
    Double, UInt32, Double, UInt32, Double, UInt32, Double, UInt32, Double, Double
  ) -> Int32 = { out, a, i, b, j, c, k, d, l, e, m, f, n, g, o, h, p, x, y in
    out[0] = a + 3 * b + 9 * c + 27 * d + 81 * e + 243 * f + 729 * g
    out[1] = h + 3 * x + 9 * y
    out[2] = Double(i) + 3 * Double(j) + 9 * Double(k) + 27 * Double(l)
    out[3] = Double(m) + 3 * Double(n) + 9 * Double(o) + 27 * Double(p)
    return -3
  }

@Suite("Calls by a signature known at run time")
struct KernelCallTests {
  private func number(_ value: UInt32) -> kernelcall_argument {
    kernelcall_argument(kind: UInt32(KERNELCALL_U32), reserved: 0, bits: UInt64(value))
  }

  private func real(_ value: Double) -> kernelcall_argument {
    kernelcall_argument(kind: UInt32(KERNELCALL_F64), reserved: 0, bits: value.bitPattern)
  }

  private func pointer(_ value: UnsafeMutableRawPointer) -> kernelcall_argument {
    kernelcall_argument(
      kind: UInt32(KERNELCALL_POINTER), reserved: 0, bits: UInt64(UInt(bitPattern: value)))
  }

  private var function: UnsafeMutableRawPointer {
    unsafeBitCast(mixed, to: UnsafeMutableRawPointer.self)
  }

  @Test("numbers, reals and pointers arrive, and the status comes back with its sign")
  func roundTrip() throws {
    let plan = try #require(kernelcall_create())
    defer { kernelcall_destroy(plan) }
    var out = [Double](repeating: 0, count: 3)
    var status: Int32 = 0
    let result = out.withUnsafeMutableBytes { buffer in
      let arguments = [
        number(3), real(0.5), pointer(buffer.baseAddress!), number(.max - 6), real(-2),
      ]
      return kernelcall_call(plan, function, arguments, 5, &status)
    }
    #expect(result == 0)
    #expect(status == -7)
    #expect(out == [-2, -1.5, -1])
  }

  @Test("a plan serves another signature after the first")
  func replan() throws {
    let plan = try #require(kernelcall_create())
    defer { kernelcall_destroy(plan) }
    let negate: @convention(c) (Double) -> Int32 = { Int32(-$0) }
    let add: @convention(c) (UInt32, UInt32) -> Int32 = { Int32($0 + $1) }
    var status: Int32 = 0
    for round in 0..<3 {
      let value = Double(round)
      #expect(
        kernelcall_call(
          plan, unsafeBitCast(negate, to: UnsafeMutableRawPointer.self), [real(value)], 1, &status)
          == 0)
      #expect(status == -Int32(round))
      #expect(
        kernelcall_call(
          plan, unsafeBitCast(add, to: UnsafeMutableRawPointer.self), [number(2), number(40)], 2,
          &status) == 0)
      #expect(status == 42)
    }
  }

  @Test("an unknown kind and too many arguments are refused without a call")
  func refusals() throws {
    let plan = try #require(kernelcall_create())
    defer { kernelcall_destroy(plan) }
    var status: Int32 = 99
    let unknown = [kernelcall_argument(kind: 9, reserved: 0, bits: 0)]
    #expect(kernelcall_call(plan, function, unknown, 1, &status) == 1)
    let many = [kernelcall_argument](repeating: number(0), count: 49)
    #expect(kernelcall_call(plan, function, many, 49, &status) == 1)
    #expect(status == 99)
  }

  @Test("arguments beyond the registers arrive on the stack in their order, as through libffi")
  func overflow() throws {
    let plan = try #require(kernelcall_create())
    defer { kernelcall_destroy(plan) }
    let function = unsafeBitCast(crowd, to: UnsafeMutableRawPointer.self)
    var results: [[Double]] = []
    for run in [kernelcall_run, kernelcall_run_portably] {
      var out = [Double](repeating: 0, count: 4)
      let status = out.withUnsafeMutableBytes { buffer -> Int32 in
        var arguments = [pointer(buffer.baseAddress!)]
        for index in 1...8 { arguments += [real(Double(index)), number(UInt32(10 + index))] }
        arguments += [real(9), real(10)]
        #expect(kernelcall_bind(plan, arguments, UInt32(arguments.count)) == 0)
        return run(plan, function)
      }
      #expect(status == -3)
      results.append(out)
    }
    func weighted(_ values: [Double]) -> Double {
      values.reversed().reduce(0) { 3 * $0 + $1 }
    }
    let expected = [
      weighted([1, 2, 3, 4, 5, 6, 7]), weighted([8, 9, 10]), weighted([11, 12, 13, 14]),
      weighted([15, 16, 17, 18]),
    ]
    #expect(results == [expected, expected])
  }

  @Test("a kernel with as many arguments as the ABI allows gets all of them")
  func fullest() throws {
    let plan = try #require(kernelcall_create())
    defer { kernelcall_destroy(plan) }
    // Only the first is read; the rest must not disturb it.
    let first: @convention(c) (UInt32) -> Int32 = { Int32($0) }
    let arguments = [number(41)] + (1..<48).map { number(UInt32($0)) }
    var status: Int32 = 0
    let function = unsafeBitCast(first, to: UnsafeMutableRawPointer.self)
    #expect(kernelcall_call(plan, function, arguments, 48, &status) == 0)
    #expect(status == 41)
  }
}
