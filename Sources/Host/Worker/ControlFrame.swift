import Foundation
import Losses

/// One message between supervisor and worker.
enum ControlFrame: Codable, Sendable {
  /// Supervisor to worker: do this.
  case job(name: String, payload: Data, limits: CellLimits)
  /// Worker to supervisor, with the library and the two regions as descriptors.
  case startCell(CellLimits)
  /// Supervisor to worker: the status socket comes as a descriptor.
  case cellStarted
  /// Supervisor to worker: no cell.
  case cellRefused(WireError)
  /// Worker to supervisor.
  case progress(Data)
  /// Worker to supervisor: the job's last message, one of three.
  case result(Data)
  case failure(Finding)
  case error(WireError)
}

/// An error as it crosses the channel.
struct WireError: Codable, Sendable {
  var code: String
  var message: String
  var location: String?
  var remedy: String?

  init(_ error: LossmithError) {
    code = error.code.rawValue
    // The cause does not cross as a value; its words do.
    message =
      error.message + (error.underlying.map { " (\(SystemFault.words(of: $0)))" } ?? "")
    location = error.location
    remedy = error.remedy
  }

  var error: LossmithError {
    // By value, so that the exit code comes back with the name.
    let known: [LossmithError.Code] = [
      .usage, .unknownName, .malformedInput, .missingFile, .notAPlugin, .missingColumn,
      .runDirectory, .candidate, .missingTool, .sandbox, .endpoint, .storage, .hostFault,
      .interrupted,
    ]
    let code = known.first { $0.rawValue == self.code } ?? .init(rawValue: self.code)
    return LossmithError(code, message, at: location, remedy: remedy)
  }
}
