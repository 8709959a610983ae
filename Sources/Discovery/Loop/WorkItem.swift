import Foundation
import Losses

/// A piece of a run's work that one worker does alone.
public enum WorkItem: Hashable, Sendable {
  case build(Proposal, name: String)
  /// Takes the fingerprint of one loss.
  case probe(EvaluationRequest.Loss, name: String)
  /// Trains on the cheap stage, with all seeds of the request.
  case screen(EvaluationRequest)
  /// Trains on the task, with all seeds of the request: one, where workers share them.
  case train(EvaluationRequest)

  /// What makes two items the same work: within a run a library is known by its loss's name,
  /// wherever its file lies.
  var key: WorkItem {
    switch self {
    case .build: self
    case .probe(let loss, let name): .probe(loss.anywhere, name: name)
    case .screen(let request): .screen(request.anywhere)
    case .train(let request): .train(request.anywhere)
    }
  }
}

extension EvaluationRequest {
  fileprivate var anywhere: EvaluationRequest {
    var request = self
    request.loss = loss.anywhere
    return request
  }
}

extension EvaluationRequest.Loss {
  fileprivate var anywhere: EvaluationRequest.Loss {
    switch self {
    case .baseline: .baseline
    case .library: .library(URL(fileURLWithPath: "/"))
    }
  }
}

/// What came of a ``WorkItem``.
public enum WorkResult: Sendable {
  case built(BuildResult)
  case probed(JournalEvent.Probed)
  case measured(EvaluationRecord)
}
