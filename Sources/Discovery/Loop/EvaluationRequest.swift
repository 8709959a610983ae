import Foundation
import Losses

/// What an evaluator is asked for beyond the ordinary: another metric, other tunables.
public struct EvaluationRequest: Hashable, Sendable {
  public enum Loss: Hashable, Sendable {
    case library(URL)
    /// A loss of the catalogue, by the request's name.
    case baseline
  }

  public var loss: Loss
  public var name: String
  public var seeds: [UInt64]
  /// Replaces the task's η; nil keeps it.
  public var metric: String?
  /// Values of tunables that win over the run's; names that a loss does not declare do nothing.
  public var tunables: [String: Double]
  /// With metric `frontier`: multiples of the learning rate that continue it.
  public var rates: [Double]
  /// Whether the metrics on untold prompts are wanted, where the task has such prompts.
  public var measuresUntold: Bool

  public init(
    _ loss: Loss, name: String, seeds: [UInt64], metric: String? = nil,
    tunables: [String: Double] = [:], rates: [Double] = [], measuresUntold: Bool = false
  ) {
    self.loss = loss
    self.name = name
    self.seeds = seeds
    self.metric = metric
    self.tunables = tunables
    self.rates = rates
    self.measuresUntold = measuresUntold
  }

  func with(seeds: [UInt64]) -> EvaluationRequest {
    var request = self
    request.seeds = seeds
    return request
  }
}

extension CandidateEvaluator {
  public func evaluate(
    _ request: EvaluationRequest, progress: (EvaluationProgress) throws -> Void
  ) throws -> EvaluationRecord {
    guard request.metric == nil, request.tunables.isEmpty else {
      throw LossmithError(
        .hostFault, "This evaluator has neither other metrics nor other tunables.")
    }
    switch request.loss {
    case .library(let file):
      return try evaluate(
        library: file, name: request.name, seeds: request.seeds, progress: progress)
    case .baseline:
      return try evaluate(baseline: request.name, seeds: request.seeds, progress: progress)
    }
  }

  public func probe(_ losses: [(loss: EvaluationRequest.Loss, name: String)]) throws
    -> [JournalEvent.Probed]
  {
    losses.map { .init(name: $0.name, fingerprint: nil, tunables: []) }
  }

  public var catalogueNames: [String] { [] }
}
