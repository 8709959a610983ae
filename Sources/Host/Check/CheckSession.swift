import Losses

/// One run of the suite over one loss: what the steps share.
final class CheckSession {
  let open: CheckSuite.Opener
  let overrides: [String: Double]
  let seed: UInt64
  private let record = CallRecord()
  private var opened: RecordedLoss?
  private var firstCall: Result<RawOutput, LossFailure>?
  private var profile: LossProfile?

  typealias Step = CheckSuite.Step
  typealias Note = CheckSuite.Note

  init(open: @escaping CheckSuite.Opener, overrides: [String: Double], seed: UInt64) {
    self.open = open
    self.overrides = overrides
    self.seed = seed
  }

  /// Performs one step; gives what a check that passed has to say.
  func perform(_ step: Step) throws(LossFailure) -> Note {
    switch step {
    case .load: _ = try loss()
    case .call, .status, .shape, .bounds: try requireCall(step)
    case .written: try OutputRules.requireWritten(try ordinary())
    case .nan: try OutputRules.requireNoNaN(try ordinary().output, in: "a batch of 8")
    case .finite:
      try OutputRules.requireFinite(try ordinary().output, check: "finite", in: "a batch of 8")
    case .time:
      let probes = try probes()
      return try TimeCheck(
        loss: try loss(), tunables: try tunables(),
        batches: [64, 8, 1].map { probes.typical(rows: $0) }
      ).run()
    case .gradient: return Note(warnings: try gradient())
    case .batchSizes: try batchSizes()
    case .equalToReference: return Note(warnings: try equalToReference())
    case .magnitudes: return Note(warnings: try magnitudes())
    case .padding:
      return try PaddingCheck(
        loss: try loss(), tunables: try tunables(), batch: try probes().typical(rows: 8)
      ).run()
    case .determinism: try determinism()
    case .rowIndependent, .shiftInvariant, .convex, .referenceFree: return try claim(step)
    }
    return .silent
  }

  // MARK: The loss and its probes

  private func loss() throws(LossFailure) -> any RawLoss {
    if let opened { return opened }
    let fresh = RecordedLoss(try open(), record)
    opened = fresh
    return fresh
  }

  private func tunables() throws(LossFailure) -> [Double] {
    try loss().descriptor.tunableValues(overrides)
  }

  private func probes() throws(LossFailure) -> ProbeBatches {
    ProbeBatches(seed: seed, descriptor: try loss().descriptor)
  }

  private func beta() throws(LossFailure) -> Double {
    let values = try tunables()
    let place = try loss().descriptor.tunables.firstIndex { $0.name == "beta" }
    return try loss().descriptor.family == .classification ? 1 : place.map { values[$0] } ?? 0.1
  }

  private func evaluate(_ batch: LossBatch) throws(LossFailure) -> LossOutput {
    try loss().evaluate(batch, tunables: try tunables())
  }

  private func ordinary() throws(LossFailure) -> RawOutput {
    try first().get()
  }

  private func first() throws(LossFailure) -> Result<RawOutput, LossFailure> {
    if let firstCall { return firstCall }
    let (loss, values, batch) = (try loss(), try tunables(), try probes().typical(rows: 8))
    let result = Result { () throws(LossFailure) in
      try loss.evaluateRaw(batch, tunables: values)
    }
    firstCall = result
    return result
  }

  /// The row-0 profile out to the largest margins, of which several checks read.
  private func wideProfile() throws(LossFailure) -> LossProfile {
    if let profile { return profile }
    let made = LossProfile.base(try probes(), rows: 8)
    let result = try LossProfile(
      of: try loss(), tunables: try tunables(), batch: made, row: 0,
      offsets: LossProfile.offsets(reach: ProbeBatches.reach(beta: try beta())))
    profile = result
    return result
  }
}

// MARK: Steps

extension CheckSession {
  /// The first call: how it can fail is split over four names, so that each says one thing.
  private func requireCall(_ step: Step) throws(LossFailure) {
    guard case .failure(let failure) = try first() else { return }
    let named: [Step] = [.status, .shape, .bounds]
    let own = named.first { failure.finding.verdict == .failed(check: $0.rawValue) } ?? .call
    if own == step { throw failure }
  }

  private func gradient() throws(LossFailure) -> [CheckReport.Warning] {
    let check = GradientCheck(loss: try loss(), tunables: try tunables())
    let probes = try probes()
    let batch = probes.typical(rows: 8)
    var warnings = Self.smoothness(
      try check.run(on: batch, rows: Array(0..<8)), "on ordinary inputs")
    // Few rows of the large batch: enough to catch statistics over the batch that are not
    // differentiated, and cheap.
    _ = try check.run(on: probes.typical(rows: 64), rows: [0, 31, 63])
    warnings += ShapeWarnings.of(try evaluate(batch), on: batch)
    warnings += try RowChecks(loss: try loss(), tunables: try tunables()).orderWarnings(on: batch)
    return warnings
  }

  private func batchSizes() throws(LossFailure) {
    let probes = try probes()
    let batches =
      [1, 2, 8, 64].map { probes.typical(rows: $0) }
      + probes.otherWidths.map { probes.typical(rows: 8, width: $0) }
    for batch in batches {
      var place = "a batch of \(batch.rows)"
      if batch.family == .classification { place += " with \(batch.classes) classes" }
      if batch.family == .listwise { place += " in lists of \(batch.groupSize)" }
      let raw = try served(batch, place)
      try OutputRules.requireWritten(raw, check: "batch-sizes")
      try OutputRules.requireFinite(
        raw.output, check: "batch-sizes", in: place,
        remedy: batch.rows == 1
          ? "Make the loss defined for one row: variance and standard deviation of one row are 0 in "
            + "LossKit, but a division by them is not."
          : nil)
    }
  }

  /// A batch that the loss refuses is a failure of this check, not of the first call.
  private func served(_ batch: LossBatch, _ place: String) throws(LossFailure) -> RawOutput {
    do throws(LossFailure) {
      return try loss().evaluateRaw(batch, tunables: try tunables())
    } catch {
      guard error.isRefusal else { throw error }
      throw LossFailure(
        .failed(check: Step.batchSizes.rawValue), "in \(place), \(error.finding.message)",
        remedy: batch.rows == 1
          ? "Make the loss defined for one row: half of it is no row, and a slice, a mean or a quantile of "
            + "no rows does not exist. " + error.finding.remedy
          : error.finding.remedy)
    }
  }

  private func equalToReference() throws(LossFailure) -> [CheckReport.Warning] {
    let batch = try probes().equalToReference(rows: 8)
    let place =
      batch.family == .classification
      ? "a batch where all logits of a row are equal"
      : "a batch where the policy is the reference"
    try OutputRules.requireFinite(
      try evaluate(batch), check: "equal-to-reference", in: place,
      remedy:
        "The first training step has margin 0 and log-ratios 0: avoid dividing by them, and roots or "
        + "logarithms of them.")
    let check = GradientCheck(
      loss: try loss(), tunables: try tunables(), check: .equalToReference)
    return Self.smoothness(
      try check.run(on: batch, rows: [0, 1, 7]), "at the first training step")
  }

  private func magnitudes() throws(LossFailure) -> [CheckReport.Warning] {
    let probes = try probes()
    let beta = try beta()
    let batch = probes.magnitudes(rows: 64, beta: beta)
    try OutputRules.requireFinite(
      try evaluate(batch), check: "magnitudes",
      in: batch.family == .classification
        ? "a batch with logits to ±1000"
        : "a batch with log-probabilities to -1000 and beta * margin to ±200",
      remedy:
        "Use the stable forms of LossKit (softplus, logSigmoid, logSumExp), multiply the margin by beta "
        + "before any exponential, and clamp the argument of exp.")
    let check = GradientCheck(loss: try loss(), tunables: try tunables(), check: .magnitudes)
    _ = try check.run(on: batch, rows: [0, 21, 42, 63])
    let reach = ProbeBatches.reach(beta: beta)
    return ShapeWarnings.of(try wideProfile(), reach: reach)
      + (try TunableWarnings(
        loss: try loss(), tunables: try tunables(),
        batches: [probes.typical(rows: 8), batch]
      ).run())
  }

  /// The same call twice in one cell gives the same bits; and so do the calls of the other checks
  /// in a fresh cell, in another order.
  private func determinism() throws(LossFailure) {
    let batch = try probes().typical(rows: 8)
    let first = try evaluate(batch)
    let again = try evaluate(batch)
    func require(_ other: LossOutput, as output: LossOutput, _ place: String) throws(LossFailure) {
      guard !output.isBitIdentical(to: other) else { return }
      throw LossFailure(
        .failed(check: "determinism"),
        "the same batch gave other values \(place)",
        remedy: "A loss is a pure function: keep no counter, no cache and no random number.")
    }
    try require(again, as: first, "in the same process")
    opened = nil
    let fresh = try open()
    for call in record.draw(seed: seed) {
      try require(
        try fresh.evaluateRaw(call.batch, tunables: call.tunables).output, as: call.output,
        "in a fresh process, after other batches")
    }
  }

  private func claim(_ step: Step) throws(LossFailure) -> Note {
    let claimed: [Step: LossDescriptor.Claims] = [
      .rowIndependent: .rowIndependent, .shiftInvariant: .shiftInvariant, .convex: .convex,
      .referenceFree: .referenceFree,
    ]
    let (loss, values) = (try loss(), try tunables())
    guard let claim = claimed[step], loss.descriptor.claims.contains(claim) else {
      return Note(message: "not claimed")
    }
    let checks = ClaimChecks(loss: loss, tunables: values)
    let probes = try probes()
    switch step {
    case .rowIndependent:
      let other = ProbeBatches(seed: seed &+ 1, descriptor: loss.descriptor)
      try RowChecks(loss: loss, tunables: values).requireIndependence(
        probes.typical(rows: 8), others: other.typical(rows: 8))
    case .shiftInvariant: try checks.requireShiftInvariance(probes.typical(rows: 8))
    case .convex: try checks.requireConvexity(try wideProfile())
    default: try checks.requireReferenceFree()
    }
    return .silent
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
