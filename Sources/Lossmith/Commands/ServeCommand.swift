import ArgumentParser
import Discovery
import FlyingFox
import FlyingSocks
import Foundation
import Host
import Losses
import Report
import Synchronization

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Shows a run in the browser while it works.",
    discussion: """
      Stage of each worker, progress, pictures, table and every proposal, kept up to date. It only reads: \
      start and stop it as you like, before, during or after the run. Ctrl-C ends it. Only this machine \
      can reach it, unless --host says otherwise.
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), completion: .directory)
  var directory: String
  @Option(help: "The port; 0 takes a free one.") var port: UInt16 = 8414
  @Option(help: "The address to listen on; 0.0.0.0 or :: lets other machines in.")
  var host = "127.0.0.1"
  @Option(help: "A name of this server that requests may use beside its address; repeatable.")
  var name: [String] = []
  @OptionGroup var output: OutputOptions

  struct Document: Encodable {
    var url: String
  }

  func run() throws {
    let console = output.console()
    let address = host == "localhost" ? "127.0.0.1" : host
    guard HostName.isAddress(address) else {
      throw LossmithError(
        .usage, "\"\(host)\" is no address", at: "--host",
        remedy: "Give an address of this machine, such as 127.0.0.1 or 0.0.0.0.")
    }
    let run = URL(fileURLWithPath: directory).standardizedFileURL
    try ExperimentFolder.refuse(run)
    let installation = try Installation.current()
    let templates = try RunPages.templates(installation)
    let watcher = try RunWatcher(run, templates: templates)
    let site = RunSite(
      watcher: watcher, script: try script(installation), title: run.lastPathComponent,
      names: Set(name.map { $0.lowercased() }))
    let server = HTTPServer(
      config: .init(address: try socketAddress(address), timeout: 30, logger: .disabled),
      handler: site)
    if !isLoopback(address) {
      console.alert(
        "warning: every machine that reaches \(address) can read this run: names, ideas, sources,"
          + " numbers. There is no password.")
    }
    try serve(server, address: address, console)
    watcher.stop()
  }

  /// Serves until the user has enough.
  private func serve(_ server: HTTPServer, address: String, _ console: Console) throws {
    let failure = Mutex<(any Error)?>(nil)
    let done = DispatchSemaphore(value: 0)
    let json = output.json
    let work = Task {
      do { try await server.run() } catch { failure.withLock { $0 = error } }
      done.signal()
    }
    Task {
      try await server.waitUntilListening(timeout: 30)
      let port =
        switch await server.listeningAddress {
        case .ip4(_, let port), .ip6(_, let port): port
        default: self.port
        }
      let shown = HostName.isV6(address) ? "[\(address)]" : address
      let url = "http://\(shown):\(port)/"
      if json {
        console.print(document: try JSON.text(Document(url: url), pretty: false))
      } else {
        console.print(url)
      }
      if !json { console.note("serving \(directory), read-only; Ctrl-C ends it") }
    }
    while done.wait(timeout: .now() + 0.2) == .timedOut {
      if Interruption.isRequested {
        failure.withLock { $0 = nil }
        work.cancel()
        return
      }
    }
    if let error = failure.withLock({ $0 }) {
      throw LossmithError(
        .hostFault, "\(address), port \(port), cannot be listened on.", at: "--port",
        remedy: "Another program may have it: give another --port, or 0 for a free one.",
        underlying: error)
    }
  }

  private func socketAddress(_ address: String) throws -> any SocketAddress {
    HostName.isV6(address)
      ? try .inet6(ip6: address, port: port) : try .inet(ip4: address, port: port)
  }

  private func isLoopback(_ address: String) -> Bool {
    address == "::1" || (HostName.isV4(address) && address.hasPrefix("127."))
  }

  private func script(_ installation: Installation) throws -> Data {
    let file = installation.templates.appendingPathComponent("report/live.js")
    guard let data = try? Data(contentsOf: file) else {
      throw LossmithError(
        .missingFile, "The page's script is missing.", at: file.path,
        remedy: "Install Lossmith again, or restore templates/report.")
    }
    return data
  }
}
