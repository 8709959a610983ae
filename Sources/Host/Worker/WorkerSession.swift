import CLaunch
import Foundation
import Losses

/// The supervisor's side of one worker process.
///
/// A session serves one job at a time, from one thread at a time. When it goes, the worker and all
/// its cells are killed.
public final class WorkerSession {
  /// How a worker died: `underlying` of the error that ``run(_:_:limits:progress:)`` then throws.
  ///
  /// With an inline plug-in a signal is most likely the plug-in's.
  public struct Death: Error, Sendable, CustomStringConvertible {
    public var reason: ExitReason
    /// The end of what the worker wrote to its error output.
    public var lastWords: String

    public var description: String {
      let how =
        switch reason {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): SignalName.name(of: signal)
        }
      return lastWords.isEmpty ? how : "\(how); last words: \(lastWords)"
    }
  }

  public struct Settings: Sendable {
    /// The worker's program; nil: the running one.
    public var program: URL?
    public var arguments: [String] = ["worker"]
    /// Threads that share a training's steps; more than there are cores are slower and give the same bits.
    public var threads: Int = 1
    /// OpenBLAS's kernels; nil: its own choice.
    public var coreType: String? = OpenBLASCore.choose()
    /// What the worker's job may do with files besides running and writing to its own folder; nil: no
    /// jail, for a worker that starts programs itself.
    public var files: ChildJail? = ChildJail()
    /// Whether cells get namespaces where the system allows them.
    public var namespaces = true

    public init() {}
  }

  public let processIdentifier: Int32
  private let channel: ControlChannel
  private let child: ChildProcess
  let cells: LocalCells
  private let errors: ProcessPipe
  private let interruption: Int32
  private let scratch: URL
  private var lastWords = Data()
  /// Until when a worker that was asked to stop may take its time; nil while it was not asked.
  private var stopDeadline: Deadline?

  /// Starts a worker in an empty folder of its own, with an environment built from nothing.
  ///
  /// - Throws: `LossmithError` (`missingTool`, `hostFault`).
  public convenience init(_ settings: Settings = Settings()) throws(LossmithError) {
    try self.init(settings, interruption: Interruption.descriptor)
  }

  init(_ settings: Settings, interruption: Int32) throws(LossmithError) {
    self.interruption = interruption
    cells = try LocalCells(namespaces: settings.namespaces)
    let scratch = try Scratch.make()
    self.scratch = scratch
    let program =
      settings.program
      ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var environment = [
      // The trainer's own teams; OpenBLAS takes no more than the cores that it sees, whatever it is told.
      "LOSSMITH_THREADS": String(settings.threads),
      "OPENBLAS_NUM_THREADS": String(settings.threads),
      // The runtime's crash reporter starts a program, which a worker has no business with.
      "SWIFT_BACKTRACE": "enable=no",
    ]
    environment["OPENBLAS_CORETYPE"] = settings.coreType
    do {
      let (ours, theirs) = try OwnedDescriptor.socketPair(packets: false)
      let errors = try ProcessPipe()
      child = try Launcher.shared.start(
        Command(
          executable: program.path, arguments: settings.arguments, environment: environment,
          workingDirectory: scratch.path,
          jail: settings.files.map {
            WorkerJail.make(program: program, scratch: scratch, files: $0)
          }),
        descriptors: [-1, errors.writeEnd, errors.writeEnd, theirs.number])
      errors.closeWriteEnd()
      self.errors = errors
      channel = ControlChannel(ours, interruption: interruption)
    } catch {
      try? FileManager.default.removeItem(at: scratch)
      throw error
    }
    processIdentifier = child.pid
  }

  deinit {
    child.killAndReap()
    try? FileManager.default.removeItem(at: scratch)
  }

  /// Has the worker do a job.
  ///
  /// - Parameters:
  ///   - grace: seconds that the job gets to keep its state when the user asks to stop: the worker then
  ///     gets SIGINT, see ``StopRequest``. Nil kills it at once.
  ///   - progress: called for each progress message, on this thread.
  /// - Throws: ``LossFailure`` and `LossmithError` as the job threw them; `LossmithError(.hostFault)`
  ///   with a ``Death`` when the worker died; `.interrupted` when the user asked to stop, after
  ///   the worker and its cells were killed.
  public func run(
    _ job: String, _ payload: Data, limits: CellLimits = CellLimits(), grace: Double? = nil,
    progress: (Data) -> Void = { _ in }
  ) throws -> Data {
    do throws(ControlChannel.Silence) {
      try channel.send(.job(name: job, payload: payload, limits: limits))
      while true {
        try awaitFrame(grace: grace)
        // With a grace, a stop that comes while a frame is being read waits for the next look.
        let (frame, descriptors) = try channel.receive(heedsInterruption: grace == nil)
        switch frame {
        case .progress(let data): progress(data)
        case .startCell(let limits): try startCell(limits, descriptors)
        case .result(let data): return data
        case .failure(let finding): throw .ended(LossFailure(finding))
        case .error(let error): throw .ended(error.error)
        case .job, .cellStarted, .cellRefused: throw .broken("a worker sent an order")
        }
      }
    } catch {
      throw end(error)
    }
  }

  /// Kills the worker, so that ``run(_:_:limits:grace:progress:)`` ends with an error; for its
  /// `progress` to call once nobody wants the result any more.
  public func abandon() { child.kill(SIGKILL) }

  /// Collects what the worker says on its error output until a frame, its end or Ctrl-C comes.
  private func awaitFrame(grace: Double?) throws(ControlChannel.Silence) {
    while true {
      let ready = Poll.wait(
        [
          .init(channel.descriptor, .read),
          .init(stopDeadline == nil ? interruption : -1, .read), .init(errors.readEnd, .read),
        ], until: stopDeadline ?? Deadline(seconds: nil))
      if ready[1] {
        guard let grace else { throw .interrupted }
        child.kill(SIGINT)
        stopDeadline = Deadline(seconds: grace)
        continue
      }
      if let stopDeadline, stopDeadline.isOver { throw .interrupted }
      if ready[2] { listen() }
      if ready[0] { return }
    }
  }

  private func listen() {
    errors.read(into: &lastWords)
    if lastWords.count > 4096 { lastWords = Data(lastWords.suffix(4096)) }
  }

  private func startCell(
    _ limits: CellLimits, _ descriptors: [OwnedDescriptor]
  ) throws(ControlChannel.Silence) {
    guard descriptors.count == 3 else { throw .broken("a request for a cell without descriptors") }
    let answer: Result<OwnedDescriptor, LossmithError>
    do throws(LossmithError) {
      answer = .success(
        try cells.startCell(
          plugin: descriptors[0].number, input: descriptors[1].number,
          output: descriptors[2].number, limits: limits))
    } catch {
      answer = .failure(error)
    }
    switch answer {
    case .success(let socket): try channel.send(.cellStarted, descriptors: [socket.number])
    case .failure(let error): try channel.send(.cellRefused(WireError(error)))
    }
  }

  /// The error that the end of a conversation means.
  private func end(_ silence: ControlChannel.Silence) -> any Error {
    switch silence {
    case .ended(let error): return error
    case .refused(let error): return error.error
    case .interrupted:
      child.killAndReap()
      return Interruption.error
    case .broken(let text):
      child.killAndReap()
      return LossmithError(.hostFault, "a worker broke the protocol: \(text)")
    case .closed where stopDeadline != nil:
      child.killAndReap()
      return Interruption.error
    case .closed:
      // Its line closes when it dies; a moment later it can be reaped.
      let end = child.wait(seconds: 5, interruption: interruption) ?? child.killAndReap()
      listen()
      let words = String(decoding: lastWords, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let death = end.map { Death(reason: $0.reason, lastWords: words) }
      return LossmithError(.hostFault, "a worker died", underlying: death)
    }
  }
}
