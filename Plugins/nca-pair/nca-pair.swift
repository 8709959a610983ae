/// NCA on pairs: raises the chosen reward absolutely, not only against the rejected one.
///
/// f = softplus(−b_c) + ½·softplus(b_c) + ½·softplus(b_r), b = β·(π − ref) of each completion
///
/// Source: Chen et al. 2024, Noise Contrastive Alignment of Language Models with Explicit Rewards,
///   arXiv 2402.05369, the case K = 2; TRL `nca_pair`.
/// Sign: falls as b_c grows up to ln 2 and as b_r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = tunables.beta * (batch.policyChosen - batch.referenceChosen)
  let rejected = tunables.beta * (batch.policyRejected - batch.referenceRejected)
  return softplus(-chosen) + 0.5 * softplus(chosen) + 0.5 * softplus(rejected)
}

let claims: Claims = [.rowIndependent, .shiftInvariant]
