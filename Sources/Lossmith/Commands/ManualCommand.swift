import ArgumentParser
import Foundation
import Losses

/// Prints the manual page, made of the same words as `--help`.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Prints the manual page, for make install.",
    shouldDisplay: false)

  func run() throws {
    let help = Data(LossmithCommand._dumpHelp().utf8)
    Console().print(ManualPage(try JSON.decode(ManualPage.Tool.self, from: help)).text)
  }
}

/// A manual page in the macros of man(7).
struct ManualPage {
  /// What ArgumentParser tells of a program.
  struct Tool: Decodable {
    var command: Command
  }

  struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var arguments: [Argument]?
    var subcommands: [Command]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String

      var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }
    var kind: String
    var shouldDisplay: Bool?
    var isOptional: Bool?
    var isRepeating: Bool?
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?
  }

  private let tool: Tool

  init(_ tool: Tool) { self.tool = tool }

  var text: String {
    var lines = [
      ".TH LOSSMITH 1 \"\" \"Lossmith \(Version.text)\" \"User Commands\"",
      ".SH NAME",
      "lossmith \\- \(Self.escaped(tool.command.abstract ?? ""))",
      ".SH SYNOPSIS",
      ".B lossmith",
      ".I command",
      "[\\fIoptions\\fR]",
      ".SH DESCRIPTION",
    ]
    lines += Self.paragraphs(tool.command.discussion)
    lines.append(".SH COMMANDS")
    for command in tool.command.subcommands ?? [] where command.shouldDisplay != false {
      lines += section(command, path: [])
    }
    lines += [
      ".SH ENVIRONMENT",
      ".TP", ".B LOSSMITH_BASE_URL, LOSSMITH_MODEL, LOSSMITH_API_KEY",
      "The endpoint that proposes losses, its model and the key.",
      ".TP", ".B LOSSMITH_DATA", "The folder with the files of the task imdb.",
      ".TP", ".B LOSSMITH_HOME", "A checkout, or PREFIX/share/lossmith.",
      ".TP", ".B NO_COLOR", "No colours on a terminal, when it is set and not empty.",
      ".SH FILES",
      ".TP", ".I runs/<time>\\-<task>/", "A run: journal, candidates, report.html.",
      ".TP", ".I ~/.cache/lossmith/", "Built libraries and fitted references; may be removed.",
    ]
    return lines.joined(separator: "\n")
  }

  private func section(_ command: Command, path: [String]) -> [String] {
    let path = path + [command.commandName]
    // The subcommand help stands in every program of this parser.
    if command.commandName == "help" { return [] }
    let name = path.joined(separator: " ")
    var lines = [
      ".SS \(Self.escaped(name))", Self.escaped(command.abstract ?? ""), ".PP",
      ".B lossmith \(Self.escaped(name))",
    ]
    let shown = (command.arguments ?? []).filter { $0.shouldDisplay != false }
    lines.append(Self.escaped(shown.map(synopsis).joined(separator: " ")))
    lines += Self.paragraphs(command.discussion).isEmpty ? [] : [".PP"]
    lines += Self.paragraphs(command.discussion)
    for argument in shown {
      let names = (argument.names ?? []).map(\.text).joined(separator: ", ")
      let value = argument.kind == "flag" ? "" : "<\(argument.valueName ?? "value")>"
      let head = [names, value].filter { !$0.isEmpty }.joined(separator: " ")
      var words = argument.abstract ?? ""
      if let value = argument.defaultValue, !value.isEmpty, !words.contains("default") {
        words += " (default: \(value))"
      }
      lines += [".TP", ".B \(Self.escaped(head))", Self.escaped(words)]
    }
    for inner in command.subcommands ?? [] where inner.shouldDisplay != false {
      lines += section(inner, path: path)
    }
    return lines
  }

  private func synopsis(_ argument: Argument) -> String {
    let value = "<\(argument.valueName ?? "value")>"
    let name = argument.names?.first { $0.kind == "long" } ?? argument.names?.first
    var text: String
    switch argument.kind {
    case "positional": text = value
    case "flag": text = name?.text ?? ""
    default: text = "\(name?.text ?? "") \(value)"
    }
    if argument.isRepeating == true { text += " ..." }
    return argument.isOptional == true ? "[\(text)]" : text
  }

  private static func paragraphs(_ text: String?) -> [String] {
    var lines: [String] = []
    for paragraph in (text ?? "").split(separator: "\n\n") {
      if !lines.isEmpty { lines.append(".PP") }
      lines.append(escaped(String(paragraph)))
    }
    return lines
  }

  /// Words that roff shows as they are: no escape, no request at the start of a line.
  static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.split(separator: "\n", omittingEmptySubsequences: true).map { line in
      line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : String(line)
    }.joined(separator: "\n")
  }
}
