import Foundation
import Losses

/// The worker's side: what the hidden subcommand `worker` runs.
public enum WorkerMain {
  /// A job: takes the payload, gives the result.
  ///
  /// Errors of type ``LossFailure`` and `LossmithError` arrive at the supervisor as they are.
  public typealias Job = (Data, WorkerContext) throws -> Data

  /// The descriptor of the control line.
  static let controlDescriptor: Int32 = 3

  /// Serves jobs until the supervisor closes the line, then exits.
  ///
  /// - Parameter jobs: by name.
  public static func run(jobs: [String: Job]) -> Never {
    guard fcntl(controlDescriptor, F_GETFD) >= 0 else {
      FileHandle.standardError.write(
        Data("this command is for lossmith itself; it is not meant to be run by hand\n".utf8))
      exit(ExitStatus.usage.rawValue)
    }
    _ = fcntl(controlDescriptor, F_SETFD, FD_CLOEXEC)
    let channel = ControlChannel(OwnedDescriptor(controlDescriptor), interruption: -1)
    let scratch = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    while true {
      do throws(ControlChannel.Silence) {
        let (frame, _) = try channel.receive()
        guard case .job(let name, let payload, let limits) = frame else { continue }
        let context = WorkerContext(channel: channel, limits: limits, scratch: scratch)
        try channel.send(answer(jobs[name], name, payload, context))
      } catch {
        // The supervisor is gone or done. Nothing here is worth saving.
        exit(ExitStatus.success.rawValue)
      }
    }
  }

  private static func answer(
    _ job: Job?, _ name: String, _ payload: Data, _ context: WorkerContext
  ) -> ControlFrame {
    guard let job else {
      return .error(WireError(LossmithError(.hostFault, "a worker knows no job \"\(name)\"")))
    }
    do {
      return .result(try job(payload, context))
    } catch let failure as LossFailure {
      return .failure(failure.finding)
    } catch let error as LossmithError {
      return .error(WireError(error))
    } catch {
      return .error(WireError(LossmithError(.hostFault, "\(error)")))
    }
  }
}
