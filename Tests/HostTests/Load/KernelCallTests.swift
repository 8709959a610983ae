import CKernelCall
import Testing

/// C functions to call; what they compute tells apart every argument.
private let mixed:
  @convention(c) (UInt32, Double, UnsafeMutablePointer<Double>, UInt32, Double) -> Int32 = {
    count, scale, out, other, shift in
    for index in 0..<Int(count) { out[index] = scale * Double(index) + shift }
    return Int32(bitPattern: other)
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
}
