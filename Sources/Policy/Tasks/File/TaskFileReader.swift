import Foundation
import Losses
import Yams

/// Turns a YAML mapping into a description, or says what is wrong with it and where.
struct TaskFileReader {
  let path: String

  func read(
    _ mapping: Node.Mapping, folder: URL
  ) throws(LossmithError) -> TaskDescription {
    let kind = try self.kind(mapping)
    let keys = TaskSchema.keys(of: kind)
    let sections = Set(keys.compactMap(section)).sorted()
    var values: [String: TaskValue] = [:]
    for (key, value) in mapping {
      let name = try self.name(key)
      if sections.contains(name) {
        if isEmpty(value) { continue }
        guard let inner = value.mapping else {
          throw malformed("\(name) must be a section of keys.", at: value)
        }
        for (innerKey, innerValue) in inner {
          let full = try "\(name).\(self.name(innerKey))"
          values[full] = try self.value(innerValue, full, of: innerKey, kind, keys)
        }
      } else {
        if value.mapping != nil, let meant = NearestName.find(name, among: sections) {
          throw malformed(
            "There is no section \(name).", at: key, remedy: "Did you mean \(meant)?")
        }
        values[name] = try self.value(value, name, of: key, kind, keys)
      }
    }
    for key in keys where key.isRequired && values[key.name] == nil {
      throw LossmithError(
        .malformedInput, "\(key.name) is missing.", at: path,
        remedy: "\(key.name): \(key.meaning)")
    }
    for name in ["recipe.lora_alpha", "recipe.lora_targets"]
    where values[name] != nil && values["recipe.lora_rank"] == nil {
      throw LossmithError(
        .malformedInput, "\(name) means nothing without recipe.lora_rank.", at: path,
        remedy: "Add recipe.lora_rank, or remove it.")
    }
    return TaskDescription(kind: kind, values: values, source: path, folder: folder)
  }

  private func section(_ key: TaskKey) -> String? {
    key.name.firstIndex(of: ".").map { String(key.name[..<$0]) }
  }

  private func kind(_ mapping: Node.Mapping) throws(LossmithError) -> TaskKind {
    let known = TaskKind.allCases.map(\.rawValue)
    guard let node = mapping.first(where: { $0.key.scalar?.string == "task" })?.value else {
      // A misspelt `task` is the likelier mistake than none.
      for (key, _) in mapping {
        let name = try self.name(key)
        if NearestName.find(name, among: ["task"]) != nil {
          throw malformed("There is no key \(name).", at: key, remedy: "Did you mean task?")
        }
      }
      throw LossmithError(
        .malformedInput, "task is missing.", at: path,
        remedy: "Say which kind it is: task: \(known.joined(separator: ", or task: ")).")
    }
    guard let text = node.scalar?.string, let kind = TaskKind(rawValue: text) else {
      let text = node.scalar?.string ?? "a list or section"
      let meant = NearestName.find(text, among: known).map { "Did you mean \($0)? " } ?? ""
      throw malformed(
        "There is no kind of task \(text).", at: node,
        remedy: "\(meant)Kinds: \(known.joined(separator: ", ")).")
    }
    return kind
  }

  private func name(_ key: Node) throws(LossmithError) -> String {
    guard let name = key.scalar?.string else {
      throw malformed("A key must be a plain word.", at: key)
    }
    return name
  }

  private func isEmpty(_ node: Node) -> Bool {
    node.scalar.map { $0.style == .plain && ["", "~", "null"].contains($0.string) } ?? false
  }

  private func value(
    _ node: Node, _ name: String, of keyNode: Node, _ kind: TaskKind, _ keys: [TaskKey]
  ) throws(LossmithError) -> TaskValue {
    guard let key = keys.first(where: { $0.name == name }) else {
      throw unknown(name, at: keyNode, kind, keys)
    }
    guard let value = parse(node, key.form) else {
      let place = node.mark == nil ? keyNode : node
      let wanted = "it must be \(key.form.completeDescription)."
      guard !isOdd(node, key.form) else {
        throw malformed(
          "\(name) is \(given(node)); \(wanted)", at: place,
          remedy: "Write numbers in decimal digits, without zeros before them.")
      }
      throw malformed("\(name) is \(given(node)); \(wanted)", at: place)
    }
    return value
  }

  /// A value of the wrong type or out of range, in words.
  private func given(_ node: Node) -> String {
    if let scalar = node.scalar { return "\"\(scalar.string)\"" }
    guard let list = node.sequence else { return "a section" }
    guard !list.isEmpty else { return "an empty list" }
    let items = list.prefix(8).map { $0.scalar?.string ?? "…" }
    return "[" + items.joined(separator: ", ") + (list.count > 8 ? ", …]" : "]")
  }

  /// Whether a number stands there that YAML reads otherwise than people do.
  private func isOdd(_ node: Node, _ form: TaskKey.Form) -> Bool {
    switch form {
    case .integer, .number: isPlain(node) && PlainYAML.isOddNumber(node.scalar?.string ?? "")
    case .positiveNumbers:
      node.sequence?.contains { PlainYAML.isOddNumber($0.scalar?.string ?? "") } ?? false
    default: false
    }
  }

  /// Nil for a value of another type or out of range.
  private func parse(_ node: Node, _ form: TaskKey.Form) -> TaskValue? {
    switch form {
    case .integer(let range):
      guard isPlain(node), let value = PlainYAML.integer(node.scalar?.string ?? ""),
        range.contains(value)
      else { return nil }
      return .integer(value)
    case .number(let range, let openBelow):
      guard let value = number(node), range.contains(value),
        !(openBelow && value == range.lowerBound)
      else { return nil }
      return .number(value)
    case .positiveNumbers:
      guard let list = node.sequence, !list.isEmpty else { return nil }
      let values = list.compactMap(number).filter { $0 > 0 && $0 <= TaskKey.Form.unboundedNumber }
      return values.count == list.count && Set(values).count == list.count
        ? .numbers(values) : nil
    case .choice(let names):
      guard let text = node.scalar?.string, names.contains(text) else { return nil }
      return .text(text)
    case .switch:
      switch node.scalar?.string {
      case "on", "true": return .text("on")
      case "off", "false": return .text("off")
      default: return nil
      }
    case .names:
      guard let list = node.sequence, !list.isEmpty else { return nil }
      let names = list.compactMap { $0.scalar?.string }.filter { !$0.isEmpty }
      return names.count == list.count ? .texts(names) : nil
    case .text, .path:
      guard let text = node.scalar?.string, !isEmpty(node),
        !text.allSatisfy(\.isWhitespace), !text.contains("\0")
      else { return nil }
      return .text(text)
    }
  }

  /// Finite numbers only. YAML 1.1 takes `1e-4` for a text; people do not.
  private func number(_ node: Node) -> Double? {
    isPlain(node) ? PlainYAML.number(node.scalar?.string ?? "") : nil
  }

  private func isPlain(_ node: Node) -> Bool { node.scalar?.style == .plain }

  private func unknown(
    _ name: String, at node: Node, _ kind: TaskKind, _ keys: [TaskKey]
  ) -> LossmithError {
    if TaskSchema.keys.contains(where: { $0.name == name }) {
      return malformed(
        "A task of kind \(kind.rawValue) has no key \(name).", at: node,
        remedy: "Remove it, or change the kind; see docs/tasks.md.")
    }
    // A key in the wrong section has the right last word.
    let last = name.split(separator: ".").last.map(String.init) ?? name
    let elsewhere = keys.first { $0.name.hasSuffix(".\(last)") }?.name
    let nearest =
      NearestName.find(name, among: keys.map(\.name))
      ?? keys.first { key in
        NearestName.find(last, among: [String(key.name.split(separator: ".").last!)]) != nil
      }?.name
    let meant = (elsewhere ?? nearest).map { "Did you mean \($0)?" }
    return malformed(
      "There is no key \(name).", at: node,
      remedy: meant ?? "Keys: \(keys.map(\.name).joined(separator: ", ")).")
  }

  private func malformed(
    _ message: String, at node: Node, remedy: String = "See docs/tasks.md."
  ) -> LossmithError {
    LossmithError(
      .malformedInput, message, at: node.mark.map { "\(path):\($0.line)" } ?? path, remedy: remedy
    )
  }
}
