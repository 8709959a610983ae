import Losses

/// One run of the suite over one loss: what the steps share.
final class CheckSession {
  let open: CheckSuite.Opener
  let overrides: [String: Double]
  let probes: ProbeBatches
  private var opened: (any RawLoss)?

  init(open: @escaping CheckSuite.Opener, overrides: [String: Double], seed: UInt64) {
    self.open = open
    self.overrides = overrides
    probes = ProbeBatches(seed: seed)
  }

  func loss() throws(LossFailure) -> any RawLoss {
    if let opened { return opened }
    let fresh = try open()
    opened = fresh
    return fresh
  }

  func tunables() throws(LossFailure) -> [Double] {
    try loss().descriptor.tunableValues(overrides)
  }

  func typical(_ rows: Int) throws(LossFailure) -> LossBatch {
    probes.typical(rows: rows, columns: try loss().descriptor.inputs)
  }

  /// Performs one step; gives its warnings.
  func perform(_ step: CheckSuite.Step) throws(LossFailure) -> [CheckReport.Warning] {
    switch step {
    case .shape:
      // The kernel must accept a batch; a status that it returns is this check's failure.
      _ = try loss().evaluateRaw(try typical(8), tunables: try tunables())
      return []
    case .written:
      let raw = try loss().evaluateRaw(try typical(8), tunables: try tunables())
      try OutputRules.requireWritten(raw)
      return []
    case .nan:
      try OutputRules.requireNoNaN(try evaluate(try typical(8)), in: "a batch of 8")
      return []
    case .finite:
      try OutputRules.requireFinite(
        try evaluate(try typical(8)), check: "finite", in: "a batch of 8")
      return []
    case .gradient: return try gradient()
    case .batchSizes: return try batchSizes()
    case .equalToReference: return try equalToReference()
    case .magnitudes: return try magnitudes()
    case .determinism: return try determinism()
    }
  }

  private func evaluate(_ batch: LossBatch) throws(LossFailure) -> LossOutput {
    try loss().evaluate(batch, tunables: try tunables())
  }

  private func gradient() throws(LossFailure) -> [CheckReport.Warning] {
    let check = GradientCheck(loss: try loss(), tunables: try tunables())
    let batch = try typical(8)
    var warnings = Self.smoothness(
      try check.run(on: batch, rows: Array(0..<8)), "on ordinary pairs")
    // Few rows of the large batch: enough to catch statistics over the batch that are not
    // differentiated, and cheap.
    _ = try check.run(on: try typical(64), rows: [0, 31, 63])
    warnings += GradientWarnings.of(try evaluate(batch))
    return warnings
  }

  private func batchSizes() throws(LossFailure) -> [CheckReport.Warning] {
    for rows in [1, 2, 8, 64] {
      let raw = try loss().evaluateRaw(try typical(rows), tunables: try tunables())
      try OutputRules.requireWritten(raw, check: "batch-sizes")
      try OutputRules.requireFinite(
        raw.output, check: "batch-sizes", in: "a batch of \(rows)",
        remedy: rows == 1
          ? "Make the loss defined for one pair: variance and standard deviation of one row are 0 in "
            + "LossKit, but a division by them is not."
          : nil)
    }
    return []
  }

  private func equalToReference() throws(LossFailure) -> [CheckReport.Warning] {
    let batch = probes.equalToReference(rows: 8, columns: try loss().descriptor.inputs)
    try OutputRules.requireFinite(
      try evaluate(batch), check: "equal-to-reference",
      in: "a batch where the policy is the reference",
      remedy:
        "The first training step has margin 0 and log-ratios 0: avoid dividing by them, and roots or "
        + "logarithms of them.")
    let check = GradientCheck(loss: try loss(), tunables: try tunables())
    return Self.smoothness(
      try check.run(on: batch, rows: [0, 1, 7]), "where the policy is the reference")
  }

  private func magnitudes() throws(LossFailure) -> [CheckReport.Warning] {
    let values = try tunables()
    let descriptor = try loss().descriptor
    let beta = descriptor.tunables.firstIndex { $0.name == "beta" }.map { values[$0] } ?? 0.1
    let batch = probes.magnitudes(rows: 64, columns: descriptor.inputs, beta: beta)
    try OutputRules.requireFinite(
      try evaluate(batch), check: "magnitudes",
      in: "a batch with log-probabilities to -1000 and beta * margin to ±200",
      remedy:
        "Use the stable forms of LossKit (softplus, logSigmoid, logSumExp), multiply the margin by beta "
        + "before any exponential, and clamp the argument of exp.")
    return []
  }

  /// The same call twice in one cell, and once in a fresh one, gives the same bits.
  private func determinism() throws(LossFailure) -> [CheckReport.Warning] {
    let batch = try typical(8)
    let first = try evaluate(batch)
    let again = try evaluate(batch)
    opened = nil
    let fresh = try evaluate(batch)
    for (other, place) in [(again, "in the same process"), (fresh, "in a fresh process")]
    where !first.isBitIdentical(to: other) {
      throw LossFailure(
        .failed(check: "determinism"),
        "the same batch gave other values \(place)",
        remedy: "A loss is a pure function: keep no counter, no cache and no random number.")
    }
    return []
  }

  private static func smoothness(
    _ result: GradientCheck.Result, _ place: String
  ) -> [CheckReport.Warning] {
    var warnings: [CheckReport.Warning] = []
    if let kink = result.kinks.first {
      warnings.append(.init(name: "kink", message: "the slope changes abruptly \(place) (\(kink))"))
    }
    if let jump = result.jumps.first {
      warnings.append(.init(name: "jump", message: "the value jumps \(place) (\(jump))"))
    }
    return warnings
  }
}

extension LossOutput {
  /// Whether two outputs have the same bits, NaN payloads included.
  func isBitIdentical(to other: LossOutput) -> Bool {
    func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
    return bits(values) == bits(other.values) && gradients.keys == other.gradients.keys
      && gradients.allSatisfy { bits($0.value) == bits(other.gradients[$0.key] ?? []) }
  }
}
