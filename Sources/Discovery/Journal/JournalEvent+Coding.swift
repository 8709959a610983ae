import Foundation
import Losses

/// How events cross into the `event` table: a kind and a JSON object.
extension JournalEvent.Body {
  /// The stable name of the kind.
  public var kind: String {
    switch self {
    case .runStarted: "run-started"
    case .resumed: "resumed"
    case .baselineStarted: "baseline-started"
    case .baselineEvaluated: "baseline-evaluated"
    case .opened: "opened"
    case .requested: "requested"
    case .attempted: "attempted"
    case .repeated: "repeated"
    case .received: "received"
    case .exhausted: "exhausted"
    case .proposed: "proposed"
    case .refused: "refused"
    case .buildStarted: "build-started"
    case .built: "built"
    case .catalogueProbed: "catalogue-probed"
    case .fingerprintStarted: "fingerprint-started"
    case .fingerprinted: "fingerprinted"
    case .trialStarted: "trial-started"
    case .trial: "trial"
    case .tuned: "tuned"
    case .screeningStarted: "screening-started"
    case .screened: "screened"
    case .extensionStarted: "extension-started"
    case .extended: "extended"
    case .confirmationStarted: "confirmation-started"
    case .confirmed: "confirmed"
    case .evaluationStarted: "evaluation-started"
    case .evaluated: "evaluated"
    case .judged: "judged"
    case .generationEnded: "generation-ended"
    case .hostFault: "host-fault"
    case .stopped: "stopped"
    }
  }

  func payload() throws -> Data {
    switch self {
    case .runStarted(let value), .resumed(let value): try RunJSON.encode(value)
    case .baselineStarted(let value): try RunJSON.encode(value)
    case .baselineEvaluated(let value), .evaluated(let value), .extended(let value),
      .confirmed(let value):
      try RunJSON.encode(value)
    case .screened(let value): try RunJSON.encode(value)
    case .opened(let value): try RunJSON.encode(value)
    case .attempted(let value): try RunJSON.encode(value)
    case .received(let value): try RunJSON.encode(value)
    case .proposed(let value): try RunJSON.encode(value)
    case .refused(let value): try RunJSON.encode(value)
    case .built(let value): try RunJSON.encode(value)
    case .catalogueProbed(let value): try RunJSON.encode(value)
    case .fingerprinted(let value): try RunJSON.encode(value)
    case .trial(let value): try RunJSON.encode(value)
    case .trialStarted(let value), .tuned(let value): try RunJSON.encode(value)
    case .judged(let value): try RunJSON.encode(value)
    case .generationEnded(let value): try RunJSON.encode(value)
    case .hostFault(let value): try RunJSON.encode(value)
    case .stopped(let value): try RunJSON.encode(value)
    case .requested, .repeated, .exhausted, .buildStarted, .screeningStarted, .evaluationStarted,
      .extensionStarted, .fingerprintStarted, .confirmationStarted:
      Data("{}".utf8)
    }
  }

  /// - Throws: a `DecodingError` for an unknown kind or a payload of another shape.
  init(kind: String, payload: Data) throws {
    func read<Value: Decodable>() throws -> Value {
      try RunJSON.decode(Value.self, from: payload)
    }
    switch kind {
    case "run-started": self = .runStarted(try read())
    case "resumed": self = .resumed(try read())
    case "baseline-started": self = .baselineStarted(try read())
    case "baseline-evaluated": self = .baselineEvaluated(try read())
    case "opened": self = .opened(try read())
    case "requested": self = .requested
    case "attempted": self = .attempted(try read())
    case "repeated": self = .repeated
    case "received": self = .received(try read())
    case "exhausted": self = .exhausted
    case "proposed": self = .proposed(try read())
    case "refused": self = .refused(try read())
    case "build-started": self = .buildStarted
    case "built": self = .built(try read())
    case "catalogue-probed": self = .catalogueProbed(try read())
    case "fingerprint-started": self = .fingerprintStarted
    case "fingerprinted": self = .fingerprinted(try read())
    case "trial-started": self = .trialStarted(try read())
    case "trial": self = .trial(try read())
    case "tuned": self = .tuned(try read())
    case "screening-started": self = .screeningStarted
    case "screened": self = .screened(try read())
    case "extension-started": self = .extensionStarted
    case "extended": self = .extended(try read())
    case "confirmation-started": self = .confirmationStarted
    case "confirmed": self = .confirmed(try read())
    case "evaluation-started": self = .evaluationStarted
    case "evaluated": self = .evaluated(try read())
    case "judged": self = .judged(try read())
    case "generation-ended": self = .generationEnded(try read())
    case "host-fault": self = .hostFault(try read())
    case "stopped": self = .stopped(try read())
    default:
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "unknown kind of event \(kind)"))
    }
  }
}
