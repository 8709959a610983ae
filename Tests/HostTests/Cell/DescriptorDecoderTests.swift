import Losses
import PluginABI
import Testing

@testable import Host

@Suite("Descriptors")
struct DescriptorDecoderTests {
  /// A correct descriptor, changed by `change`, as bytes.
  private func bytes(_ change: (inout loss_descriptor) -> Void = { _ in }) -> [UInt8] {
    var descriptor = loss_descriptor()
    descriptor.magic = LOSS_ABI_MAGIC
    descriptor.abi_major = LOSS_ABI_MAJOR
    descriptor.struct_size = UInt32(MemoryLayout<loss_descriptor>.size)
    descriptor.family = UInt32(LOSS_PAIRWISE)
    Self.write("test", to: &descriptor.name)
    Self.write("β after all", to: &descriptor.summary)
    let roles = [
      (LOSS_ROWS, 0), (LOSS_INPUT, LOSS_POLICY_CHOSEN), (LOSS_PARAM, 0), (LOSS_VALUE, 0),
      (LOSS_GRADIENT, LOSS_POLICY_CHOSEN),
    ]
    for (index, role) in roles.enumerated() {
      Self.setArgument(&descriptor, index, role.0, role.1)
    }
    descriptor.arg_count = UInt32(roles.count)
    descriptor.param_count = 1
    Self.write("beta", to: &descriptor.params.0.name)
    descriptor.params.0.minimum = 0.01
    descriptor.params.0.maximum = 1
    descriptor.params.0.initial = 0.1
    change(&descriptor)
    return withUnsafeBytes(of: descriptor) { Array($0) }
  }

  private static func write<Field>(_ text: String, to field: inout Field) {
    withUnsafeMutableBytes(of: &field) { room in
      room.copyBytes(from: Array(text.utf8).prefix(room.count))
    }
  }

  private static func setArgument(
    _ descriptor: inout loss_descriptor, _ index: Int, _ role: Int, _ column: Int
  ) {
    withUnsafeMutableBytes(of: &descriptor.args) { room in
      room.bindMemory(to: loss_arg.self)[index] = loss_arg(
        role: UInt32(role), index: UInt32(column))
    }
  }

  private func refusal(_ change: @escaping (inout loss_descriptor) -> Void) -> String {
    do throws(LossFailure) {
      _ = try DescriptorDecoder.decode(bytes(change))
      return "accepted"
    } catch {
      #expect(error.finding.verdict == .rejected(.descriptor))
      return error.finding.message
    }
  }

  @Test("flags, indices and texts that no version knows are refused by field")
  func unknownParts() {
    #expect(refusal { $0.params.0.flags = 0xffff_fff0 }.contains("params[0].flags"))
    #expect(refusal { Self.setArgument(&$0, 0, LOSS_ROWS, 77) }.contains("args[0].index"))
    #expect(refusal { Self.setArgument(&$0, 3, LOSS_VALUE, 1) }.contains("args[3].index"))
    for text in ["\u{202E}evil", "a\u{2028}b", "a\u{200B}b", "\u{E000}", "\u{7}"] {
      #expect(refusal { Self.write(text, to: &$0.summary) }.contains("summary"))
    }
    #expect(refusal { Self.write("Größe: β·ρ ≥ 0 — 好", to: &$0.summary) } == "accepted")
    #expect(
      refusal {
        $0.params.0.flags = UInt32(LOSS_PARAM_INTEGER)
        $0.params.0.minimum = 1
        $0.params.0.maximum = 4
        $0.params.0.initial = 1.5
      }.contains("params[0] (beta)"))
    #expect(refusal { $0.params.0.flags = UInt32(LOSS_PARAM_LOG_SCALE) } == "accepted")
    // Claims of a later version are left aside.
    #expect(refusal { $0.capabilities = 0xf000_0001 } == "accepted")
  }

  @Test("a status of loss_describe_v1 is told in words, with what is wrong and its line")
  func statuses() {
    func failure(_ status: Int32, _ change: @escaping (inout loss_descriptor) -> Void) -> Finding {
      do throws(LossFailure) {
        let place = AlignedBuffer(bytes: DescriptorDecoder.size)
        place.base.copyMemory(from: bytes(change), byteCount: DescriptorDecoder.size)
        _ = try DescribeCall.read(place.base, status: status)
        return Finding(.ok)
      } catch {
        return error.finding
      }
    }
    let line12 = Int32(12 << 8)
    let tunable = failure(line12 | Int32(LOSS_STATUS_TUNABLE)) { $0.params.0.initial = 7 }
    #expect(tunable.verdict == .rejected(.descriptor))
    #expect(tunable.message.contains("params[0] (beta)") && tunable.message.contains("line 12"))
    let room = failure(Int32(LOSS_STATUS_UNSUPPORTED)) { _ in }
    #expect(room.message.contains("struct_size") && room.message.contains("1.0"))
    #expect(failure(Int32(LOSS_STATUS_MEMORY)) { _ in }.verdict == .resource)
    #expect(failure(77) { _ in }.message == "loss_describe_v1 returned 77")
    #expect(failure(0) { _ in }.verdict == .ok)
  }

  @Test("a correct descriptor is read")
  func control() throws {
    let descriptor = try DescriptorDecoder.decode(bytes())
    #expect(descriptor.name == "test")
    #expect(descriptor.summary == "β after all")
    #expect(
      descriptor.arguments == [
        .rows, .input(.policyChosen), .tunable(0), .value, .gradient(.policyChosen),
      ])
    #expect(descriptor.tunables == [Tunable(name: "beta", minimum: 0.01, maximum: 1, initial: 0.1)])
  }

  @Test("a refusal names the field of the header that disagreed")
  func header() {
    #expect(refusal { $0.magic = 1 }.contains("magic"))
    #expect(refusal { $0.abi_major = 2 }.contains("abi_major"))
    #expect(refusal { $0.struct_size = 896 }.contains("struct_size"))
    #expect(refusal { $0.struct_size = .max }.contains("struct_size"))
    #expect(refusal { $0.family = 9 }.contains("family"))
    #expect(refusal { $0.arg_count = .max }.contains("arg_count"))
    #expect(refusal { $0.param_count = 17 }.contains("param_count"))
  }

  @Test("a later minor version and unknown claims are accepted")
  func later() throws {
    let descriptor = try DescriptorDecoder.decode(
      bytes {
        $0.abi_minor = 7
        $0.capabilities = 0xffff_fff1
      })
    #expect(descriptor.claims == .rowIndependent)
  }

  @Test("texts must end, be printable and be there")
  func texts() {
    let endless = String(repeating: "x", count: 300)
    #expect(refusal { Self.write(endless, to: &$0.name) }.contains("name"))
    #expect(refusal { Self.write(endless, to: &$0.summary) }.contains("summary"))
    #expect(refusal { Self.write("a\u{1b}[31m", to: &$0.summary) }.contains("summary"))
    #expect(refusal { Self.write("\0", to: &$0.name) }.contains("name"))
    #expect(refusal { Self.write("née", to: &$0.name) }.contains("name"))
    let broken: (inout loss_descriptor) -> Void = { descriptor in
      withUnsafeMutableBytes(of: &descriptor.summary) { $0[0] = 0xff }
    }
    #expect(refusal(broken).contains("summary"))
  }

  @Test("tunables must have a name, finite and ordered ranges")
  func tunables() {
    #expect(refusal { $0.params.0.minimum = .nan }.contains("params[0]"))
    #expect(refusal { $0.params.0.maximum = .infinity }.contains("params[0]"))
    #expect(refusal { $0.params.0.initial = 2 }.contains("params[0]"))
    #expect(refusal { $0.params.0.reserved = 1 }.contains("reserved"))
    #expect(refusal { Self.write("Beta", to: &$0.params.0.name) }.contains("params[0].name"))
    #expect(refusal { Self.write("\0", to: &$0.params.0.name) }.contains("params[0].name"))
    let logarithm: (inout loss_descriptor) -> Void = {
      $0.params.0.minimum = 0
      $0.params.0.flags = UInt32(LOSS_PARAM_LOG_SCALE)
    }
    #expect(refusal(logarithm).contains("params[0]"))
    let twice: (inout loss_descriptor) -> Void = {
      $0.params.1 = $0.params.0
      $0.param_count = 2
    }
    #expect(refusal(twice).contains("params[1].name"))
  }

  @Test(
    "the kernel's parameters must make sense together",
    arguments: [
      (0, 99, 0, "role"),  // unknown role
      (1, LOSS_INPUT, 77, "index"),  // unknown column
      (1, LOSS_INPUT, LOSS_LOGITS, "logits"),  // another family's column
      (2, LOSS_PARAM, 1, "index"),  // undeclared tunable
      (2, LOSS_VALUE, 0, "repeats"),  // two values
      (2, LOSS_GRADIENT, LOSS_POLICY_REJECTED, "not among its inputs"),
      (4, LOSS_VALUE, 0, "repeats"),
      (3, LOSS_CLASSES, 0, "LOSS_VALUE"),  // no value
      (2, LOSS_CLASSES, 0, "LOSS_CLASSES"),
      (2, LOSS_GROUP_SIZE, 0, "LOSS_GROUP_SIZE"),
      (2, LOSS_INPUT, LOSS_POLICY_REJECTED, "without its gradient"),
    ])
  func arguments(index: Int, role: Int, column: Int, word: String) {
    #expect(refusal { Self.setArgument(&$0, index, role, column) }.contains(word))
  }

  @Test("a kernel without rows, without gradients, or with a gradient of the reference is refused")
  func incomplete() {
    let noRows: (inout loss_descriptor) -> Void = {
      Self.setArgument(&$0, 0, LOSS_INPUT, LOSS_WEIGHT)
    }
    #expect(refusal(noRows).contains("LOSS_ROWS"))
    let noGradient: (inout loss_descriptor) -> Void = {
      Self.setArgument(&$0, 1, LOSS_INPUT, LOSS_WEIGHT)
      $0.arg_count = 4
    }
    #expect(refusal(noGradient).contains("gradient"))
    let reference: (inout loss_descriptor) -> Void = {
      Self.setArgument(&$0, 1, LOSS_INPUT, LOSS_REFERENCE_CHOSEN)
      Self.setArgument(&$0, 4, LOSS_GRADIENT, LOSS_REFERENCE_CHOSEN)
    }
    #expect(refusal(reference).contains("reference_chosen"))
  }

  @Test("no bytes at all make the decoder trap", arguments: 0..<200)
  func noise(seed: Int) {
    // A multiplicative generator: the same noise every time.
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    var noise = bytes()
    // Half of the time the header is left alone, so that the rest is reached.
    for _ in 0..<40 {
      noise[Int(next() % UInt64(noise.count - 16)) + 16] = UInt8(truncatingIfNeeded: next())
    }
    _ = try? DescriptorDecoder.decode(noise)
    for index in noise.indices { noise[index] = UInt8(truncatingIfNeeded: next()) }
    #expect(throws: LossFailure.self) { try DescriptorDecoder.decode(noise) }
  }
}
