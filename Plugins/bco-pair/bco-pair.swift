/// BCO on pairs: a binary classifier of chosen and rejected with a reward shift.
///
/// f = softplus(−(b_c − δ)) + softplus(b_r − δ), b = β·(π − ref) of each completion
///
/// A loss is a pure function, so the running mean δ of all rewards is a tunable; TRL has dropped
/// it.
///
/// Source: Jung et al. 2024, Binary Classifier Optimization, arXiv 2404.04656; TRL `bco_pair`.
/// Sign: falls as b_c grows and as b_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), delta 0 (-1000 … 1000).
/// Columns: the four log-probabilities.
/// Numerics: softplus.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = tunables.beta * (batch.policyChosen - batch.referenceChosen)
  let rejected = tunables.beta * (batch.policyRejected - batch.referenceRejected)
  return softplus(-(chosen - tunables.delta)) + softplus(rejected - tunables.delta)
}

let extraTunables = [Tunable("delta", default: 0, range: -1000...1000)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
