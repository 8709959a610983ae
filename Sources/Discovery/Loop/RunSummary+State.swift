import Losses

extension RunSummary {
  /// Reads a summary off a run's state.
  public init(of state: RunState, config: RunConfig) {
    let dpo = state.baselines.first { $0.name == "dpo" }?.record
    var measured: [Measured] = []
    var stopped: [Stopped] = []
    var failed: [Failed] = []

    for baseline in state.baselines {
      guard let record = baseline.record else { continue }
      let origin = Origin(folder: "baselines/\(CandidateName.slug(baseline.name))")
      if let eta = record.estimate(config.metric) {
        let delta =
          baseline.name == "dpo"
          ? nil
          : dpo.flatMap {
            record.difference(to: $0, metric: config.metric)
          }
        var row = Self.row(baseline.name, origin, record: record, eta: eta, delta: delta)
        row.cheapEta = baseline.screening?.eta
        row.tunables = baseline.tuned
        measured.append(row)
      } else {
        failed.append(
          .init(
            name: baseline.name, origin: origin, finding: record.finding,
            cheapEta: baseline.screening?.eta, seconds: record.seconds))
      }
    }
    var failures: [String: Int] = [:]
    for candidate in state.candidates {
      guard let outcome = state.outcome(of: candidate, metric: config.metric) else { continue }
      let name = candidate.name ?? "reply \(candidate.index)"
      let origin = Origin(
        candidate: candidate.index, generation: candidate.generation, attempt: candidate.attempt,
        folder: candidate.folder ?? "")
      switch outcome {
      case .measured(let record, let eta, let delta):
        var row = Self.row(name, origin, record: record, eta: eta, delta: delta)
        row.warnings = (candidate.library?.warnings ?? []) + row.warnings
        row.cheapEta = candidate.screening?.eta
        row.twin = candidate.fingerprint?.twin
        row.tunables = candidate.tuned
        measured.append(row)
      case .stopped(let screening):
        guard let eta = screening.eta, let gain = screening.gain else { continue }
        stopped.append(
          .init(
            name: name, origin: origin, stage: screening.stage, eta: eta, gain: gain,
            seconds: screening.record.seconds, standing: screening.standing))
      case .failed(let finding):
        failed.append(
          .init(
            name: name, origin: origin, finding: finding, cheapEta: candidate.screening?.eta,
            seconds: (candidate.measurement ?? candidate.screening?.record)?.seconds,
            twin: candidate.fingerprint?.twin))
        failures[finding.verdict.likeness, default: 0] += 1
      }
    }

    self.init(
      task: config.taskName, metric: config.metric, seeds: config.seeds,
      firstSeeds: config.finalistSeeds.isEmpty ? nil : config.candidateSeeds,
      cheapStage: config.cheapStage?.task, proposer: config.proposer,
      referenceHash: dpo?.referenceHash, measured: Self.ranked(measured), stopped: stopped,
      failed: failed, trajectory: Self.trajectory(state, metric: config.metric),
      proposals: state.candidates.count, failures: failures,
      promptTokens: state.candidates.compactMap(\.reply.promptTokens).reduce(0, +),
      completionTokens: state.candidates.compactMap(\.reply.completionTokens).reduce(0, +),
      ledger: Self.ledger(of: state),
      elapsed: state.elapsed, sessions: state.sessions, stop: state.stop?.reason,
      cause: state.stop?.cause, environment: state.environment)
    data = config.data
    let race = Race(state, config: config)
    if state.stop?.reason.isOrderly == true {
      let rows = Self.finalists(state, race, config)
      finalists = rows.isEmpty ? nil : rows
      equalKLProblem = Self.equalKLProblem(rows, state, config)
      raced = rows.isEmpty ? nil : Self.stops(state, race)
    }
    hiddenMetric = Self.hiddenMetric(of: state.confirmation ?? dpo, eta: config.metric)
    klCap = config.plan.klCap
    front = Self.front(state, config)
    possiblyPaid = state.possiblyPaid
    trainings = state.trainings(config)
    published = PublishedComparison(of: state, metric: config.metric)
  }

  private static func ledger(of state: RunState) -> Ledger? {
    let ledger = Ledger(of: state)
    return ledger.models.isEmpty ? nil : ledger
  }

  private static func row(
    _ name: String, _ origin: Origin, record: EvaluationRecord, eta: Estimate, delta: Difference?
  ) -> Measured {
    var metrics: [String: Estimate] = [:]
    for metric in record.seeds.first?.metrics.keys.sorted() ?? [] {
      metrics[metric] = record.estimate(metric)
    }
    return Measured(
      rank: 0, name: name, origin: origin, eta: eta, metrics: metrics, delta: delta,
      warnings: record.warnings, seconds: record.seconds)
  }

  private static func ranked(_ rows: [Measured]) -> [Measured] {
    let order = rows.enumerated().sorted {
      ($1.element.eta.mean, $0.offset) < ($0.element.eta.mean, $1.offset)
    }
    return order.enumerated().map { place, entry in
      var row = entry.element
      row.rank = place + 1
      return row
    }
  }

  private static func trajectory(_ state: RunState, metric: String) -> [Point] {
    var best = state.baselines.compactMap { $0.record?.estimate(metric)?.mean }.max()
    return state.generations.map { generation in
      let winner = generation.winner.map { state.candidates[$0 - 1] }
      var eta: Estimate?
      if let winner, case .measured(_, let measured, _) = state.outcome(of: winner, metric: metric)
      {
        eta = measured
      }
      if let mean = eta?.mean { best = max(best ?? mean, mean) }
      return Point(
        generation: generation.number, name: winner?.name, eta: eta, best: best,
        tries: generation.tries)
    }
  }
}
