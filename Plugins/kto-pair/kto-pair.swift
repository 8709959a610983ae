/// KTO on pairs: each completion is weighed against the batch's drift of the other kind.
///
/// c = π_c − ref_c, r = π_r − ref_r, K_c = max(0, mean c), K_r = max(0, mean r):
/// f = ½·σ(−β·(c − K_r)) + ½·σ(−β·(K_c − r))
///
/// Those return both terms as 2B values; here a row is their mean. The gradient flows through the
/// batch means.
///
/// Source: Ethayarajh et al. 2024, KTO, arXiv 2402.01306, section 4, in the paired form of TRL up
///   to 0.8 and of DiscoPOP's baseline.
/// Sign: falls as c grows and as r falls.
/// Tunables: beta 0.1 (0.0001 … 100).
/// Columns: the four log-probabilities.
/// Numerics: 1 − σ(z) is written σ(−z), which keeps the tail.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let chosen = batch.policyChosen - batch.referenceChosen
  let rejected = batch.policyRejected - batch.referenceRejected
  let chosenDrift = relu(mean(chosen))
  let rejectedDrift = relu(mean(rejected))
  return 0.5 * sigmoid(-(tunables.beta * (chosen - rejectedDrift)))
    + 0.5 * sigmoid(-(tunables.beta * (chosenDrift - rejected)))
}

let claims: Claims = [.shiftInvariant]
