/// SLiC: the hinge loss of the margin of implicit rewards.
///
/// f = max(0, 1 − β·ρ)
///
/// Source: the rank-calibration loss of Zhao et al. 2023, SLiC-HF, arXiv 2305.10425, section 2.2,
///   on DPO's implicit rewards; TRL `hinge`.
/// Sign: falls as the margin ρ grows; lower is better.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: exact; the slope at the kink is 0, as in PyTorch.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  relu(1 - tunables.beta * batch.margin)
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
