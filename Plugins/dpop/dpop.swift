/// DPO-Positive: DPO that demands that the chosen completion does not lose probability.
///
/// f = softplus(−β·(ρ − λ·max(0, ref_c − π_c)))
///
/// The hinge is inside the sigmoid; several ports have it outside, which is another loss.
///
/// Source: Pal et al. 2024, Smaug, arXiv 2402.13228, equation 3.
/// Sign: falls as π_c grows and as π_r falls.
/// Tunables: beta 0.1 (0.0001 … 100), lambda 50 (0 … 1000).
/// Columns: the four log-probabilities.
/// Numerics: softplus; the slope at the kink π_c = ref_c is that of DPO.
func loss(_ batch: PairwiseBatch, _ tunables: Tunables) -> Vector {
  let lost = relu(batch.referenceChosen - batch.policyChosen)
  return softplus(-(tunables.beta * (batch.margin - tunables.lambda * lost)))
}

let extraTunables = [Tunable("lambda", default: 50, range: 0...1000)]
let claims: Claims = [.rowIndependent, .shiftInvariant]
