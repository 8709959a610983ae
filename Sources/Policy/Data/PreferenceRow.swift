/// Reads one row of a preference data set, in any of the forms that TRL has.
///
/// | form | keys |
/// |---|---|
/// | explicit | `prompt`, `chosen`, `rejected`, all texts |
/// | implicit | `chosen`, `rejected`: their common beginning is the prompt |
/// | conversational | the same with lists of `{"role": …, "content": …}` instead of texts |
/// | instruction | `instruction`, `input` (may be empty), `chosen`, `rejected`: Alpaca's template |
///
/// Judges' scores are taken from `score_chosen` and `score_rejected`, or `chosen_score` and
/// `rejected_score`. Other keys are passed over. A text `prompt` beside message lists, as in
/// UltraFeedback, repeats the first message and is passed over.
struct PreferenceRow {
  typealias Reason = PreferenceReport.Reason

  /// Where an implicit prompt ends.
  var implicitPrompt: PreferenceOptions.ImplicitPrompt

  /// Why a row is unusable, as a thrown value.
  struct Unusable: Error {
    var reason: Reason
  }

  func read(_ object: JSONObject) throws(Unusable) -> PreferenceText {
    guard let chosen = object.present("chosen") else { throw Unusable(reason: .missingChosen) }
    guard let rejected = object.present("rejected") else {
      throw Unusable(reason: .missingRejected)
    }
    var row: PreferenceText
    switch (chosen, rejected) {
    case (.string(let chosen), .string(let rejected)):
      row = try texts(object, chosen, rejected)
    case (.array(let chosen), .array(let rejected)):
      row = try conversation(
        object, try ChatMessage.list(chosen), try ChatMessage.list(rejected))
    case (.string, .array), (.array, .string): throw Unusable(reason: .mixedForms)
    default: throw Unusable(reason: .badForm)
    }
    for (first, second) in [("score_chosen", "score_rejected"), ("chosen_score", "rejected_score")]
    {
      if let chosen = object[first]?.double, let rejected = object[second]?.double {
        row.chosenScore = chosen
        row.rejectedScore = rejected
      }
    }
    return row
  }

  private func texts(
    _ object: JSONObject, _ chosen: String, _ rejected: String
  ) throws(Unusable) -> PreferenceText {
    switch object.present("prompt") {
    case .string(let prompt):
      return PreferenceText(prompt: prompt, chosen: chosen, rejected: rejected)
    case .array: throw Unusable(reason: .mixedForms)
    case .some: throw Unusable(reason: .badPrompt)
    case nil: break
    }
    if let instruction = object.present("instruction")?.string {
      return PreferenceText(
        prompt: Self.alpaca(instruction, input: object.present("input")?.string ?? ""),
        chosen: chosen, rejected: rejected)
    }
    return extracted(chosen, rejected)
  }

  /// Alpaca's template, with which models of instructions are trained.
  static func alpaca(_ instruction: String, input: String) -> String {
    let input = input.isEmpty ? "" : "\n\n### Input:\n\(input)"
    return "Below is an instruction that describes a task. Write a response that appropriately"
      + " completes the request.\n\n### Instruction:\n\(instruction)\(input)\n\n### Response:\n"
  }

  /// Splits two texts after their common beginning.
  ///
  /// As TRL's `extract_prompt`: scalar by scalar, a blank before the difference goes with the
  /// completions, and if one text begins with the whole other one, its last scalar does too.
  private func extracted(_ chosen: String, _ rejected: String) -> PreferenceText {
    let (a, b) = (Array(chosen.unicodeScalars), Array(rejected.unicodeScalars))
    let shorter = min(a.count, b.count)
    var end = zip(a, b).prefix { $0 == $1 }.count
    if end == shorter { end = max(shorter - 1, 0) } else if end > 0, a[end - 1] == " " { end -= 1 }
    if implicitPrompt == .words {
      // Back to white space in both, so that no word is cut.
      while end > 0, !(a[end].properties.isWhitespace && b[end].properties.isWhitespace) {
        end -= 1
      }
    }
    func text(_ scalars: some Sequence<UnicodeScalar>) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return String(view)
    }
    return PreferenceText(
      prompt: text(a[..<end]), chosen: text(a[end...]), rejected: text(b[end...]))
  }

  private func conversation(
    _ object: JSONObject, _ chosen: [ChatMessage], _ rejected: [ChatMessage]
  ) throws(Unusable) -> PreferenceText {
    var prompt: [ChatMessage]
    var completions = (chosen, rejected)
    switch object.present("prompt") {
    case .array(let list): prompt = try ChatMessage.list(list)
    case nil, .string:
      if chosen == rejected { throw Unusable(reason: .equalCompletions) }
      let common = zip(chosen, rejected).prefix { $0 == $1 }.count
      prompt = Array(chosen[..<common])
      completions = (Array(chosen[common...]), Array(rejected[common...]))
    default: throw Unusable(reason: .badPrompt)
    }
    let texts = ChatMessage.render(prompt, completions.0, completions.1)
    return PreferenceText(prompt: texts.prompt, chosen: texts.first, rejected: texts.second)
  }
}
