import PluginABI
import Testing

/// The sizes and offsets that shipped plug-ins were compiled against.
@Suite struct LayoutTests {
  @Test("sizes of the structs are those of ABI 1.0")
  func sizes() {
    #expect(MemoryLayout<loss_arg>.size == 8)
    #expect(MemoryLayout<loss_param>.size == 64)
    #expect(MemoryLayout<loss_descriptor>.size == 1728)
    #expect(MemoryLayout<loss_descriptor>.alignment == 8)
  }

  @Test("offsets of the fields are those of ABI 1.0")
  func offsets() {
    let expected: [(PartialKeyPath<loss_descriptor>, Int)] = [
      (\.magic, 0), (\.abi_major, 4), (\.abi_minor, 8), (\.struct_size, 12), (\.family, 16),
      (\.capabilities, 20), (\.arg_count, 24), (\.param_count, 28), (\.name, 32), (\.summary, 64),
      (\.args, 320), (\.params, 704),
    ]
    for (field, offset) in expected {
      #expect(MemoryLayout<loss_descriptor>.offset(of: field) == offset)
    }
    let params: [(PartialKeyPath<loss_param>, Int)] = [
      (\.name, 0), (\.minimum, 32), (\.maximum, 40), (\.initial, 48), (\.flags, 56),
      (\.reserved, 60),
    ]
    for (field, offset) in params { #expect(MemoryLayout<loss_param>.offset(of: field) == offset) }
    #expect(MemoryLayout<loss_arg>.offset(of: \.role) == 0)
    #expect(MemoryLayout<loss_arg>.offset(of: \.index) == 4)
  }

  @Test("ids that plug-ins store never change")
  func ids() {
    #expect(LOSS_ABI_MAGIC == 0x5353_4F4C)
    #expect(LOSS_ABI_MAJOR == 1)
    #expect([LOSS_POLICY_CHOSEN, LOSS_POLICY_REJECTED, LOSS_REFERENCE_CHOSEN] == [1, 2, 3])
    #expect([LOSS_REFERENCE_REJECTED, LOSS_CHOSEN_TOKENS, LOSS_WEIGHT] == [4, 16, 21])
    #expect([LOSS_LOGITS, LOSS_LABELS, LOSS_LIST_POLICY, LOSS_LIST_MASK] == [32, 33, 48, 51])
    #expect([LOSS_ROWS, LOSS_CLASSES, LOSS_GROUP_SIZE, LOSS_INPUT, LOSS_PARAM] == [1, 2, 3, 4, 5])
    #expect([LOSS_VALUE, LOSS_GRADIENT] == [6, 7])
    #expect([LOSS_PAIRWISE, LOSS_CLASSIFICATION, LOSS_LISTWISE] == [1, 2, 3])
    #expect([LOSS_REJECTED_TOKENS, LOSS_CHOSEN_SCORE, LOSS_REJECTED_SCORE] == [17, 18, 19])
    #expect([LOSS_SCORE_MARGIN, LOSS_LIST_REFERENCE, LOSS_LIST_SCORES] == [20, 49, 50])
    #expect([LOSS_ROW_INDEPENDENT, LOSS_SHIFT_INVARIANT, LOSS_CONVEX] == [1, 2, 4])
    #expect([LOSS_REFERENCE_FREE, LOSS_PARAM_LOG_SCALE, LOSS_PARAM_INTEGER] == [8, 1, 2])
    #expect([LOSS_OK, LOSS_STATUS_SHAPE, LOSS_STATUS_RESULT] == [0, 1, 2])
    #expect(LOSS_STATUS_ARGUMENT == 3)
    #expect([LOSS_STATUS_TUNABLE, LOSS_STATUS_MEMORY, LOSS_STATUS_UNSUPPORTED] == [4, 5, 6])
    #expect([LOSS_MAX_ARGS, LOSS_MAX_PARAMS, LOSS_NAME_SIZE, LOSS_TEXT_SIZE] == [48, 16, 32, 256])
  }
}
