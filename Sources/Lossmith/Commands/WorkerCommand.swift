import ArgumentParser
import Discovery
import Host

/// What a host worker runs: started by the supervisor, never by a person.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Serves the supervisor; started by lossmith itself.",
    shouldDisplay: false)

  func run() throws {
    WorkerMain.run(jobs: WorkerJobs.all.merging(PluginJobs.all) { own, _ in own })
  }
}
