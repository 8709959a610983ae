/// PFL: a light logistic loss where the policy ranks rightly, twice the hinge where it does not.
///
/// f = ½·softplus(−ρ) where π_c > π_r, else 2·max(0, 1 − ρ)
///
/// The test looks at the policy alone, and β does not occur. The authors' later edit is `pfl-repo`.
///
/// Source: Policy Focused Loss, Lu et al. 2024, arXiv 2406.08414, appendix E.7, as it was
///   discovered.
/// Sign: falls as ρ grows; jumps at π_c = π_r.
/// Tunables: none.
/// Columns: the four log-probabilities.
/// Numerics: softplus; the branch not taken has no gradient.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let rho = batch.margin
  return select(
    batch.policyChosen > batch.policyRejected, 0.5 * softplus(-rho), 2 * relu(1 - rho))
}

let claims: Claims = [.rowIndependent]
