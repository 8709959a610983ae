/// DPO: the logistic loss of the margin of implicit rewards.
///
/// f = −ln σ(β·ρ) = softplus(−β·ρ)
///
/// Rafailov et al. 2023, Direct Preference Optimization, arXiv 2305.18290, equation 7.
/// `softplus` is the stable form: it neither overflows nor loses its tails.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  softplus(-(tunables.beta * batch.margin))
}

let claims: Claims = [.rowIndependent, .shiftInvariant, .convex]
