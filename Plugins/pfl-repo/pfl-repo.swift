/// PFL as its authors edited it later: the losses are those of x = β·ρ.
///
/// f = ½·softplus(−x) where π_c > π_r, else 2·max(0, 1 − x)
///
/// Source: Lu et al. 2024, arXiv 2406.08414, the authors' published code, `policy_focused_loss`. It
///   differs from the discovered `pfl` and from the paper's equation 29, which has x/τ, at every
///   usual β.
/// Sign: falls as ρ grows; jumps at π_c = π_r.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: softplus; the branch not taken has no gradient.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let x = tunables.beta * batch.margin
  return select(batch.policyChosen > batch.policyRejected, 0.5 * softplus(-x), 2 * relu(1 - x))
}

let claims: Claims = [.rowIndependent]
