import CLaunch
import Foundation
import Losses

extension Launcher {
  /// Runs a program to its end and collects what it writes.
  ///
  /// When the wall time is over, when it writes too much, or when the user asks to stop, its whole
  /// process group is killed. What the program leaves running in its group dies with it.
  ///
  /// - Throws: `LossmithError`: as ``start(_:descriptors:)``, and `.interrupted`. A status other
  ///   than 0, a signal and a limit are results, not errors.
  public func run(_ command: Command) throws(LossmithError) -> CommandResult {
    try run(command, interruption: Interruption.descriptor)
  }

  func run(_ command: Command, interruption: Int32) throws(LossmithError) -> CommandResult {
    let output = try ProcessPipe()
    let error = try ProcessPipe()
    let input: ProcessPipe? = command.input.isEmpty ? nil : try ProcessPipe()
    let child = try start(
      command, descriptors: [input?.readEnd ?? -1, output.writeEnd, error.writeEnd])
    output.closeWriteEnd()
    error.closeWriteEnd()
    input?.closeReadEnd()
    var collection = Collection(command, output: output, error: error, input: input)
    let cut = collection.follow(child, interruption: interruption)
    guard let end = cut == nil ? child.wait(interruption: -1) : child.killAndReap() else {
      throw LossmithError(.hostFault, "a child cannot be waited for", at: command.executable)
    }
    if cut == .interrupted { throw Interruption.error }
    collection.drain()
    let status: CommandResult.Status =
      switch (cut, end.reason) {
      case (.timedOut, _): .timedOut
      case (.outputLimit, _): .outputLimit
      case (_, .exited(let code)): .exited(code)
      case (_, .signalled(let signal)): .signalled(signal)
      }
    return CommandResult(
      status: status, stdout: collection.outputBytes, stderr: collection.errorBytes,
      userSeconds: end.use.userSeconds, systemSeconds: end.use.systemSeconds,
      maxResidentBytes: end.use.maxResidentBytes)
  }
}

/// The bytes of one child as they come.
private struct Collection {
  enum Cut { case timedOut, outputLimit, interrupted }

  let output: ProcessPipe
  let error: ProcessPipe
  let input: ProcessPipe?
  let limit: Int
  let deadline: Deadline
  var outputBytes = Data()
  var errorBytes = Data()
  var pendingInput: Data

  init(_ command: Command, output: ProcessPipe, error: ProcessPipe, input: ProcessPipe?) {
    self.output = output
    self.error = error
    self.input = input
    limit = command.outputLimitBytes
    deadline = Deadline(seconds: command.wallSeconds)
    pendingInput = command.input
  }

  /// Reads until the child has ended; gives the reason when it must be killed first.
  mutating func follow(_ child: ChildProcess, interruption: Int32) -> Cut? {
    while true {
      let ready = Poll.wait(
        [
          .init(child.pidfd, .read), .init(interruption, .read), .init(output.readEnd, .read),
          .init(error.readEnd, .read), .init(input?.writeEnd ?? -1, .write),
        ], until: deadline)
      if ready[1] { return .interrupted }
      if ready[2] { output.read(into: &outputBytes) }
      if ready[3] { error.read(into: &errorBytes) }
      if ready[4] { feed() }
      if outputBytes.count + errorBytes.count > limit {
        trim()
        return .outputLimit
      }
      if ready[0] { return nil }
      if deadline.isOver { return .timedOut }
    }
  }

  /// Takes what the pipes still hold; the writers are dead.
  mutating func drain() {
    while outputBytes.count <= limit, output.read(into: &outputBytes) {}
    while errorBytes.count <= limit, error.read(into: &errorBytes) {}
    trim()
  }

  private mutating func trim() {
    outputBytes = Data(outputBytes.prefix(limit))
    errorBytes = Data(errorBytes.prefix(max(0, limit - outputBytes.count)))
  }

  private mutating func feed() {
    guard let input else { return }
    let written = pendingInput.withUnsafeBytes { bytes in
      Glibc.write(input.writeEnd, bytes.baseAddress, min(bytes.count, 1 << 16))
    }
    if written > 0 { pendingInput = Data(pendingInput.dropFirst(written)) }
    if pendingInput.isEmpty || (written < 0 && errno != EAGAIN) { input.closeWriteEnd() }
  }
}
