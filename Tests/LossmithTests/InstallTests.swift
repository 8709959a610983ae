import Foundation
import Host
import Testing

@testable import Lossmith

@Suite struct InstallTests {
  private static func shell(_ script: String, _ variables: [String: String] = [:]) async throws
    -> (status: Int32, output: String)
  {
    try await onThread {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", script]
      process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
      process.currentDirectoryURL = Program.root
      let pipe = Pipe()
      process.standardOutput = pipe
      process.standardError = pipe
      process.standardInput = FileHandle.nullDevice
      try process.run()
      let data = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
  }

  @Test("an installation has a manual page and completions where shells look for them")
  func installed() async throws {
    let folder = try TemporaryFolder()
    let prefix = folder.url.path
    let result = try await Self.shell(
      "scripts/install.sh \"\(prefix)\"",
      ["LOSSMITH_BUILD": Program.executable.deletingLastPathComponent().path])
    try #require(result.status == 0, "\(result.output)")
    let page = try String(contentsOfFile: prefix + "/share/man/man1/lossmith.1", encoding: .utf8)
    #expect(page.hasPrefix(".TH LOSSMITH 1") && page.contains(".SS discover"))
    #expect(page.contains(".B \\-\\-first\\-seeds <first\\-seeds>"))
    #expect(!page.contains(".SS worker"))
    // Where there is a formatter, it has nothing to say.
    let lint = try await Self.shell(
      "command -v groff >/dev/null || exit 0; groff -man -Tutf8 -Kutf8 -ww -z \"\(prefix)/share/man/man1/lossmith.1\""
    )
    #expect(lint.status == 0 && lint.output.isEmpty, "\(lint.output)")
    let bash = prefix + "/share/bash-completion/completions/lossmith"
    let completed = try await Self.shell(
      """
      source "\(bash)"
      COMP_WORDS=(lossmith ser); COMP_CWORD=1; COMP_LINE="lossmith ser"; COMP_POINT=12
      function=$(complete -p lossmith | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
      "$function" lossmith ser lossmith
      printf '%s\\n' "${COMPREPLY[@]}"
      """)
    #expect(completed.output.contains("serve"), "\(completed.output)")
    let zsh = try String(
      contentsOfFile: prefix + "/share/zsh/site-functions/_lossmith", encoding: .utf8)
    #expect(zsh.hasPrefix("#compdef lossmith"))
    let fish = try String(
      contentsOfFile: prefix + "/share/fish/vendor_completions.d/lossmith.fish", encoding: .utf8)
    #expect(fish.contains("figures"))
    let version = try await Self.shell("\"\(prefix)/bin/lossmith\" --version")
    #expect(version.output == Version.text + "\n")
  }

  @Test("text of the manual that roff would take for itself is shown as it is")
  func escaping() {
    #expect(ManualPage.escaped("a -b \\n") == "a \\-b \\en")
    #expect(ManualPage.escaped(".TH x\n'quoted") == "\\&.TH x\n\\&'quoted")
  }
}

@Suite struct TerminalTests {
  @Test("colours need a terminal, and NO_COLOR forbids them")
  func colours() {
    // Neither a file nor a pipe is a terminal; either end of a pseudo-terminal is.
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    #expect(terminal >= 0)
    defer { close(terminal) }
    #expect(Console.hasColours(terminal, environment: ["TERM": "xterm"]))
    #expect(!Console.hasColours(terminal, environment: ["TERM": "xterm", "NO_COLOR": "1"]))
    #expect(Console.hasColours(terminal, environment: ["TERM": "xterm", "NO_COLOR": ""]))
    #expect(!Console.hasColours(terminal, environment: ["TERM": "dumb"]))
    let file = open("/dev/null", O_WRONLY)
    defer { close(file) }
    #expect(!Console.hasColours(file, environment: ["TERM": "xterm"]))
  }

  @Test("a log has plain lines with a pace, --quiet none, and --json nothing but the document")
  func logs() async throws {
    let plain = try await Program.run(["evaluate", "dpo", "--seeds", "1"])
    #expect(plain.status == 0 && plain.errors.contains("dpo: training"))
    #expect(!plain.errors.contains("\u{1B}") && !plain.errors.contains("\r"))
    let quiet = try await Program.run(["evaluate", "dpo", "--seeds", "1", "--quiet", "--json"])
    #expect(quiet.errors.isEmpty)
    #expect(try quiet.json()["task"] as? String == "bandit")
  }
}
